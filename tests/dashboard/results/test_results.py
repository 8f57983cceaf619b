"""The list of the page "Results" as Streamlit runs it: its figures, filters and pages, and what is not at hand."""

from functools import partial
from html import escape

import pytest
from markdown_it import MarkdownIt

from core.store import open_store
from tests.world import pages
from tests.world.pages import address, checked, examples, html, press, stored
from tests.world.pages import said_plainly as said

# VISIT
from tests.world.stores import fill_nli, fill_runs

visit = partial(pages.visit, "results")
pytestmark = pytest.mark.usefixtures("results_served")


def test_the_first_visit_shows_figures_distribution_and_the_least_consistent(results_folder):
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es")
    values = stored(results_folder, target_language="es")
    assert f">{values['consistency'].mean():.3f}<" in html(app)
    assert "n = 59 · 1 row without C" in html(app)
    assert f"{values['source_correct'].mean():.3f} · {values['target_correct'].mean():.3f}" in html(app)
    assert "Examples: 60 of 60, least consistent first" in html(app)
    expected = values.sort_values(["consistency", "row"])["row"].head(50)
    assert list(examples(app)["Row"]) == list(expected)
    assert "the ferry was cancelled ⊥ nobody crossed" in set(examples(app)["Source text"])
    assert len(app.get("vega_lite_chart")) == 1
    assert (
        app.get("vega_lite_chart")[0].proto.alt
        == f"Histogram of C, 59 examples, mean {values['consistency'].mean():.3f}"
    )


def test_right_and_wrong_are_signs_with_words(results_folder):
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es")
    predictions = (
        open_store(results_folder / "store")
        .read()
        .predictions(
            next(run for run in open_store(results_folder / "store").read().runs if "tiny-nli-en" in run),
            rows=list(examples(app)["Row"]),
            languages=["es"],
        )
    )
    for row, cell in zip(examples(app)["Row"], examples(app)["Predicted es"], strict=True):
        record = predictions["es", int(row)]
        assert cell == f"{'✓' if record.correct else '✗'} {record.predicted}"


def test_filters_leave_what_they_say_and_are_in_the_address(results_folder):
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es")
    app.sidebar.button_group(key="results-right").set_value(["source", "target"])
    checked(app.run())
    values = stored(results_folder, target_language="es")
    mixed = values[values["source_correct"] != values["target_correct"]]
    assert f"Examples: {len(mixed)} of 60" in html(app)
    assert set(examples(app)["Row"]) == set(mixed["row"])
    app.sidebar.slider(key="results-c").set_value((0.3, 0.5))
    checked(app.run())
    inside = mixed[mixed["consistency"].between(0.3, 0.5)]
    assert set(examples(app)["Row"]) == set(inside["row"])
    assert address(app)["right"] == "source,target"
    assert address(app)["c"] == "0.3-0.5"
    again = visit(**address(app))
    assert list(examples(again)["Row"]) == list(examples(app)["Row"])


def test_text_is_looked_for_in_both_languages():
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", q="TARDE")
    assert "Examples: 10 of 60" in html(app)
    assert {row % 6 for row in examples(app)["Row"]} == {1}


def test_a_filter_that_finds_nothing_can_be_cleared():
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", q="no such words")
    assert "No example matches these filters." in said(app)
    assert not app.dataframe
    press(app, "Clear filters")
    assert "Examples: 60 of 60" in html(app)
    assert "q" not in address(app)


def test_pages_of_fifty_and_another_order():
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", sort="row")
    assert list(examples(app)["Row"]) == list(range(50))
    press(app, "Next ›")
    assert list(examples(app)["Row"]) == list(range(50, 60))
    assert address(app)["page"] == "2"
    app.sidebar.selectbox(key="results-sort").set_value("long")
    checked(app.run())
    assert "page" not in address(app), "another order begins at its first page"
    assert examples(app)["Tokens"].is_monotonic_decreasing


def test_what_an_address_cannot_mean_is_the_default():
    app = visit(data="nonsense", ckpt="x", src="xx", tgt="<b>", right="all", c="5-1", len="a-b", page="-3", sort="drop")
    assert "Examples: 60 of 60" in html(app) or "Examples: 20 of 20" in html(app)
    assert "<b>" not in html(app)


def test_without_the_data_set_scores_are_shown_and_the_page_says_how_to_get_it(no_data):
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en")
    assert "Source text" not in examples(app).columns
    assert any("Scores are shown without text. XNLI is not on this computer." in line for line in said(app))
    assert app.sidebar.text_input(key="results-q").disabled


def test_a_search_without_texts_is_no_filter_and_says_so(no_data):
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", q="ferry")
    assert "Examples: 60 of 60" in html(app)
    assert any("text filter is not applied" in line for line in said(app))
    assert [button.label for button in app.button if button.label.startswith("Filters")] == ["Filters"]
    both = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", q="ferry", right="both")
    assert [button.label for button in both.button if button.label.startswith("Filters")] == ["Filters (1)"]


def test_with_texts_a_search_is_a_filter():
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", q="ferry")
    assert [button.label for button in app.button if button.label.startswith("Filters")] == ["Filters (1)"]
    assert not any("not applied" in line for line in said(app))


@pytest.mark.parametrize("row", [None, "3"])
def test_names_of_files_and_checkpoints_are_shown_as_they_are(monkeypatch, tmp_path, row):
    name = "a*b* [x](y) :red[z] <i>`_c_`"
    fill_runs(tmp_path / "store", dataset=name, split="file", model="m*n*", trained=("en",))
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit(**({"row": row} if row else {}))
    captions = [entry.value for entry in app.caption if "attributions of" in entry.value]
    title = app.header[0].value if row else captions[0]
    assert ":red[" not in title.replace("\\:", "")
    shown = MarkdownIt("commonmark").renderInline(title)
    assert shown.startswith(f"{escape(name)} file, row 3" if row else f"{escape(name)} file · m*n*-en · English")


def test_the_checkpoint_trained_in_english_is_shown_first(monkeypatch, tmp_path):
    fill_runs(tmp_path / "grid", trained=("ar", "en", "zh"))
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "grid"))
    assert address(visit())["ckpt"] == "tiny-nli-en"
    assert address(visit(ckpt="tiny-nli-ar"))["ckpt"] == "tiny-nli-ar"


def test_two_runs_of_a_checkpoint_are_named_and_not_mixed(results_folder, monkeypatch, tmp_path):
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "two"))
    fill_nli(tmp_path / "two", trained=("en",), rows=range(10))
    fill_nli(tmp_path / "two", trained=("en",), rows=range(20), steps="30")
    app = visit()
    options = app.sidebar.selectbox(key="results-ckpt").options
    assert len(options) == 2
    assert all("tiny-nli-en, run" in option for option in options)
    assert "Examples: 10 of 10" in html(app) or "Examples: 20 of 20" in html(app)


def test_data_sets_come_in_the_catalogues_order_and_english_first(tmp_path, monkeypatch):
    both = ("de", "en")
    for dataset, task in (("paws-x", "paraphrase"), ("xnli", "nli")):
        fill_runs(tmp_path / "store", dataset=dataset, task=task, model=task, trained=both, languages=both)
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit()
    assert list(app.selectbox[0].options) == ["XNLI, test", "PAWS-X, test"]
    assert (app.selectbox[0].value, app.selectbox[1].value) == ("xnli-test", "nli-en")
