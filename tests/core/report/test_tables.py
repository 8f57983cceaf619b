import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from core.cli import tables as command
from core.cli.app import run
from core.errors import OptionError
from core.report.paper import paper_table
from core.report.tables import Bar, build_figure2, build_table
from core.report.tables.coefficients import Coefficients, Entry
from core.report.tables.figure2 import paper_bars
from core.report.tables.figure2_svg import PAGE, figure2_svg
from core.report.tables.formats import to_csv_table, to_json, to_latex, to_text
from core.report.tables.latex import latex
from core.statistics import Axes, Coefficient, Undefined, correlate, correlate_given, summarise
from core.text.numbers import decimal
from tests.world.records import made_up, square_axes

HOSTILE = 'a"><script>alert(1)</script>&\x07\u202e_50%$#{}~^\\'
AGREED = ["table", "rows", "columns", "values", "interval", "n", "overall", "paper"]
SVG = "{http://www.w3.org/2000/svg}"


def source(grids):
    """Grids by (data set, quantity, rows, part)."""
    return lambda wanted: grids.get((wanted.data_set, wanted.quantity, wanted.rows, wanted.part))


@pytest.fixture
def paws_x():
    """Six checkpoints on six languages, with references, and under their own names for the figure."""
    axes = square_axes()
    named = Axes(tuple(f"e5-{code}" for code in axes.rows), axes.columns, axes.trained_on)
    made = {
        "consistency": made_up(axes, seed=1),
        "uniform": made_up(axes, seed=2),
        "shuffled": made_up(axes, seed=5),
        "mismatched": made_up(axes, seed=3),
        "performance": made_up(axes, seed=4, proportion=True),
    }
    grids = {("paws-x", quantity, "languages", None): grid for quantity, grid in made.items()}
    for quantity in ("consistency", "performance", "uniform", "shuffled"):
        grids["paws-x", quantity, "checkpoints", None] = replace(made[quantity], axes=named)
    return grids


# tables 1 to 5


def test_json_has_the_agreed_keys_and_shapes(paws_x):
    table = build_table("5", source(paws_x))
    found = json.loads(json.dumps(to_json(table), allow_nan=False))
    assert [key for key in found if key in AGREED] == AGREED[:7] + AGREED[7:]
    assert (found["rows"], found["columns"]) == (list(square_axes().rows), list(square_axes().columns))
    assert np.array(found["interval"]).shape == (6, 6, 2)
    np.testing.assert_array_equal(np.diag(found["values"]), 1.0)
    np.testing.assert_array_equal(found["n"], 60)
    expected = paws_x["paws-x", "consistency", "languages", None].with_own_consistency().values.mean(axis=2)
    np.testing.assert_allclose(found["values"], expected)
    np.testing.assert_allclose(found["overall"], expected.mean(axis=1))
    np.testing.assert_array_equal(found["paper"]["values"], paper_table("5").values)
    np.testing.assert_array_equal(found["paper"]["overall"], paper_table("5").overall)
    assert list(found["references"]) == ["uniform", "mismatched"]
    mismatched = paws_x["paws-x", "mismatched", "languages", None].values.mean(axis=2)
    np.testing.assert_allclose(found["references"]["mismatched"]["values"], mismatched)


def test_intervals_are_those_of_the_statistics(paws_x):
    found = to_json(build_table("4", source(paws_x), n_resamples=200, seed=7))
    expected = summarise(paws_x["paws-x", "performance", "languages", None], n_resamples=200, seed=7)
    np.testing.assert_allclose(found["interval"], expected.interval)
    np.testing.assert_allclose(found["overall_interval"], expected.overall.interval)
    np.testing.assert_allclose(found["overall_off_diagonal"]["values"], expected.overall_off_diagonal.values)
    assert (found["n_resamples"], found["seed"], found["references"]) == (200, 7, {})


