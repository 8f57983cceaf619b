"""The page "Source languages" as Streamlit runs it, on small stores; Chromium sees it in tests/browser."""

import json
import re
from dataclasses import replace
from functools import partial
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from core.report.grids import stored_grids
from core.report.paper import paper_table
from core.report.tables import consistency_grid, performance_grid, ranked
from core.store import ExampleFilter, Scope, open_store
from dashboard.languages import files as languages_files
from dashboard.languages.choices import LanguagesChoice
from dashboard.languages.computed import computed_of
from dashboard.languages.grids import left_panel, right_panel
from dashboard.languages.reading_files import reading_files
from dashboard.shared.grid_sources import data_choices, sources_of
from dashboard.shared.paper_source import PaperSource
from dashboard.shared.store import Results
from tests.world import pages
from tests.world.pages import checked, html, popovers, svg_texts
from tests.world.stores import fill_runs

visit = partial(pages.visit, "source_languages")
TRAINED = ("en", "es", "zh")
LANGUAGES = ("en", "es", "ar", "zh")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two models on XNLI, the second without Chinese; and a model on PAWS-X."""
    folder = tmp_path_factory.mktemp("grids") / "store"
    fill_runs(folder, model="tiny-nli", trained=TRAINED, languages=LANGUAGES)
    fill_runs(folder, model="other-nli", trained=("en", "es"), languages=LANGUAGES, shift=-0.1)
    paws = ("en", "de", "es", "fr", "ko", "zh")
    fill_runs(folder, dataset="paws-x", task="paraphrase", model="tiny-para", trained=paws, languages=paws)
    return folder


@pytest.fixture
def store(place, monkeypatch):
    monkeypatch.setenv("CCTA_STORE", str(place))
    return place


@pytest.fixture
def nothing(tmp_path, monkeypatch):
    """Neither a store nor shipped results."""
    monkeypatch.delenv("CCTA_STORE", raising=False)
    monkeypatch.setattr("core.paths.SHIPPED_RESULTS", tmp_path / "none")


def sentence(app):
    """What the page says at the top: over all readings, or of the paper's tables."""
    return re.findall(r'<p class="answer">(.*?)</p>', html(app))[0]


def of_grids(app):
    """The sentence of the grids, which they have where their values are not what the readings rank."""
    return re.findall(r'<p class="answer">(.*?)</p>', html(app))[-1]


def titles(app):
    return re.findall(r"<h2>(.*?)</h2>", html(app))


def box(app, label):
    (found,) = [entry for entry in app.selectbox if entry.label == label]
    return found


def numbers(place, model="tiny-nli", data_set="xnli"):
    """The grid of C by another way than the page's: from the store, through the statistics."""
    reader = open_store(place).read()
    (grid,) = [one for one in stored_grids(reader) if one.model == model]
    return consistency_grid(grid.row_values(reader), data_set), performance_grid(grid.row_values(reader), data_set)


def test_pairs_that_one_checkpoint_alone_has_rank_nobody_over_all_readings(store):
    app = visit()
    assert "own pairs only" in sentence(app)
    assert "In the paper’s reading <b>Spanish</b> leads" in html(app)
    assert "paper’s Table 5" not in html(app)
    assert "core run --pairs all" in captions(app)


def test_the_grids_are_one_click_away_with_words_for_screen_readers(store):
    app = visit()
    assert "Consistency C" not in titles(app)
    (switch,) = app.toggle
    app = checked(switch.set_value(True).run())
    assert app.query_params["grids"] in ("1", ["1"])
    assert titles(app)[-2:] == ["Consistency C", "Accuracy"]
    charts = app.get("vega_lite_chart")[-2:]
    assert all("Overall: English 0." in str(chart.proto) for chart in charts)


def test_links_from_before_the_readings_show_the_grids(store):
    for query in ({"src": "en", "tgt": "ar"}, {"diag": "out"}, {"value": "shuffled"}, {"cmp": "other-nli"}):
        assert "Accuracy" in "".join(titles(visit(**query))), query
    assert "Accuracy" not in titles(visit(src="en"))
    assert "Accuracy" not in titles(visit(src="en", tgt="ar", grids="0"))


