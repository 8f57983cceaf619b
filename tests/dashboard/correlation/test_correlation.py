"""The page "Correlation" as Streamlit runs it, on small stores."""

import json
import re
from dataclasses import replace
from functools import partial
from io import StringIO

import pandas as pd
import pytest

from core.report.grids import stored_grids
from core.report.tables import build_scatters
from core.report.tables.coefficients import LINES
from core.report.tables.figure2 import paper_bars
from core.store import open_store
from dashboard.correlation import files as correlation_files
from dashboard.correlation.choices import CorrelationChoice
from dashboard.correlation.figure2 import our_bars
from dashboard.correlation.view import OFF_SCALE, RING
from dashboard.shared.grid_sources import data_choices, sources_of
from dashboard.shared.store import Results
from tests.world import pages
from tests.world.pages import html, pictures, popovers, said, svg_texts
from tests.world.stores import fill_runs

visit = partial(pages.visit, "correlation")
PAWS = ("en", "de", "es", "fr", "ko", "zh")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """PAWS-X with two training languages, XNLI with three languages only, XQuAD with both ends."""
    folder = tmp_path_factory.mktemp("points") / "store"
    fill_runs(
        folder, dataset="paws-x", task="paraphrase", model="para", trained=("en", "es"), languages=PAWS, uneven=True
    )
    fill_runs(folder, model="nli", trained=("en",), languages=("en", "es", "ar"))
    qa = ("en", "es", "de", "zh", "ar")
    fill_runs(folder, dataset="xquad", task="qa", model="qa", trained=("en",), languages=qa)
    return folder


@pytest.fixture
def store(place, monkeypatch):
    monkeypatch.setenv("CCTA_STORE", str(place))
    return place


def sentence(app):
    (found,) = re.findall(r'<p class="answer">(.*?)</p>', html(app))
    return found


def scatters(place, data_set, part=None, **given):
    reader = open_store(place).read()
    (grid,) = [one for one in stored_grids(reader) if one.data_set == data_set]
    return build_scatters(grid.row_values(reader), data_set, part, **given)


def choice(place, code, trained_on, quantity="performance"):
    """What the sidebar says when all models of a data set are chosen."""
    reader = open_store(place).read()
    results = Results(str(place), reader.version, reader)
    grids = stored_grids(reader)
    data = next(one for one in data_choices(grids) if one.code == code)
    models = tuple(sources_of(data, grids, results).values())
    return CorrelationChoice(data, models, trained_on, quantity, True, results)


def test_the_sentence_gives_both_coefficients_with_interval_and_n(store):
    app = visit(data="paws-x-test")
    english = scatters(store, "paws-x")[0]
    pearson, spearman = (english.entry(kind).correlation for kind in ("pearson", "spearman"))
    own = english.entry(diagonal=True).correlation
    partial = english.entry(measure="partial").correlation
    said = sentence(app).replace("−", "-")
    assert f"Pearson {pearson.value:+.2f} [{pearson.low:+.2f}, {pearson.high:+.2f}]" in said
    assert f"Spearman {spearman.value:+.2f}, n = 5" in said
    assert f"as in the paper, with English, whose C is 1 by definition: {own.value:+.2f}" in said and "n = 6" in said
    assert f"partial correlation {partial.value:+.2f} [{partial.low:+.2f}, {partial.high:+.2f}]" in said
    assert ("tell</b> whether accuracy rises" in said) == (pearson.low <= 0 <= pearson.high)
    assert ("tell</b> whether C predicts" in said) == (partial.low <= 0 <= partial.high)


def chosen_languages(app):
    (pills,) = [entry for entry in app.button_group if entry.label == "Training language"]
    return list(pills.value)


def test_the_training_language_is_a_point_only_when_it_is_shown_and_the_sentence_stays(store):
    app, shown = visit(data="paws-x-test"), visit(data="paws-x-test", diag="in")
    assert sentence(app) == sentence(shown)
    assert RING not in html(app) and OFF_SCALE in html(shown)
    points = [str(one.get("vega_lite_chart")[0].proto) for one in (app, shown)]
    assert ["English: C 1.000" in text for text in points] == [False, True]
    assert ["C = 1" in text for text in points] == [False, True]
    korean = scatters(store, "paws-x")[0].entry().correlation.value
    bars = [pictures(one)["figure2-bars"] for one in (app, shown)]
    assert f"trained on en, ours: {korean:.2f}".replace("-", "−") in bars[0] and bars[0] != bars[1]