@pytest.mark.parametrize("table", ["1", "2", "3", "4", "5"])
def test_without_results_a_table_is_the_papers(table):
    built = build_table(table)
    paper = paper_table(table)
    found = to_json(built)
    assert found["rows"] == list(paper.labels)
    np.testing.assert_array_equal(found["paper"]["values"], paper.values)
    assert {value for row in found["values"] for value in row} == {None}
    assert {n for row in found["n"] for n in row} == {0}
    text = to_text(built)
    assert "the paper’s values alone" in text.splitlines()[0]
    for label, overall in zip(paper.labels, paper.overall, strict=True):
        assert re.search(rf"^{re.escape(label)} .* {overall:.3f}$", text, re.M)
    assert ("The paper prints Overall 0.860 for zh; the mean of that row is 0.856." in text) == (table == "4")


def test_models_that_only_we_have_follow_the_papers():
    axes = Axes(("mBERT", "ours"), ("en", "zh", "ro"), ("en", "en"))
    grids = {("xquad", "consistency", "models", "end"): made_up(axes)}
    found = build_table("3", source(grids))
    paper = paper_table("3")
    assert found.rows == (*paper.labels, "ours, end")
    assert found.columns == (*paper.columns, "ro")
    assert found.overall_columns == ("en", "zh", "ro")
    mean = grids["xquad", "consistency", "models", "end"].with_own_consistency().values.mean(axis=2)
    at = [found.columns.index(code) for code in axes.columns]
    np.testing.assert_allclose(found.ours.values[found.rows.index("mBERT, end"), at], mean[0])
    np.testing.assert_allclose(found.ours.overall.values[-1], mean[1].mean())
    assert np.isnan(found.ours.values[found.rows.index("mBERT, start")]).all()
    assert np.isnan(found.paper[-1]).all()
    assert found.misprints == ()
    text = to_text(found)
    assert "Our Overall is over en zh ro alone" in text
    lines = [line for line in text.splitlines() if re.match(r"ours, end +ours ", line)]
    assert len(lines) == 1


def test_text_puts_the_papers_values_under_ours(paws_x):
    table = build_table("5", source(paws_x))
    lines = to_text(table).splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("es "))
    names = ["ours", "95% interval", "equal importance", "mismatched translation", "paper"]
    assert [re.split(r"  +", line.removeprefix("es").strip())[0] for line in lines[start : start + 5]] == names
    paper_line = re.split(r"  +", lines[start + 4].strip())
    # Without Spanish itself: (0.458 + 0.512 + 0.604 + 0.424 + 0.341) / 5.
    assert paper_line == ["paper", "0.458", "0.512", "1.000", "0.604", "0.424", "0.341", "0.557", "0.468"]
    assert f"{table.ours.values[2, 0]:.3f}" in lines[start]
    assert "n = 60 examples a cell" in "\n".join(lines)


def test_csv_has_one_line_a_number(paws_x):
    table = build_table("5", source(paws_x))
    rows = list(csv.DictReader(io.StringIO(to_csv_table([table]))))
    by_key = {(row["row"], row["column"], row["values"]): row for row in rows}
    assert len(by_key) == len(rows) == 3 * 6 * 8 + 6 * 7
    cell = by_key["es", "ko", "ours"]
    low, high = table.ours.interval[2, 4]
    assert [float(cell[key]) for key in ("value", "low", "high", "n")] == [table.ours.values[2, 4], low, high, 60]
    assert float(by_key["es", "Overall", "paper"]["value"]) == 0.557
    assert by_key["es", "Overall without own", "ours"]["n"] == ""


def test_latex_is_booktabs_and_escaped(paws_x):
    grids = {("xnli", "consistency", "models", None): made_up(Axes((HOSTILE,), ("en", "de"), ("en",)))}
    for built in (build_table("1", source(grids)), build_table("5", source(paws_x)), build_figure2(source(paws_x))):
        page = to_latex(built)
        assert page.count("{") - page.count(r"\{") == page.count("}") - page.count(r"\}")
        for word in (r"\toprule", r"\midrule", r"\bottomrule", r"\begin{table}", r"\end{table}"):
            assert page.count(word) == 1
        body = page[page.index(r"\toprule") : page.index(r"\bottomrule")]
        columns = re.search(r"\\begin\{tabular\}\{([lr]+)\}", page)[1]
        lines = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", line)) for line in lines} == {len(columns) - 1}
        assert not re.search(r"(?<!\\)[%#_]", body)
    assert latex("50% of_a & b^2 ~ {x} $1 #2 \\z") == (
        r"50\% of\_a \& b\textasciicircum{}2 \textasciitilde{} \{x\} \$1 \#2 \textbackslash{}z"
    )