def test_select_boxes_choose_the_cell_and_its_line(store):
    app = visit(src="en", tgt="ar")
    assert "<b>English → Arabic</b>: C 0." in html(app)
    assert "shuffled 0." in html(app) and "equal 0." in html(app) and "mismatched 0." in html(app)
    (link,) = [entry.value for entry in app.markdown if "Open these examples" in entry.value]
    assert link == "[Open these examples](results?data=xnli-test&ckpt=tiny-nli-en&src=en&tgt=ar)"
    app = checked(box(app, "Trained on").set_value("zh").run())
    assert "<b>Chinese → Arabic</b>" in html(app)
    assert app.query_params["src"] == "zh"
    app = checked(box(app, "Evaluated on").set_value("zh").run())
    assert "1 by definition" in html(app)


def test_an_address_restores_the_view_and_defaults_stay_out_of_it(store):
    view = {"data": "xnli-test", "fam": "tiny-nli"}
    assert dict(visit().query_params) == view
    query = view | {"grids": "1", "value": "shuffled", "order": "family", "cmp": "other-nli", "src": "en", "tgt": "ar"}
    app = visit(**query)
    assert dict(app.query_params) == query
    assert box(app, "Values").value == "shuffled"
    assert box(app, "Compare with").value == "other-nli"


def test_a_broken_address_shows_the_default(store):
    app = visit(data="nonsense", fam="<script>", value="x", order="?", diag="maybe", src="xx", tgt="", beside="c:none")
    assert "own pairs only" in sentence(app)
    assert dict(app.query_params) == {"data": "xnli-test", "fam": "tiny-nli", "grids": "1"}


def test_the_diagonal_can_be_left_out_of_overall(store):
    found = ranked(numbers(store)[0]).summary
    k = found.axes.rows.index("es")
    for query, means in (({"grids": "1"}, found.overall), ({"diag": "out"}, found.overall_off_diagonal)):
        chart = str(visit(**query).get("vega_lite_chart")[-2].proto)
        assert f"Spanish {means.values[k]:.3f}" in chart


def test_minus_a_reference_leaves_the_diagonal_out(store):
    app = visit(value="equal")
    assert "has the highest mean C minus equal, +0." in of_grids(app)
    assert "The diagonal is left out" in html(app)
    assert not [entry for entry in app.get("button_group") if "Diagonal" in str(entry.proto)]


def test_two_models_are_compared_where_both_have_the_language(store):
    app = visit(cmp="other-nli")
    assert re.match(r"<b>tiny-nli</b> .* higher .* <b>other-nli</b>.* \+0\.", of_grids(app))
    assert "over 2 training languages, n = 50" in of_grids(app)
    assert list(box(app, "Trained on").options) == ["English", "Spanish"]
    ours, theirs = (numbers(store, model)[0] for model in ("tiny-nli", "other-nli"))
    difference = ours.select(("en", "es"), theirs.axes.columns).minus(theirs).without_diagonal()
    mean = np.nanmean(difference.values)
    assert f"+{mean:.3f}" in of_grids(app)


def test_on_paws_x_the_paper_stands_beside(store):
    app = visit(data="paws-x-test", grids="1")
    assert "In the paper’s Table 5, Spanish is first." in html(app)
    assert "has the same C up to 0.004" in captions(app)
    beside = visit(data="paws-x-test", beside="paper4")
    assert "The paper’s Table 4: accuracy" in html(beside)


def test_our_c_minus_table_5_is_taken_cell_by_cell(store):
    app = visit(data="paws-x-test", beside="minus5", src="ko", tgt="fr")
    ours, _ = numbers(store, "tiny-para", "paws-x")
    table = paper_table("5")
    mean = ours.values[ours.axes.rows.index("ko"), ours.axes.columns.index("fr")].mean()
    theirs = table.values[table.labels.index("ko"), table.columns.index("fr")]
    assert f"C minus the paper’s Table 5 {mean - theirs:+.3f}".replace("-", "\u2212") in html(app)
    others = [code for code in table.columns if code != "ko"]
    ours_minus = [
        ours.values[ours.axes.rows.index("ko"), ours.axes.columns.index(code)].mean()
        - table.values[table.labels.index("ko"), table.columns.index(code)]
        for code in others
    ]
    spoken = str(app.get("vega_lite_chart")[-1].proto).encode().decode("unicode_escape")
    assert re.search(rf"Korean \S?{abs(np.mean(ours_minus)):.3f}", spoken)


