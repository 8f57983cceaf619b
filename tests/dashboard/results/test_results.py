"""The list of the page "Results" as Streamlit runs it: its figures, filters and pages, and what is not at hand."""

import re
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
    app.button_group(key="results-right").set_value(["source", "target"])
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
    assert not [entry for entry in app.get("bidi_component") if entry.proto.component_name == "ccta_examples"]
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
    app = visit(data="nonsense", ckpt="x", src="xx", tgt="<u>", right="all", c="5-1", len="a-b", page="-3", sort="drop")
    assert "Examples: 60 of 60" in html(app) or "Examples: 20 of 20" in html(app)
    assert "<u>" not in html(app)


def test_without_the_data_set_scores_are_shown_and_the_page_says_how_to_get_it(no_data):
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en")
    assert "Source text" not in examples(app).columns
    assert any("without text" in line and "XNLI is not on this computer" in line for line in said(app))
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


def test_a_pair_with_the_training_language_is_shown_first(monkeypatch, tmp_path):
    fill_runs(tmp_path / "all", trained=("en",), languages=("ar", "en", "zh"), every_pair=True)
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "all"))
    assert address(visit())["src"] == "en"
    assert address(visit(tgt="zh"))["src"] == "en"
    assert address(visit(src="ar", tgt="zh"))["src"] == "ar"


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
    boxes = app.sidebar.selectbox
    assert list(boxes[0].options) == ["XNLI, test", "PAWS-X, test"]
    assert (boxes[0].value, boxes[1].value) == ("xnli-test", "nli-en")


def test_figures_are_of_the_filtered_examples(results_folder):
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es", right="both,source")
    values = stored(results_folder, target_language="es")
    values = values[values["source_correct"] == True]  # noqa: E712
    assert f">{values['consistency'].mean():.3f}<" in html(app)
    assert f"n = {values['consistency'].notna().sum()} of 60" in html(app)
    assert f"1.000 · {values['target_correct'].mean():.3f}" in html(app)
    assert app.get("vega_lite_chart")[0].proto.alt.startswith(
        f"Histogram of C, {values['consistency'].notna().sum()} examples"
    )


def test_facets_of_class_and_size_leave_what_they_say(results_folder):
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es", gold="neutral")
    assert set(examples(app)["Gold"]) == {"neutral"}
    short = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es", size="short")
    values = stored(results_folder, target_language="es")
    limit = int(values["n_source"][values["problem"] == ""].quantile(1 / 3))
    assert set(examples(short)["Row"]) == set(values["row"][values["n_source"] <= limit])


def test_facets_of_field_and_cluster_leave_what_they_say(results_folder):
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es")
    pills = {entry.key: entry.options for entry in app.button_group}
    fields = [pill.split(" · ")[0] for pill in pills["results-field"]]
    assert fields == ["premise", "hypothesis"]
    counts = [int(pill.split(" · ")[1]) for pill in pills["results-field"]]
    assert len(examples(visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es", field="1"))) == counts[1]
    assert "results-cluster" not in pills, "every premise is in two rows, so there are no two groups"


def test_an_example_leads_to_those_that_share_its_premise():
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es", row="7", right="both")
    assert "1 other example shares a premise with this one." in said(app)
    press(app, "List them")
    assert set(examples(app)["Row"]) == {6, 7}
    assert address(app)["near"] == "7" and not {"row", "right"} & set(address(app))
    assert "n = 2 of 60" in html(app)
    app.button_group(key="results-near").set_value([])
    checked(app.run())
    assert "Examples: 60 of 60" in html(app)


def test_wrong_and_right_predictions_are_compared_with_an_interval(results_folder):
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es", cmp="source-wrong")
    values = stored(results_folder, target_language="es").dropna(subset=["consistency"])
    means = values.groupby(values["source_correct"].astype(bool))["consistency"].mean()
    assert f"{means[False] - means[True]:+.3f} [".replace("-", "\u2212") in html(app)
    assert "where the prediction in English is wrong" in html(app)


@pytest.mark.parametrize(
    ("sort", "column"),
    [("gold", "Gold"), ("ours", "Predicted en"), ("theirs", "Predicted es"), ("text", "Source text"), ("row", "Row")],
)
def test_a_heading_sorts_all_examples(sort, column):
    """Not those of the page: the pages follow on each other."""
    pages_ = [
        examples(visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es", sort=sort, page=page)) for page in ("1", "2")
    ]
    shown = [cell for page in pages_ for cell in page[column]]
    written = [cell.lstrip("✓✗ ").casefold() if isinstance(cell, str) else cell for cell in shown]
    assert written == sorted(written)
    assert len(written) == 60
    down = examples(visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es", sort=f"{sort}-down"))
    first = down[column].iloc[0]
    assert (first.lstrip("✓✗ ").casefold() if isinstance(first, str) else first) == written[-1]


def test_stars_are_kept_in_the_address():
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es", star="3.7", stars="1")
    assert sorted(examples(app)["Row"]) == [3, 7]
    assert address(app)["star"] == "3.7"
    assert "Examples: 2 of 60" in html(app)


def test_confusion_matrices_count_the_filtered_examples(results_folder):
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es", right="both")
    both = html(app)
    assert both.count("gold in rows, predicted in columns") == 2
    values = stored(results_folder, target_language="es")
    right = int((values["source_correct"] & values["target_correct"]).sum())
    matrix = both[both.index("<caption>English") :]
    cells = re.findall(r'<td class="m\d">(\d+) <small>', matrix[: matrix.index("</table>")])
    assert sum(map(int, cells[:: len(cells) // 3 + 1])) == sum(map(int, cells)) == right