def test_numbers_have_no_negative_zero_and_gaps_a_dash():
    assert [decimal(-0.0001), decimal(float("nan")), decimal(-0.7035, 2)] == ["0.000", "–", "-0.70"]


# figure 2


def test_the_papers_own_tables_give_the_known_coefficients():
    found = {bar.trained_on: round(bar.entry(diagonal=True).correlation.value, 2) for bar in paper_bars()}
    assert found == {"en": 0.79, "de": 0.30, "es": 0.48, "fr": 0.44, "ko": -0.70, "zh": -0.18}


def test_the_papers_bars_are_scipys_with_and_without_the_diagonal():
    four, five = paper_table("4").values, paper_table("5").values
    for i, bar in enumerate(paper_bars()):
        off = np.arange(6) != i
        for kind, oracle in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
            whole, without = (bar.entry(kind, diagonal=diagonal).correlation for diagonal in (True, False))
            assert (whole.value, whole.n) == (pytest.approx(oracle(five[i], four[i]).statistic), 6)
            assert (without.value, without.n) == (pytest.approx(oracle(five[i, off], four[i, off]).statistic), 5)


def test_figure_json_puts_ours_beside_the_papers_by_training_language(paws_x):
    found = json.loads(json.dumps(to_json(build_figure2(source(paws_x))), allow_nan=False))
    assert found["rows"] == list(square_axes().rows)
    assert found["columns"] == ["pearson", "pearson without own", "spearman", "spearman without own"]
    known = [0.79, 0.30, 0.48, 0.44, -0.70, -0.18]
    assert [round(row[0], 2) for row in found["paper"]["values"]] == known
    c = paws_x["paws-x", "consistency", "languages", None].with_own_consistency().values.mean(axis=2)
    accuracy = paws_x["paws-x", "performance", "languages", None].values.mean(axis=2)
    np.testing.assert_allclose(
        [row[0] for row in found["values"]], [stats.pearsonr(x, y).statistic for x, y in zip(c, accuracy, strict=True)]
    )
    assert found["n"] == [[6, 5, 6, 5]] * 6
    assert np.array(found["interval"]).shape == (6, 4, 2)
    assert [bar["values"] for bar in found["bars"]] == ["ours"] * 6 + ["paper"] * 6
    low, high = found["bars"][0]["coefficients"]["pearson"]["interval_over_examples"]
    assert -1 <= low < high <= 1


@pytest.mark.parametrize(("diagonal", "korean"), [(False, "−0.35"), (True, "−0.70")])
def test_the_svg_is_well_formed_accessible_and_drawn_to_scale(paws_x, diagonal, korean):
    figure = build_figure2(source(paws_x))
    root = ET.fromstring(figure2_svg(figure, diagonal=diagonal))
    named = root.attrib["aria-labelledby"].split()
    assert [element.attrib["id"] for element in (root.find(f"{SVG}title"), root.find(f"{SVG}desc"))] == named
    assert f"XLM-R-Base, trained on ko, the paper’s: {korean}" in root.find(f"{SVG}desc").text
    groups = root.findall(f"{SVG}g")
    bars = [*figure.ours, *figure.paper]
    assert len(groups) == len(bars) == 12
    zero = root.findall(f"{SVG}path")[-1].attrib["d"]
    at_zero = float(re.match(r"M([\d.]+) ", zero)[1])
    for group, bar in zip(groups, bars, strict=True):
        rect, value = group.find(f"{SVG}rect").attrib, bar.entry(diagonal=diagonal).correlation.value
        left, width = float(rect["x"]), float(rect["width"])
        assert width == pytest.approx(190 * abs(value), abs=0.15)
        assert (left if value > 0 else left + width) == pytest.approx(at_zero, abs=0.15)
        assert ("stroke" in rect) == (bar in figure.paper)
        diamond = group.findall(f"{SVG}path")[-1].attrib["d"]
        other = bar.entry(diagonal=not diagonal).correlation.value
        assert float(re.match(r"M([\d.]+) ", diamond)[1]) == pytest.approx(at_zero + 190 * other, abs=0.15)