def test_without_results_the_papers_tables_are_shown(nothing):
    app = visit()
    (line,) = [entry.value for entry in app.info]
    assert "No results of ours are stored yet" in line
    assert "<b>Spanish</b> has the highest mean C, 0.557" in sentence(app)
    assert "no intervals" in sentence(app)
    assert not [entry for entry in app.markdown if "Open these examples" in entry.value]


def test_an_empty_store_shows_the_papers_tables_too(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "empty"))
    assert "In the paper" in sentence(visit())


def test_a_store_that_is_not_there_is_an_error_with_its_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "file"))
    (tmp_path / "file").write_text("not a store")
    app = visit()
    assert "name a folder" in app.error[0].value


def test_a_language_that_was_not_run_is_said_and_not_ranked(tmp_path, monkeypatch):
    fill_runs(tmp_path / "store", model="m", trained=("en", "es"), languages=LANGUAGES)
    fill_runs(tmp_path / "store", model="m", trained=("zh",), languages=("en", "zh"))
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    assert "<b>Chinese → Arabic</b>: not run" in html(visit(src="zh", tgt="ar"))
    minus = visit(src="zh", tgt="ar", value="shuffled")
    assert "Not ranked, since a language is missing: Chinese." in html(minus)


@pytest.fixture
def wider(tmp_path, monkeypatch):
    """English was run on one language and ten rows more than the two others."""
    place = tmp_path / "store"
    fill_runs(place, model="m", trained=("en",), languages=(*LANGUAGES, "tr"), rows=range(60))
    fill_runs(place, model="m", trained=("es", "zh"), languages=LANGUAGES)
    monkeypatch.setenv("CCTA_STORE", str(place))
    return place


def links(app):
    return [entry.value for entry in app.markdown if "Open these examples" in entry.value]


def captions(app):
    return "\n".join(caption.value for caption in app.caption)


def test_a_checkpoint_with_more_languages_and_rows_is_compared_on_those_of_the_others(wider):
    app = visit(src="en", tgt="ar")
    assert "Not ranked" not in html(app)
    assert "3 checkpoints × 4 languages  \n50 rows each" in captions(app)
    assert re.search(r"Left out.*: Turkish and 10 rows", captions(app))
    assert "n = 50" in html(app)
    scope, first = Scope(checkpoints=("m-en",)), ExampleFilter("en", "ar", rows=range(50))
    shuffled = open_store(wider).read().pair_values("shuffled_mean", scope, first)["value"].mean()
    assert f"shuffled {shuffled:.3f}" in html(app)
    assert list(box(app, "Evaluated on").options) == ["English", "Arabic", "Spanish", "Chinese"]


def test_the_link_says_where_results_counts_more_rows_than_the_grid(wider):
    assert re.search("60 rows of this pair.*50", captions(visit(src="en", tgt="ar")))
    assert "rows of this pair" not in captions(visit(src="es", tgt="ar"))
    assert "rows of this pair" not in captions(visit(src="en", tgt="ar", all="1"))


def test_a_cell_that_was_not_run_has_no_link(tmp_path, monkeypatch):
    fill_runs(tmp_path / "store", model="m", trained=("en", "es"), languages=LANGUAGES)
    fill_runs(tmp_path / "store", model="m", trained=("zh",), languages=("en", "zh"))
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    assert not links(visit(src="zh", tgt="ar"))
    assert links(visit(src="zh", tgt="en")) == ["[Open these examples](results?data=xnli-test&ckpt=m-zh&src=zh&tgt=en)"]


def test_a_file_of_the_users_own_is_a_data_set_like_any_other(tmp_path, monkeypatch):
    fill_runs(tmp_path / "store", dataset="my pairs", split="file", model="m", trained=TRAINED, languages=LANGUAGES)
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit(grids="1")
    assert list(box(app, "Data set").options) == ["my pairs, file", "PAWS-X, the paper’s tables"]
    assert "In the paper’s reading <b>Spanish</b> leads" in html(app)
    assert "0.33 chance" in html(app), "three classes, as the task has"


def test_runs_without_a_training_language_leave_the_papers_tables_and_say_so(tmp_path, monkeypatch):
    fill_runs(tmp_path / "store", model="m", trained=("en",), languages=LANGUAGES, known=False)
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit()
    (line,) = [entry.value for entry in app.info]
    assert "training language" in line and "paper’s own tables" in line
    assert "In the paper" in sentence(app)