def tables(app):
    """The table of the checkpoints shown, and that of all coefficients."""
    return [frame.value for frame in app.dataframe]


def test_beside_c_stand_partial_shuffled_equal_and_the_papers_way(store):
    beside, _ = tables(visit(data="paws-x-test"))
    names = ["C", "C given equal importance (partial)", "C minus shuffled", "Equal importance"]
    assert list(beside["Quantity"]) == [*names, "C, with English as in the paper"]
    assert list(beside["n"]) == [5, 5, 5, 5, 6]
    english = scatters(store, "paws-x")[0]
    for line, (measure, diagonal) in zip(beside.itertuples(), LINES, strict=True):
        entry = english.entry(measure=measure, diagonal=diagonal)
        found = entry.correlation
        assert line.Pearson.replace("\u00a0", " ").replace("−", "-").startswith(f"{found.value:+.2f} [{found.low:+.2f}")
        low, high = entry.over_examples
        sentences = beside["Pearson, other sentences"][line.Index].replace("\u00a0", " ").replace("−", "-")
        assert sentences == f"[{low:+.2f}, {high:+.2f}]"
    several, _ = tables(visit(data="paws-x-test", src="en,es"))
    assert list(several["Trained on"]) == ["English"] * 5 + ["Spanish"] * 5


def test_the_paper_has_no_references_and_the_page_says_so(store):
    app = visit(data="paper", src="es")
    beside, _ = tables(app)
    assert list(beside["Pearson"][1:4]) == ["–", "–", "–"]
    assert "remains open. The paper prints no C with equal importance." in sentence(app)
    assert "The paper prints no C with shuffled importance." in [caption.value for caption in app.caption]


def test_several_training_languages_are_drawn_on_their_own(store):
    app = visit(data="paws-x-test", src="en,es")
    assert len(app.get("vega_lite_chart")) == 2 and "figure2-bars" in pictures(app)
    assert re.search(r"accuracy and C rise together in <b>. of 2 checkpoints</b>", sentence(app))
    assert re.search(r"which no model enters, in <b>. of 2 checkpoints</b>", sentence(app))
    assert dict(app.query_params) == {"data": "paws-x-test", "src": "en,es"}


def test_the_training_language_shown_is_the_one_that_is_chosen(store):
    app = visit(data="paws-x-test")
    assert chosen_languages(app) == ["en"]
    assert dict(app.query_params) == {"data": "paws-x-test"}
    assert chosen_languages(visit(data="paws-x-test", src="es")) == ["es"]


def test_three_languages_have_no_line_and_say_so(store):
    app = visit(data="xnli-test")
    assert sentence(app).startswith("Too few languages for a correlation (2). Whether C predicts accuracy beyond")
    assert "Too few languages for a correlation (2)." in [caption.value for caption in app.caption]
    assert len(app.get("vega_lite_chart")) == 1 and "figure2-bars" in pictures(app)


def test_question_answering_has_two_ends_and_two_metrics(store):
    by_f1, exact = visit(data="xquad-validation-start"), visit(data="xquad-validation-start", metric="em")
    assert "F1" in sentence(by_f1) and "exact match" not in sentence(by_f1)
    assert "exact match" in sentence(exact)
    assert sentence(by_f1) != sentence(exact)
    links = [entry.value for entry in by_f1.markdown if "results?" in entry.value]
    assert "end=start" in links[0] and "ckpt=qa-en" in links[0]


