"""The page "Results" as Streamlit runs it: the list with its filters, one example opened, and what is not at hand."""

import re
from dataclasses import replace
from functools import partial
from html import escape
from io import StringIO

import pandas as pd
import pytest
from markdown_it import MarkdownIt
from stores import ABSENT_ROW, HOSTILE, fill_nli, fill_qa, write_data

from core.cli.app import run as core_command
from core.data.load import load_rows
from core.paths import SHIPPED_RESULTS
from core.settings import TASKS
from core.store import ExampleFilter, Scope, open_store
from core.stored_example import read_example, scored_sides
from dashboard import results_opened, results_texts
from dashboard.choices import SPACE_NAMES
from dashboard.drafts import recall_texts
from dashboard.results_choice import ResultsChoice
from dashboard.results_example import example_files
from tests.dashboard import visits
from tests.dashboard.store_grids import fill_grid
from tests.dashboard.visits import checked, html

visit = partial(visits.visit, "results")
QUICK = ["--steps", "8", "--permutations", "5", "--space", "static", "--workers", "1", "--device", "cpu"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Data sets, and a store of two checkpoints on XNLI and one on XQuAD."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datasets.config.HF_DATASETS_CACHE", folder / "hf")
        data = write_data(folder / "data")
        fill_nli(folder / "store", data)
        fill_qa(folder / "store", data)
        yield folder


@pytest.fixture(autouse=True)
def _served(place, monkeypatch, own_cache, bare_catalogue):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", place / "hf")
    monkeypatch.setenv("CCTA_STORE", str(place / "store"))
    monkeypatch.setenv("CCTA_DATA", str(place / "data"))
    monkeypatch.delenv("CCTA_CONFIG", raising=False)
    for cached in (results_texts._local_text, results_opened._rebuilt):
        cached.clear()


@pytest.fixture
def no_data(monkeypatch, tmp_path):
    monkeypatch.setenv("CCTA_DATA", str(tmp_path))


def said(app):
    """What the page says in boxes and captions, as a reader sees it: names are written as they are."""
    return [re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", line) for line in visits.said(app)]


def address(app):
    return {name: value[0] if isinstance(value, list) else value for name, value in dict(app.query_params).items()}


def examples(app):
    return app.dataframe[0].value


def press(app, label):
    (found,) = [entry for entry in app.button if entry.label == label]
    return checked(found.click().run())


def stored(place, **wanted):
    scope = Scope(checkpoints=("tiny-nli-en",))
    return open_store(place / "store").read().values(scope, ExampleFilter(source_language="en", **wanted))


def chosen(reader, run, *, row=None, source="en", target="es", **where):
    """A choice of the page, as its address would say it."""
    pair = ExampleFilter(source, target, end="")
    identity = reader.runs[run].identity
    given = replace(pair, **where)
    return ResultsChoice(run, identity, source, target, "", pair, given, "", 0, "least", 1, row)


# the list


def test_the_first_visit_shows_figures_distribution_and_the_least_consistent(place):
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es")
    values = stored(place, target_language="es")
    assert f">{values['consistency'].mean():.3f}<" in html(app)
    assert "n = 59 · 1 row without C" in html(app)
    assert f"{values['source_correct'].mean():.3f} · {values['target_correct'].mean():.3f}" in html(app)
    assert "Examples: 60 of 60, least consistent first" in html(app)
    expected = values.sort_values(["consistency", "row"])["row"].head(50)
    assert list(examples(app)["Row"]) == list(expected)
    assert "the storm closed the road ⊥ nobody could drive" in set(examples(app)["Source text"])
    assert len(app.get("vega_lite_chart")) == 1
    assert (
        app.get("vega_lite_chart")[0].proto.alt
        == f"Histogram of C, 59 examples, mean {values['consistency'].mean():.3f}"
    )


def test_right_and_wrong_are_signs_with_words(place):
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es")
    predictions = (
        open_store(place / "store")
        .read()
        .predictions(
            next(run for run in open_store(place / "store").read().runs if "tiny-nli-en" in run),
            rows=list(examples(app)["Row"]),
            languages=["es"],
        )
    )
    for row, cell in zip(examples(app)["Row"], examples(app)["Predicted es"], strict=True):
        record = predictions["es", int(row)]
        assert cell == f"{'✓' if record.correct else '✗'} {record.predicted}"


def test_filters_leave_what_they_say_and_are_in_the_address(place):
    app = visit(data="xnli-test", ckpt="tiny-nli-en", tgt="es")
    app.sidebar.button_group(key="results-right").set_value(["source", "target"])
    checked(app.run())
    values = stored(place, target_language="es")
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
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", q="PUNTUAL")
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
    assert "The search for a text is left out: it needs the texts of the data set on this computer." in said(app)
    assert [button.label for button in app.button if button.label.startswith("Filters")] == ["Filters"]
    both = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", q="ferry", right="both")
    assert [button.label for button in both.button if button.label.startswith("Filters")] == ["Filters (1)"]


def test_with_texts_a_search_is_a_filter():
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", q="ferry")
    assert [button.label for button in app.button if button.label.startswith("Filters")] == ["Filters (1)"]
    assert not any("left out" in line for line in said(app))


@pytest.mark.parametrize("row", [None, "3"])
def test_names_of_files_and_checkpoints_are_shown_as_they_are(monkeypatch, tmp_path, row):
    name = "a*b* [x](y) :red[z] <i>`_c_`"
    fill_grid(tmp_path / "store", dataset=name, split="file", model="m*n*", trained=("en",))
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit(**({"row": row} if row else {}))
    captions = [entry.value for entry in app.caption if "attributions of" in entry.value]
    title = app.header[0].value if row else captions[0]
    assert ":red[" not in title.replace("\\:", "")
    shown = MarkdownIt("commonmark").renderInline(title)
    assert shown.startswith(f"{escape(name)} file, row 3" if row else f"{escape(name)} file · m*n*-en · English")


def test_the_checkpoint_trained_in_english_is_shown_first(monkeypatch, tmp_path):
    fill_grid(tmp_path / "grid", trained=("ar", "en", "zh"))
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "grid"))
    assert address(visit())["ckpt"] == "tiny-nli-en"
    assert address(visit(ckpt="tiny-nli-ar"))["ckpt"] == "tiny-nli-ar"