def test_all_languages_and_rows_can_be_shown(wider):
    app = visit(src="en", tgt="tr", all="1", value="shuffled")
    assert re.search(r"Not ranked.*: Spanish, Chinese", html(app))
    assert "<b>English → Turkish</b>: C minus shuffled" in html(app)
    assert "n = 60" in html(app)
    assert "Left out" not in captions(app)
    (everything,) = [toggle for toggle in app.toggle if toggle.label == "All languages and rows"]
    app = checked(everything.set_value(False).run())
    assert "Not ranked" not in html(app)
    assert "all" not in dict(app.query_params)


def test_nothing_is_asked_where_nothing_is_left_out(store):
    app = visit(grids="1")
    assert [toggle.label for toggle in app.toggle] == ["Language by language: C and performance"]
    assert "Left out" not in captions(app)


def test_one_checkpoint_alone_leads_nothing(tmp_path, monkeypatch):
    fill_runs(tmp_path / "store", model="m", trained=("en",), languages=LANGUAGES)
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit()
    assert sentence(app) == "<b>Only English has been trained: nothing to rank.</b>"
    assert not [entry for entry in app.get("bidi_component") if entry.proto.component_name == "ccta_readings"]
    assert titles(app) == ["What the pair brings", "Consistency C", "Accuracy"]
    assert "<b>Trained on English, English–Spanish</b>: C 0." in html(app)


def test_a_reference_that_was_not_computed_is_said(tmp_path, monkeypatch):
    fill_runs(tmp_path / "store", model="m", trained=("en", "es"), languages=LANGUAGES, mismatched=False)
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit(value="mismatched")
    assert "was not computed for these runs" in app.info[0].value
    assert popovers(app) == ["Copy link", "Download"], "the readings have files"


# downloads


@pytest.fixture
def choice(store):
    reader = open_store(store).read()
    results = Results(str(store), reader.version, reader)
    grids = stored_grids(reader)
    data = data_choices(grids)[0]
    sources = sources_of(data, grids, results)
    return LanguagesChoice(data, sources["tiny-nli"], "c", "performance", True, "paper", None, sources)


def files(choice, theme="light"):
    panels = (left_panel(choice), right_panel(choice))
    return {file.name: file.make() for file in languages_files.languages_files(choice, panels, theme)}


def test_the_csv_holds_every_cell_with_interval_and_references(choice, store):
    table = pd.read_csv(StringIO(files(choice)["source-languages.csv"].decode("utf-8-sig")))
    cell = table[(table["trained_on"] == "es") & (table["evaluated_on"] == "zh") & (table["values"] == "Consistency C")]
    grid, _ = numbers(store)
    found = ranked(grid).summary
    at = grid.axes.rows.index("es"), grid.axes.columns.index("zh")
    assert cell["value"].item() == pytest.approx(found.values[at])
    assert [cell["low"].item(), cell["high"].item()] == pytest.approx(found.interval[at].tolist())
    assert cell["n"].item() == 50
    assert 0 < cell["shuffled"].item() < cell["value"].item()
    assert {"Overall", "zh"} <= set(table["evaluated_on"]) and "All" in set(table["trained_on"])
    assert set(table["values"]) == {"Consistency C", "Accuracy"}


def test_a_difference_has_no_references_in_the_csv(choice):
    compared = replace(choice, compare=choice.others["other-nli"])
    table = pd.read_csv(StringIO(files(compared)["source-languages.csv"].decode("utf-8-sig")))
    assert table["value"].notna().any()
    assert table[["shuffled", "equal", "mismatched"]].isna().all(axis=None)


def test_the_other_files_are_what_they_say(choice):
    made = files(choice)
    plain = json.loads(made["source-languages.json"])
    assert plain["grids"][0]["rows"] == list(TRAINED)
    assert sum(plain["grids"][0]["first_shares"]) == pytest.approx(1)
    latex = made["consistency.tex"].decode()
    assert r"\toprule" in latex and "Overall" in latex and latex.count(r"\\") == len(TRAINED) + 2
    for name in ("consistency", "beside", "overall"):
        assert made[f"{name}.svg"].startswith(b"<svg")
        assert made[f"{name}.png"].startswith(b"\x89PNG")
    dark = files(choice, "dark")
    assert b"#14181D" in dark["consistency.svg"] and b"#14181D" not in made["consistency.svg"]