def test_the_picture_of_a_page_has_its_colours_and_the_bars_without_the_training_language(paws_x):
    figure = build_figure2(source(paws_x))
    picture = figure2_svg(figure, PAGE, diagonal=False)
    root = ET.fromstring(picture)
    assert not re.search(r"#[0-9A-F]{6}", picture) and int(root.attrib["width"]) == 316
    widths = [float(group.find(f"{SVG}rect").attrib["width"]) for group in root.findall(f"{SVG}g")]
    values = [bar.entry(diagonal=False).correlation.value for bar in (*figure.ours, *figure.paper)]
    assert widths == pytest.approx([PAGE.plot / 2 * abs(value) for value in values], abs=0.15)


def test_the_svg_escapes_names_and_says_what_is_undefined():
    undefined = tuple(
        Entry(kind, diagonal, Undefined(3, "Too few languages for a correlation (3)."))
        for kind in ("pearson", "spearman")
        for diagonal in (True, False)
    )
    beside = paper_bars()[0].coefficients.beside
    figure = build_figure2()
    hostile = Bar("xnli", None, HOSTILE, "en", Coefficients(undefined, beside))
    figure = type(figure)(ours=(hostile,), paper=figure.paper, by_language=())
    picture = figure2_svg(figure)
    root = ET.fromstring(picture)
    assert "<script" not in picture
    assert "\u202e" not in picture
    assert not root.findall(f".//{SVG}script")
    assert "Too few languages for a correlation (3)." in "".join(root.itertext())
    assert to_json(figure)["bars"][0]["coefficients"]["pearson"]["value"] is None
    assert "U+202E" in to_text(figure)


def means_of(grids, quantity):
    return grids["paws-x", quantity, "languages", None].values.mean(axis=2)


def test_beside_the_headline_stand_the_coefficients_of_the_references_and_given_equal_importance(paws_x):
    found = json.loads(json.dumps(to_json(build_figure2(source(paws_x))), allow_nan=False))
    grid = found["without_own"]
    assert list(grid) == ["columns", "consistency", "partial", "minus_shuffled", "uniform"]
    assert grid["columns"] == ["pearson", "spearman"]
    c, uniform, shuffled, accuracy = (
        means_of(paws_x, name) for name in ("consistency", "uniform", "shuffled", "performance")
    )
    for i in range(6):
        off = np.arange(6) != i
        for column, kind in enumerate(("pearson", "spearman")):
            expected = {
                "consistency": correlate(c[i, off], accuracy[i, off], kind),
                "partial": correlate_given(c[i, off], accuracy[i, off], uniform[i, off], kind),
                "minus_shuffled": correlate((c - shuffled)[i, off], accuracy[i, off], kind),
                "uniform": correlate(uniform[i, off], accuracy[i, off], kind),
            }
            for measure, one in expected.items():
                entry = found["bars"][i]["without_own"][measure][kind]
                assert grid[measure]["n"][i][column] == entry["n"] == one.n == 5
                if isinstance(one, Undefined):
                    assert (grid[measure]["values"][i][column], entry["undefined"]) == (None, one.reason)
                else:
                    assert [grid[measure]["values"][i][column], *grid[measure]["interval"][i][column]] == pytest.approx(
                        [one.value, one.low, one.high]
                    )
                    assert entry["interval_over_examples"][0] < entry["interval_over_examples"][1]
    assert found["without_own"]["consistency"]["values"][0][0] == found["values"][0][1]


def test_what_the_paper_does_not_print_has_a_reason_and_no_number():
    for bar in paper_bars():
        for kind in ("pearson", "spearman"):
            partial = bar.entry(kind, measure="partial").correlation
            assert partial == Undefined(0, "The paper prints no C with equal importance.")
            assert "shuffled" in bar.entry(kind, measure="minus_shuffled").correlation.reason