def test_exact_match_is_in_bars_table_and_files_and_named(store):
    found = choice(store, "xquad-validation-start", ("en",), quantity="exact_match")
    exact = scatters(store, "xquad", "start", quantity="exact_match")[0]
    (drawn,) = [bar for bar in our_bars(found) if (bar.data_set, bar.part) == ("xquad", "start")]
    assert drawn.entry().correlation == exact.entry().correlation
    assert drawn.entry().correlation != scatters(store, "xquad", "start")[0].entry().correlation
    accuracy = [bar for bar in our_bars(found) if bar.data_set == "xnli"]
    assert [bar.quantity for bar in accuracy] == ["performance"]

    app = visit(data="xquad-validation-start", metric="em")
    _, table = tables(app)
    sets = {"XNLI", "PAWS-X", "XQuAD, start, exact match", "XQuAD, end, exact match"}
    assert set(table["Data set"]) == sets
    (points,) = (chart.proto.alt for chart in app.get("vega_lite_chart"))
    assert "XQuAD, start, exact match, qa" in pictures(app)["figure2-bars"]
    assert "exact match 0." in points and "performance" not in points
    assert "question answering by exact match" in html(app)
    assert "question answering by F1" in html(visit(data="xquad-validation-start"))

    files = {file.name: file.make() for file in correlation_files.correlation_files(found, found.shown(), "light")}
    assert b"XQuAD, start, exact match, qa" in files["figure2.csv"]
    assert b"XQuAD, end, exact match" in files["figure2.tex"] and b"XQuAD, end, exact match" in files["figure2.svg"]
    bars = json.loads(files["figure2.json"])["bars"]
    assert {(bar["data_set"], bar["part"], bar["quantity"]) for bar in bars if bar["data_set"] == "xquad"} == {
        ("xquad", "start", "exact_match"),
        ("xquad", "end", "exact_match"),
    }
    assert set(pd.read_csv(StringIO(files["points.csv"].decode("utf-8-sig")))["measure"]) == {"exact match"}


def test_every_coefficient_is_in_the_table_ours_then_the_papers(store):
    _, table = tables(visit())
    assert list(table["Values"]) == ["ours"] * (len(table) - 6) + ["paper"] * 6
    assert set(table["Data set"]) == {"XNLI", "PAWS-X", "XQuAD, start", "XQuAD, end"}
    spanish = table[(table["Values"] == "paper") & (table["Trained on"] == "Spanish")]
    found = paper_bars()[2].entry().correlation
    assert spanish["Pearson, C without own"].item().replace("\u00a0", " ").startswith(f"{found.value:+.2f} [")
    assert table[table["Data set"] == "XNLI"]["Pearson, C without own"].item() == "–"
    assert [name.removeprefix("Pearson, ") for name in table.columns[5:10]] == [
        "C without own",
        "C given equal importance",
        "C minus shuffled",
        "equal importance",
        "C with own",
    ]


def test_without_results_the_papers_own_figure_is_shown(monkeypatch, tmp_path):
    monkeypatch.delenv("CCTA_STORE", raising=False)
    monkeypatch.setattr("core.paths.SHIPPED_RESULTS", tmp_path / "none")
    app = visit()
    assert "No results of ours are stored yet" in app.info[0].value
    found = paper_bars()[0].entry().correlation
    assert f"Pearson {found.value:+.2f}" in sentence(app)
    assert len(app.get("vega_lite_chart")) == 1 and "figure2-bars" in pictures(app)
    assert not [entry for entry in app.markdown if "results?" in entry.value]


def test_without_performance_there_is_nothing_to_correlate(store, monkeypatch):
    monkeypatch.setattr("dashboard.shared.grid_sources.build_scatters", lambda *given, **named: ())
    from dashboard.shared import grid_sources

    grid_sources._scatters.clear()
    app = visit(data="xnli-test")
    grid_sources._scatters.clear()
    assert "nothing to correlate" in app.info[0].value
    assert popovers(app) == ["Copy link"]


def test_a_broken_address_shows_the_default(store):
    app = visit(data="none", model="x", src="xx,yy", diag="?", metric="z", tgt="zz")
    assert dict(app.query_params) == {"data": "xnli-test"}


def test_only_points_that_were_run_can_be_opened(tmp_path, monkeypatch):
    fill_runs(tmp_path / "store", model="m", trained=("es",), languages=("en", "ar", "zh", "tr"))
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit()
    (box,) = [entry for entry in app.selectbox if entry.label == "Examples of the language"]
    assert set(box.options) == {"English", "Arabic", "Chinese", "Turkish"}