def test_the_latex_table_has_all_in_its_last_row_and_the_intervals_of_overall(choice, store):
    table = files(choice)["consistency.tex"].decode()
    found = ranked(numbers(store)[0])
    head, *rows = [line.removesuffix(r" \\").split(" & ") for line in table.splitlines() if " & " in line]
    first, *shown, last, interval = head
    assert (first, set(shown), last, interval) == ("trained on", set(LANGUAGES), "Overall", r"95\% interval")
    means, across = found.overall(diagonal=True), found.column_means(diagonal=True)
    codes = found.summary.axes
    by_row = {row: at for at, row in enumerate(codes.rows)}
    for code, *_, overall, near in rows[:-1]:
        low, high = means.interval[by_row[code]]
        assert (overall, near) == (f"{means.values[by_row[code]]:.3f}", f"[{low:.3f}, {high:.3f}]")
    columns = dict(zip(codes.columns, across.values, strict=True))
    assert rows[-1] == ["All", *(f"{columns[code]:.3f}" for code in shown), "--", "--"]
    assert "All the column mean, with the diagonal." in table


def test_the_papers_latex_table_has_no_empty_column_of_intervals():
    data = data_choices(())[0]
    sources = sources_of(data, (), None)
    paper = LanguagesChoice(data, sources["XLM-R-Base"], "c", "performance", True, "paper", None, sources)
    table = files(paper)["consistency.tex"].decode()
    assert "All & " in table and "interval" not in table


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_says_what_it_shows_of_which_model_and_data_and_explains_its_marks(choice, theme):
    made = files(choice, theme)
    for name in ("consistency", "beside", "overall"):
        assert "tiny-nli, XNLI, test" in svg_texts(made[f"{name}.svg"])
    grid = svg_texts(made["consistency.svg"])
    assert "Consistency C, by training language and language evaluated on" in grid
    assert {"0", "≥ 0.8 · Consistency C", "1 by definition", "trained on", "evaluated on"} <= set(grid)
    assert "Overall is the row mean and All the column mean, with the diagonal." in grid
    assert {"0.33 chance", "1 · Accuracy"} <= set(svg_texts(made["beside.svg"]))
    dots = svg_texts(made["overall.svg"])
    assert {"Overall C by training language", "with the diagonal, 95% interval", "Overall C"} <= set(dots)
    assert b'fill="#000"' not in made["overall.svg"], "numbers along the axis in the theme's own ink"


def test_a_picture_of_differences_gives_the_ends_of_its_scale_and_both_models(choice):
    compared = replace(choice, compare=choice.others["other-nli"])
    made, panel = files(compared), left_panel(compared)
    limit = f"{panel.grid.limit:.2f}"
    assert {f"\u2212{limit}", f"+{limit} · C: tiny-nli \u2212 other-nli"} <= set(svg_texts(made["consistency.svg"]))
    assert "tiny-nli \u2212 other-nli, XNLI, test" in svg_texts(made["overall.svg"])


def test_the_papers_table_beside_ours_is_not_called_ours(place):
    reader = open_store(place).read()
    grids, results = stored_grids(reader), Results(str(place), reader.version, reader)
    data = next(one for one in data_choices(grids) if one.data_set == "paws-x")
    sources = sources_of(data, grids, results)
    made = files(LanguagesChoice(data, sources["tiny-para"], "c", "paper4", True, "paper", None, sources))
    assert "XLM-R-Base, PAWS-X, as the paper prints it" in svg_texts(made["beside.svg"])
    assert "tiny-para" not in made["beside.tex"].decode() and "tiny-para" in made["consistency.tex"].decode()


def test_the_papers_source_has_no_examples_to_open():
    assert PaperSource().examples_link("en", "de") is None
    assert PaperSource().consistency("shuffled") is None


# the readings


@pytest.fixture(scope="module")
def all_pairs(tmp_path_factory):
    """Every pair under every checkpoint of PAWS-X; under that of Korean but for one; XNLI without carried-over."""
    folder = tmp_path_factory.mktemp("readings") / "store"
    paws = ("en", "de", "es", "fr", "zh")
    usual = {"dataset": "paws-x", "task": "paraphrase", "model": "tiny-para", "spread": 0.02}
    advantages = {"zh": 0.05, "en": 0.01}
    fill_runs(folder, trained=paws, languages=(*paws, "ko"), every_pair=True, advantages=advantages, **usual)
    fill_runs(folder, trained=("ko",), languages=("en", "de", "es", "fr", "ko", "zh"), **usual)
    fill_runs(folder, trained=TRAINED, languages=LANGUAGES, every_pair=True, spread=0.02, carried=False)
    return folder