def test_references_over_other_examples_or_languages_are_not_used(paws_x):
    uniform = paws_x["paws-x", "uniform", "languages", None]
    for lacking in (uniform.restricted_to(uniform.examples[1:]), uniform.select(uniform.axes.rows, ("en", "de"))):
        paws_x["paws-x", "uniform", "languages", None] = lacking
        bar = build_figure2(source(paws_x)).by_language[0]
        assert bar.entry(measure="partial").correlation.reason == "No C with equal importance is stored."
        assert isinstance(bar.entry(measure="minus_shuffled").correlation, Coefficient)


def test_text_has_the_coefficient_without_the_training_language_first(paws_x):
    lines = to_text(build_figure2(source(paws_x))).splitlines()
    start = next(k for k, line in enumerate(lines) if " e5-es " in line)
    names = ["C without own", "C given equal importance", "C minus shuffled", "equal importance", "C with own"]
    assert [name in line for name, line in zip(names, lines[start : start + 5], strict=True)] == [True] * 5
    paper = next(k for k, line in enumerate(lines) if " ko " in line and " paper " in line)
    assert re.search(r"C without own +5 +-0\.35 ", lines[paper])
    assert re.search(r"C with own +6 +-0\.70 ", lines[paper + 1])


def test_csv_has_every_coefficient_of_a_bar(paws_x):
    rows = list(csv.DictReader(io.StringIO(to_csv_table([build_figure2(source(paws_x))]))))
    of_spanish = {row["column"]: row["value"] for row in rows if row["row"] == "PAWS-X, e5-es, es"}
    assert list(of_spanish)[:4] == ["pearson", "pearson without own", "spearman", "spearman without own"]
    assert "pearson of C given equal importance, without own" in of_spanish and len(of_spanish) == 10


def test_intervals_over_languages_and_over_examples_answer_two_questions(paws_x):
    for bar in build_figure2(source(paws_x)).ours:
        entry = bar.entry()
        assert isinstance(entry.correlation, Coefficient)
        assert entry.over_examples[0] <= entry.correlation.value + 0.3
        assert entry.over_examples != (entry.correlation.low, entry.correlation.high)


# the command


@pytest.mark.parametrize("format", ["text", "csv", "latex", "json"])
def test_the_command_prints_every_table(capsys, format):
    assert run(["tables", "--format", format]) == 0
    printed = capsys.readouterr().out
    assert "0.557" in printed
    if format == "json":
        assert [entry["table"] for entry in json.loads(printed)] == ["1", "2", "3", "4", "5", "figure2"]


def test_the_command_prints_one_object_for_one_table(capsys):
    assert run(["tables", "--table", "figure2", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert round(found["paper"]["values"][0][0], 2) == 0.79
    assert run(["tables", "--table", "figure2", "--format", "svg"]) == 0
    assert ET.fromstring(capsys.readouterr().out).tag == f"{SVG}svg"


def test_the_command_reads_its_values_in_one_place(capsys, monkeypatch, paws_x):
    monkeypatch.setattr(command, "open_row_values", lambda *_: source(paws_x))
    assert run(["tables", "--table", "5", "--format", "json", "--resamples", "50"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n_resamples"] == 50
    np.testing.assert_array_equal(np.diag(found["values"]), 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--table", "6"], "Unknown table '6': choose one of 1, 2, 3, 4, 5, figure2, own."),
        (["--format", "xlsx"], "Unknown format 'xlsx': choose one of text, csv, latex, json, svg."),
        (["--table", "5", "--format", "svg"], "Only figure2 is a picture"),
        (["--format", "svg"], "Only figure2 is a picture"),
        (["--resamples", "0"], "0 resamples"),
    ],
)
def test_the_command_refuses_what_it_does_not_offer(capsys, options, message):
    assert run(["tables", *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_an_unknown_table_is_refused():
    with pytest.raises(OptionError, match="no table '7'"):
        build_table("7")