def test_every_picture_has_its_way_by_keyboard(store):
    app = visit(data="paws-x-test", src="en,es", of="para-es", tgt="ko")
    picture, code = [entry for entry in app.selectbox if entry.label.startswith("Examples of")]
    assert picture.options == ["English, para", "Spanish, para"] and picture.value == "para-es"
    assert code.value == "ko" and dict(app.query_params)["of"] == "para-es"
    (link,) = [entry.value for entry in app.markdown if "results?" in entry.value]
    assert "Open Spanish → Korean" in link and "src=es&tgt=ko" in link


def test_every_language_of_a_checkpoint_is_a_point_also_where_others_lack_it(tmp_path, monkeypatch):
    fill_runs(tmp_path / "store", model="m", trained=("en", "es", "ar"), languages=("en", "es", "ar", "zh"))
    fill_runs(tmp_path / "store", model="m", trained=("en",), languages=("tr",))
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit(src="en")
    (box,) = [entry for entry in app.selectbox if entry.label == "Examples of the language"]
    assert "Turkish" in box.options
    assert not any("Left out" in line for line in said(app))


def test_a_file_of_the_users_own_has_its_points(tmp_path, monkeypatch):
    fill_runs(tmp_path / "store", dataset="my pairs", split="file", model="m", languages=("en", "es", "ar", "zh", "tr"))
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit()
    assert dict(app.query_params) == {"data": "my pairs-file"}
    assert "accuracy" in sentence(app) and "n = 4" in sentence(app).replace("\u00a0", " ")


def test_files_hold_points_coefficients_and_pictures(store):
    found = choice(store, "paws-x-test", ("es",))
    files = {file.name: file.make() for file in correlation_files.correlation_files(found, found.shown(), "light")}
    points = pd.read_csv(StringIO(files["points.csv"].decode("utf-8-sig")))
    spanish = scatters(store, "paws-x")[1]
    assert list(points["language"]) == list(PAWS)
    assert points["consistency"].tolist() == pytest.approx(spanish.consistency.tolist())
    assert points["performance_high"].tolist() == pytest.approx(spanish.performance_interval[:, 1].tolist())
    assert {bar["values"] for bar in json.loads(files["figure2.json"])["bars"]} == {"ours", "paper"}
    assert files["figure2.svg"].startswith(b"<svg") and files["figure2.png"].startswith(b"\x89PNG")
    assert files["scatter-para-es.svg"].startswith(b"<svg") and files["scatter-para-es.png"].startswith(b"\x89PNG")
    assert b"\\toprule" in files["figure2.tex"]
    (bar,) = [
        one for one in json.loads(files["figure2.json"])["bars"] if (one["model"], one["trained_on"]) == ("para", "es")
    ]
    partial = spanish.entry(measure="partial").correlation
    assert bar["without_own"]["partial"]["pearson"]["value"] == pytest.approx(partial.value)
    beside = ("C given equal importance", "C minus shuffled", "equal importance")
    assert all(files["figure2.csv"].count(f"pearson of {name},".encode()) >= 2 for name in beside)
    assert all(name.encode() in files["figure2.tex"] for name in beside)


def test_a_scatter_as_a_file_says_whose_it_is_and_explains_its_marks(store):
    found = choice(store, "paws-x-test", ("es",))
    files = {file.name: file.make for file in correlation_files.correlation_files(found, found.shown(), "dark")}
    lines = svg_texts(files["scatter-para-es.svg"]())
    assert {"Accuracy and consistency, trained on Spanish", "para, PAWS-X, test", "Consistency C", "Accuracy"} <= set(
        lines
    )
    assert {"Germanic", "Romance", "East Asian", OFF_SCALE, "95% intervals", "least squares, 95% band"} <= set(lines)
    assert "Slavic" not in lines
    without = replace(choice(store, "xnli-test", ("en",)), diagonal=False)
    files = {file.name: file.make for file in correlation_files.correlation_files(without, without.shown(), "light")}
    assert not {RING, "least squares, 95% band"} & set(svg_texts(files["scatter-nli-en.svg"]()))