def test_two_runs_of_a_checkpoint_are_named_and_not_mixed(place, monkeypatch, tmp_path):
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "two"))
    fill_nli(tmp_path / "two", checkpoints=("en",), rows=range(10))
    fill_nli(tmp_path / "two", checkpoints=("en",), rows=range(20), steps="30")
    app = visit()
    options = app.sidebar.selectbox(key="results-ckpt").options
    assert len(options) == 2
    assert all("tiny-nli-en, run" in option for option in options)
    assert "Examples: 10 of 10" in html(app) or "Examples: 20 of 20" in html(app)


# an example


def test_an_opened_example_shows_its_c_its_texts_and_its_place(place):
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", row="7")
    values = stored(place, target_language="es").sort_values(["consistency", "row"])
    found = values[values["row"] == 7].iloc[0]
    assert f'<div class="c-num">{found.consistency:.3f}</div>' in html(app)
    assert f"{list(values['row']).index(7) + 1} of 60" in said(app)
    for word in ("ferry", "ferri", "puntual"):
        assert word in html(app)
    share = (values["consistency"].dropna() < found.consistency).mean()
    assert f"{100 * share:.0f}% of this pair’s examples have a lower C" in html(app)
    assert "tiny-nli-en is not listed in this dashboard's catalogue" in " ".join(said(app))


def test_previous_and_next_follow_the_filtered_list_and_back_restores_it(place):
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", right="both", sort="most")
    rows = list(examples(app)["Row"])
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", right="both", sort="most", row=str(rows[1]))
    press(app, "Next ›")
    assert address(app)["row"] == str(rows[2])
    press(press(app, "‹ Previous"), "‹ Previous")
    assert address(app)["row"] == str(rows[0])
    (previous,) = [entry for entry in app.button if entry.label == "‹ Previous"]
    assert previous.disabled
    press(app, "← Examples")
    assert "row" not in address(app)
    assert list(examples(app)["Row"]) == rows


def test_an_example_outside_the_filters_says_so():
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", c="0.9-1", row="7")
    assert "not among the filtered" in said(app)


def test_a_row_that_could_not_be_compared_says_why():
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", row=str(ABSENT_ROW))
    why = "Every token of a text has score 0, so there is no importance to compare."
    assert f"C could not be computed for this row: {why}" in said(app)
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", row="999")
    assert any("Row 999 was not compared" in line for line in said(app))


def test_without_text_the_tokens_are_numbered(no_data):
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", row="7")
    assert "ferry" not in html(app)
    assert 'aria-label="1, ' in html(app)
    assert any("without text and flow" in line and "set CCTA_DATA" in line for line in said(app))


