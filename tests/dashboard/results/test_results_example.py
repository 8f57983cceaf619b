"""An example opened on the page "Results" as Streamlit runs it, with its text and flow, and without."""

from dataclasses import replace
from functools import partial
from io import StringIO

import pandas as pd
import pytest

from core.cli.app import run as core_command
from core.data.load import load_rows
from core.paths import SHIPPED_RESULTS
from core.report.first_pair import load_first_pair
from core.report.stored_example import read_example, scored_sides
from core.results import PairReport
from core.store import ExampleFilter, Scope, open_store
from dashboard.downloads.singles import single_files
from dashboard.results import opened as results_opened
from dashboard.results.example_files import example_files
from dashboard.shared.drafts import recall_texts
from dashboard.shared.page_actions import EVERYTHING
from tests.world import pages
from tests.world.pages import address, chosen, contents, examples, flows, html, linked, press, stored
from tests.world.pages import said_plainly as said
from tests.world.records import ABSENT_ROW
from tests.world.runs import QUICK
from tests.world.sentences import HOSTILE
from tests.world.tiny import write_catalogue

visit = partial(pages.visit, "results")
pytestmark = pytest.mark.usefixtures("results_served")


def test_an_opened_example_shows_its_c_its_texts_and_its_place(results_folder):
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", row="7")
    values = stored(results_folder, target_language="es").sort_values(["consistency", "row"])
    found = values[values["row"] == 7].iloc[0]
    assert f'<div class="c-num">{found.consistency:.3f}</div>' in html(app)
    assert f"{list(values['row']).index(7) + 1} of 60" in said(app)
    for word in ("boat", "barco", "tarde"):
        assert word in html(app)
    share = (values["consistency"].dropna() < found.consistency).mean()
    assert f"{100 * share:.0f}% of this pair’s examples have a lower C" in html(app)
    assert "tiny-nli-en is not listed" in " ".join(said(app))


def test_previous_and_next_follow_the_filtered_list_and_back_restores_it(results_folder):
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
    assert "does not match the filters" in said(app)


def test_a_row_that_could_not_be_compared_says_why():
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", row=str(ABSENT_ROW))
    why = "Every token of a text has score 0, so there is no importance to compare."
    assert f"C could not be computed for this row: {why}" in said(app)
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", row="999")
    assert any("Row 999 was not compared" in line for line in said(app))


def test_without_text_the_tokens_are_numbered(no_data):
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", row="7")
    assert "boat" not in html(app)
    assert 'aria-label="1, ' in html(app)
    assert any("without text and flow" in line and "set CCTA_DATA" in line for line in said(app))