@pytest.fixture
def read(all_pairs, monkeypatch):
    monkeypatch.setenv("CCTA_STORE", str(all_pairs))
    return partial(visit, data="paws-x-test")


def readings_shown(app):
    (mounted,) = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "ccta_readings"]
    return json.loads(mounted.json)


def test_the_table_has_every_reading_and_the_page_follows_the_one_of_the_link(read):
    app = read()
    shown = readings_shown(app)
    assert shown["chosen"] == "same-pairs" and len(shown["rows"]) == 7
    leaders = {row["name"]: row["leader"] for row in shown["rows"]}
    assert leaders["same-pairs"] == "Chinese"
    assert "Training languages: Same pairs" in titles(app)
    other = read(reading="paper")
    assert readings_shown(other)["chosen"] == "paper" and dict(other.query_params)["reading"] == "paper"
    assert "Training languages: As in the paper" in titles(other)
    assert sentence(other) == sentence(app), "the verdict is over all readings"


def test_a_reading_that_does_not_exist_shows_the_same_pairs(read):
    app = read(reading="<script>")
    assert readings_shown(app)["chosen"] == "same-pairs" and "reading" not in dict(app.query_params)


def test_pairs_that_wait_for_a_checkpoint_are_counted_and_it_is_named(read):
    assert "5 of 15 pairs are computed under every checkpoint; 10 wait for Korean." in html(read())


def test_boxes_reach_every_cell_and_a_links_tgt_names_its_pair(read):
    app = read(src="es", tgt="zh")
    assert "<b>Trained on Spanish, Spanish–Chinese</b>: C 0." in html(app)
    app = checked(box(app, "Language pair").set_value("en-de").run())
    assert "<b>Trained on Spanish, English–German</b>: C 0." in html(app)
    assert dict(app.query_params)["pair"] == "en-de"
    app = checked(box(app, "Training language").set_value("ko").run())
    assert "<b>Trained on Korean, English–German</b>: not run" in html(app)


def test_a_reading_without_its_quantity_says_what_is_lacking(all_pairs, monkeypatch):
    monkeypatch.setenv("CCTA_STORE", str(all_pairs))
    rows = {row["name"]: row for row in readings_shown(visit(data="xnli-test"))["rows"]}
    assert rows["share-of-attainable"]["lacks"] == "the store has no carried values"
    assert not rows["same-pairs"]["lacks"]


def test_every_picture_of_the_readings_has_its_sentence(read):
    charts = [str(chart.proto) for chart in read().get("vega_lite_chart")]
    assert len(charts) == 4 and sum("Largest: " in chart for chart in charts) == 2


def test_the_files_hold_every_reading_and_cell(all_pairs):
    reader = open_store(all_pairs).read()
    grids, results = stored_grids(reader), Results(str(all_pairs), reader.version, reader)
    data = next(one for one in data_choices(grids) if one.data_set == "paws-x")
    sources = sources_of(data, grids, results)
    source = sources["tiny-para"]
    computed = computed_of(source)
    reading = computed.readings.by_name("same-pairs")
    picked = LanguagesChoice(data, source, "c", "performance", True, "paper", None, sources)
    made = {file.name: file.make() for file in reading_files(picked, computed, reading, "light")}
    table = pd.read_csv(StringIO(made["readings.csv"].decode("utf-8-sig")))
    assert set(table["reading"]) == {one.definition.name for one in computed.readings.readings}
    assert table.groupby("reading")["first_in"].sum().to_numpy() == pytest.approx(1)
    cells = pd.read_csv(StringIO(made["pairs.csv"].decode("utf-8-sig")))
    assert len(cells) == 6 * 15 and cells["c"].isna().sum() == 10
    assert json.loads(made["readings.json"])["readings"][0]["reading"] == "paper"
    assert all(
        made[f"{name}.svg"].startswith(b"<svg") for name in ("training-languages", "pairs", "deviations", "lead")
    )