def test_hostile_text_is_text(place):
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", row="3")
    assert "<img" not in html(app)
    assert "&lt;img" in html(app)
    assert "\u202e" not in html(app)
    lines = list(examples(visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en"))["Source text"])
    assert any("U+202E" in line for line in lines)
    assert not any("\u202e" in line or len(line) > 300 for line in lines)
    assert "\u202e" in load_rows("xnli", "en", "test", place / "data").texts[3][0] == HOSTILE


def test_both_ends_of_an_answer():
    start = visit(data="xquad-validation", tgt="es", row="4")
    assert "Consistency C, answer start" in html(start)
    assert 'class="edge">⟦' in html(start), "the predicted answer is marked in the context"
    end = visit(data="xquad-validation", tgt="es", row="4", end="end")
    assert "Consistency C, answer end" in html(end)
    listed = visit(data="xquad-validation", tgt="es")
    assert set(listed.dataframe[0].value["Gold"]) == {"the road", "1889"}
    assert "Exact match en · es" in html(listed)


@pytest.fixture
def computed(place, tiny_folder, monkeypatch, tmp_path):
    """A store that a listed tiny checkpoint has computed."""
    listed = tmp_path / "models.toml"
    listed.write_text(
        f'[[model]]\nname = "tiny-nli"\ntitle = "tiny"\nsource = "directory"\nfamily = "bert"\ntask = "nli"\n'
        f'train_language = "en"\nlocation = "{tiny_folder("bert", "nli")}"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("CCTA_CONFIG", str(listed))
    store = tmp_path / "computed"
    words = [
        "run",
        "--dataset",
        "xnli",
        "--model",
        "tiny-nli",
        "--languages",
        "en,es,ar",
        "--limit",
        "3",
        "--seed",
        "4",
    ]
    assert core_command([*words, "--data", str(place / "data"), "--store", str(store), *QUICK]) == 0
    monkeypatch.setenv("CCTA_STORE", str(store))
    return store


def test_with_text_and_model_the_flow_is_there_again(computed):
    reader = open_store(computed).read()
    row = int(reader.values(where=ExampleFilter(target_language="ar"))["row"].iloc[0])
    app = visit(tgt="ar", row=str(row))
    assert "No flow" not in " ".join(said(app))
    assert "Flow between the sentences" in html(app)
    assert len(app.get("plotly_chart")) == 1
    assert [tab.label for tab in app.tabs] == ["All tokens", "Numerical quality", "Settings and versions"]
    assert any(button.label == "Analyse live" for button in app.button)


def test_without_text_the_stored_flow_is_shown_between_numbered_tokens(computed, no_data):
    reader = open_store(computed).read()
    row = int(reader.values(where=ExampleFilter(target_language="ar"))["row"].iloc[0])
    app = visit(tgt="ar", row=str(row))
    assert any("Scores and flow are shown without text." in line and "set CCTA_DATA" in line for line in said(app))
    assert "Flow between the sentences" in html(app)
    (top,) = [frame.value for frame in app.dataframe if "Adds to C" in frame.value.columns]
    example = read_example(reader, next(iter(reader.runs)), row, "en", "ar")
    assert float(top["Adds to C"].sum()) <= example.pairs[0].consistency + 1e-3
    assert all(label.isdigit() for label in top.iloc[:, 0])
    # What is not stored is not offered: similarities where nothing flows, and a live analysis without a text.
    assert not any(group.label == "Matrix" for group in app.get("button_group"))
    assert len(app.get("plotly_chart")) == 1
    assert not any(button.label == "Analyse live" for button in app.button)


def test_without_the_model_the_stored_flow_has_its_tokens(computed, monkeypatch):
    monkeypatch.delenv("CCTA_CONFIG")
    reader = open_store(computed).read()
    row = int(reader.values(where=ExampleFilter(target_language="es"))["row"].iloc[0])
    app = visit(tgt="es", row=str(row))
    assert any("The flow is shown as it is stored. The checkpoint tiny-nli is not listed" in line for line in said(app))
    (top,) = [frame.value for frame in app.dataframe if "Adds to C" in frame.value.columns]
    assert not any(label.isdigit() for label in top.iloc[:, 0])


def test_analyse_live_takes_the_settings_of_the_run_along(computed, monkeypatch):
    opened = []
    monkeypatch.setattr("streamlit.switch_page", lambda page, query_params: opened.append(query_params))
    reader = open_store(computed).read()
    row = int(reader.values(where=ExampleFilter(target_language="ar"))["row"].iloc[0])
    app = visit(tgt="ar", row=str(row))
    assert any("does not offer what the run was computed with: steps 8." in line for line in said(app))
    press(app, "Analyse live")
    (link,) = opened
    draft = recall_texts(link.pop("h"), 0)
    assert (draft.source.language, draft.target.language) == ("en", "ar")
    assert link == {"task": TASKS["nli"].title, "space": SPACE_NAMES["static"], "model": "tiny-nli"}


def test_every_table_of_an_example_is_named_for_screen_readers(computed):
    app = visit(tgt="ar")
    app = visit(tgt="ar", row=str(examples(app)["Row"].iloc[0]))
    under_the_pictures = [table.proto.alt for table in app.dataframe][-4:]
    assert under_the_pictures == [
        "Score and mass of every token, English",
        "Score and mass of every token, Arabic",
        "How well both sides were attributed",
        "Settings and versions",
    ]
    live = {table.proto.alt for table in visits.visit("translation_pair").dataframe}
    assert {"Score and mass of every token, Spanish", "How well both sides were attributed"} <= live
    assert "Top flows: source, target, flow, similarity and what each adds to C" in live and "" not in live


def test_token_files_hold_full_numbers(place):
    reader = open_store(place / "store").read()
    run = next(name for name in reader.runs if "tiny-nli-en" in name)
    example = read_example(reader, run, 7, "en", "es")
    texts = {code: load_rows("xnli", code, "test", place / "data").texts[7] for code in ("en", "es")}
    sides = scored_sides(example, texts)[0]
    opened = results_opened.Opened(example, example.pairs[0], sides, None, "")
    files = example_files(chosen(reader, run, row=7), opened)
    assert [file.name for file in files] == ["xnli-row-7-en-es-tokens-source.csv", "xnli-row-7-en-es-tokens-target.csv"]
    for file, side in zip(files, sides, strict=True):
        table = pd.read_csv(StringIO(file.make().decode("utf-8-sig")))
        assert table["token"].tolist() == [unit.text for unit in side.units]
        assert table["score"].tolist() == pytest.approx(side.scores.tolist(), abs=1e-12)
        assert table["mass"].tolist() == pytest.approx(side.mass.tolist(), abs=1e-12)


def test_a_stored_flow_is_downloaded_with_numbered_tokens():
    reader = open_store(str(SHIPPED_RESULTS)).read()
    run = next(name for name in reader.runs if "paraphrase-en" in name)
    row = int(reader.pair_values("consistency", Scope(runs=(run,)))["row"].iloc[0])
    example = read_example(reader, run, row, "en", "zh")
    opened = results_opened.as_stored(example, 0, None, "It is elsewhere.")
    assert opened.reason == "Scores and flow are shown without text. It is elsewhere."
    wrong = replace(example, pairs=(replace(example.pairs[0], consistency=0.9),))
    spoilt = results_opened.as_stored(wrong, 0, None, "It is elsewhere.")
    assert spoilt.kept is None and spoilt.sides is not None, "flows that are not its own take no scores along"
    assert "the stored flows are of another run. It is elsewhere." in spoilt.reason
    files = {file.label: file.make for file in example_files(chosen(reader, run, row=row, target="zh"), opened)}
    table = pd.read_csv(StringIO(files["Flows (CSV)"]().decode("utf-8-sig")))
    assert table["adds_to_c"].sum() == pytest.approx(example.pairs[0].consistency, rel=1e-3)
    assert set(table["source"]) == set(range(1, example.pairs[0].n_source + 1))
    assert f"C {example.pairs[0].consistency:.3f}" in files["Flow (SVG)"]().decode()
    assert files["Flow (PNG)"]().startswith(b"\x89PNG")


def test_data_sets_come_in_the_catalogues_order_and_english_first(tmp_path, monkeypatch):
    both = ("de", "en")
    for dataset, task in (("paws-x", "paraphrase"), ("xnli", "nli")):
        fill_grid(tmp_path / "store", dataset=dataset, task=task, model=task, trained=both, languages=both)
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit()
    assert list(app.selectbox[0].options) == ["XNLI, test", "PAWS-X, test"]
    assert (app.selectbox[0].value, app.selectbox[1].value) == ("xnli-test", "nli-en")