def test_hostile_text_is_text(results_folder):
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", row="3")
    assert "<img" not in html(app)
    assert "&lt;img" in html(app)
    assert "\u202e" not in html(app)
    lines = list(examples(visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en"))["Source text"])
    assert any("U+202E" in line for line in lines)
    assert not any("\u202e" in line or len(line) > 300 for line in lines)
    assert "\u202e" in load_rows("xnli", "en", "test", results_folder / "data").texts[3][0] == HOSTILE


def test_both_ends_of_an_answer():
    start = visit(data="xquad-validation", tgt="es", row="4")
    assert "Consistency C, answer start" in html(start)
    assert 'class="edge">⟦' in html(start), "the predicted answer is marked in the context"
    end = visit(data="xquad-validation", tgt="es", row="4", end="end")
    assert "Consistency C, answer end" in html(end)
    listed = visit(data="xquad-validation", tgt="es")
    assert set(examples(listed)["Gold"]) == {"the road", "1889"}
    assert "Exact match en · es" in html(listed)


@pytest.fixture(scope="module")
def computed_store(results_folder, tiny_folder, tmp_path_factory):
    """A store of three rows that a tiny checkpoint has computed, and the file that lists the checkpoint."""
    folder = tmp_path_factory.mktemp("computed")
    model = {"name": "tiny-nli", "task": "nli", "train_language": "en", "location": tiny_folder("bert", "nli")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datasets.config.HF_DATASETS_CACHE", folder / "hf")
        patch.setenv("CCTA_CONFIG", str(write_catalogue(folder / "models.toml", [model])))
        patch.setenv("CCTA_CACHE", str(folder / "cache"))
        words = ["run", "--dataset", "xnli", "--model", "tiny-nli", "--languages", "en,es,ar", "--limit", "3"]
        places = ["--data", str(results_folder / "data"), "--store", str(folder / "store")]
        assert core_command([*words, "--seed", "4", *places, *QUICK]) == 0
    return folder


@pytest.fixture
def computed(computed_store, monkeypatch):
    monkeypatch.setenv("CCTA_CONFIG", str(computed_store / "models.toml"))
    monkeypatch.setenv("CCTA_STORE", str(computed_store / "store"))
    return computed_store / "store"


def test_with_text_and_model_the_flow_is_there_again(computed):
    reader = open_store(computed).read()
    row = int(reader.values(where=ExampleFilter(target_language="ar"))["row"].iloc[0])
    app = visit(tgt="ar", row=str(row))
    assert "No flow" not in " ".join(said(app))
    assert "Flow between the sentences" in html(app)
    assert "Transport matrix" in linked(app)["html"]
    assert [tab.label for tab in app.tabs] == ["All tokens", "Numerical quality", "Settings and versions"]
    assert any(button.label == "Analyse live" for button in app.button)


def test_without_text_the_stored_flow_is_shown_between_numbered_tokens(computed, no_data):
    reader = open_store(computed).read()
    row = int(reader.values(where=ExampleFilter(target_language="ar"))["row"].iloc[0])
    app = visit(tgt="ar", row=str(row))
    assert any("without text" in line and "set CCTA_DATA" in line for line in said(app))
    assert "Flow between the sentences" in html(app)
    top = flows(app)
    example = read_example(reader, next(iter(reader.runs)), row, "en", "ar")
    assert float(top["Adds to C"].sum()) == pytest.approx(example.pairs[0].consistency, abs=0.001 * len(top))
    assert all(str(label).isdigit() for label in top.iloc[:, 0])
    # What is not stored is not offered: similarities where nothing flows, and a live analysis without a text.
    assert "data-kind" not in linked(app)["html"]
    assert "Transport matrix" in linked(app)["html"]
    assert not any(button.label == "Analyse live" for button in app.button)


def test_without_the_model_the_stored_flow_has_its_tokens(computed, monkeypatch):
    monkeypatch.delenv("CCTA_CONFIG")
    reader = open_store(computed).read()
    row = int(reader.values(where=ExampleFilter(target_language="es"))["row"].iloc[0])
    app = visit(tgt="es", row=str(row))
    assert any("as it is stored" in line and "tiny-nli is not listed" in line for line in said(app))
    assert not any(label.isdigit() for label in flows(app).iloc[:, 0])


def test_analyse_live_takes_the_settings_of_the_run_along(computed, monkeypatch):
    opened = []
    monkeypatch.setattr("streamlit.switch_page", lambda page, query_params: opened.append(query_params))
    reader = open_store(computed).read()
    row = int(reader.values(where=ExampleFilter(target_language="ar"))["row"].iloc[0])
    app = visit(tgt="ar", row=str(row))
    assert any("does not offer" in line and "steps 8." in line for line in said(app))
    press(app, "Analyse live")
    (link,) = opened
    draft = recall_texts(link.pop("h"), 0)
    assert (draft.source.language, draft.target.language) == ("en", "ar")
    assert link == {"task": "nli", "space": "static", "level": "token", "model": "tiny-nli"}


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
    pair_page = pages.visit("translation_pair")
    live = {table.proto.alt for table in pair_page.dataframe}
    assert {"Score and mass of every token, Spanish", "How well both sides were attributed"} <= live
    assert "" not in live and 'aria-label="Largest flows"' in linked(pair_page)["html"]


def test_token_files_hold_full_numbers(results_folder):
    reader = open_store(results_folder / "store").read()
    run = next(name for name in reader.runs if "tiny-nli-en" in name)
    example = read_example(reader, run, 7, "en", "es")
    texts = {code: load_rows("xnli", code, "test", results_folder / "data").texts[7] for code in ("en", "es")}
    sides = scored_sides(example, texts)[0]
    opened = results_opened.Opened(example, example.pairs[0], sides, None, "")
    files = example_files(chosen(reader, run, row=7), opened)
    assert [file.name for file in files] == ["xnli-row-7-en-es-tokens-source.csv", "xnli-row-7-en-es-tokens-target.csv"]
    for file, side in zip(files, sides, strict=True):
        table = pd.read_csv(StringIO(file.make().decode("utf-8-sig")))
        assert table["token"].tolist() == [unit.text for unit in side.units]
        assert table["score"].tolist() == pytest.approx(side.scores.tolist(), abs=1e-12)
        assert table["mass"].tolist() == pytest.approx(side.mass.tolist(), abs=1e-12)


def test_an_example_that_is_computed_anew_offers_the_files_of_the_pair_page():
    reader = open_store(str(SHIPPED_RESULTS)).read()
    run = next(name for name in reader.runs if "nli-en" in name)
    (analysis,) = load_first_pair()[0].analyses.values()
    opened = results_opened.Opened(None, None, (analysis.source, analysis.target), analysis, "")
    files = example_files(chosen(reader, run, row=7), opened)
    assert files[0].label == EVERYTHING
    single = single_files(PairReport((analysis,)), "light")
    assert [file.label for file in files[1:]] == list(single)
    held = contents(files[0].make())
    assert set(single) <= set(held), "what is offered alone is in the zip"


def test_a_stored_flow_is_downloaded_with_numbered_tokens():
    reader = open_store(str(SHIPPED_RESULTS)).read()
    run = next(name for name in reader.runs if "paraphrase-en" in name)
    row = int(reader.pair_values("consistency", Scope(runs=(run,)))["row"].iloc[0])
    example = read_example(reader, run, row, "en", "zh")
    opened = results_opened.as_stored(example, 0, None, "It is elsewhere.")
    assert "without text" in opened.reason and opened.reason.endswith(" It is elsewhere.")
    wrong = replace(example, pairs=(replace(example.pairs[0], consistency=0.9),))
    spoilt = results_opened.as_stored(wrong, 0, None, "It is elsewhere.")
    assert spoilt.kept is None and spoilt.sides is not None, "flows that are not its own take no scores along"
    assert "of another run" in spoilt.reason and spoilt.reason.endswith(" It is elsewhere.")
    files = {file.label: file.make for file in example_files(chosen(reader, run, row=row, target="zh"), opened)}
    table = pd.read_csv(StringIO(files["Flows (CSV)"]().decode("utf-8-sig")))
    assert table["adds_to_c"].sum() == pytest.approx(example.pairs[0].consistency, rel=1e-3)
    tokens = pd.read_csv(StringIO(files["Tokens, English (CSV)"]().decode("utf-8-sig")))
    assert set(table["source"]) == set(tokens["token"]) == set(range(1, example.pairs[0].n_source + 1))
    assert f"C {example.pairs[0].consistency:.3f}" in files["Flow (SVG)"]().decode()
    assert files["Flow (PNG)"]().startswith(b"\x89PNG")


def test_back_leads_to_the_pair_and_page_that_it_came_from():
    app = visit(data="xnli-test", tgt="es", ckpt="tiny-nli-en", sort="gold", page="2")
    rows = list(examples(app)["Row"])
    app = visit(data="xnli-test", src="en", tgt="es", ckpt="tiny-nli-en", sort="gold", page="2", row=str(rows[3]))
    app.sidebar.selectbox(key="results-pair").set_value("en-ar")
    pages.checked(app.run())
    assert (address(app)["tgt"], address(app)["from"]) == ("ar", "en-es")
    press(app, "← Examples")
    assert (address(app)["tgt"], address(app)["page"], address(app)["sort"]) == ("es", "2", "gold")
    assert not {"row", "from"} & set(address(app))
    assert list(examples(app)["Row"]) == rows
