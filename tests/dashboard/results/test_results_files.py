"""What the list of the page "Results" offers for download."""

from io import StringIO

import pandas as pd
import pytest

from core.data.load import load_rows
from core.report.pair_summary import summarise_pairs
from core.store import ExampleFilter, open_store
from dashboard.figures.distribution import distribution_chart
from dashboard.figures.numbers import MINUS, NO_BREAK
from dashboard.figures.words.headline import headline_html
from dashboard.results import files as results_files
from dashboard.results.choices import ResultsChoice
from dashboard.results.list import example_table
from dashboard.results.overview import MISMATCHED, pair_summary
from dashboard.shared.examples.texts import LocalText, Texts
from dashboard.shared.store import Results
from tests.world.pages import svg_texts
from tests.world.records import ABSENT_ROW
from tests.world.sentences import LONG, write_shown
from tests.world.stores import fill_nli


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datasets.config.HF_DATASETS_CACHE", folder / "hf")
        data = write_shown(folder / "data", copies=2)
        fill_nli(folder / "store", data, trained=("en",), rows=range(12))
        yield folder


@pytest.fixture
def results(place):
    reader = open_store(place / "store").read()
    return Results(str(place / "store"), reader.version, reader)


@pytest.fixture
def choice(results):
    (run,) = results.runs
    pair = ExampleFilter("en", "es", end="")
    return ResultsChoice(run, results.runs[run].identity, "en", "es", "", pair, pair, "", 0, "below", 1, None)


@pytest.fixture
def texts(place, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", place / "hf")
    return Texts({code: LocalText(load_rows("xnli", code, "test", place / "data")) for code in ("en", "es")})


def examples(results, choice, texts):
    file = results_files.list_files(results, choice, texts, pair_summary(results, choice), None)[0]
    return file, pd.read_csv(StringIO(file.make().decode("utf-8-sig")))


def test_the_examples_are_whole_with_every_reference_and_both_predictions(results, choice, texts):
    file, table = examples(results, choice, texts)
    assert file.label == "Examples (CSV)"
    page = results.reader.examples(choice.scope, choice.where, sort="above shuffled")
    assert table["row"].tolist() == page.frame["row"].tolist(), "in the order shown"
    stored, table = page.frame.set_index("row"), table.set_index("row")
    for ours, theirs in {
        "consistency": "consistency",
        "shuffled": "shuffled_mean",
        "percentile": "shuffled_percentile",
        "equal": "uniform",
        "mismatched": "mismatched",
    }.items():
        assert table[ours].dropna().tolist() == pytest.approx(stored[theirs].dropna().tolist(), abs=1e-15)
    assert table["above_shuffled"].dropna().is_monotonic_increasing
    assert table.loc[4, "text_en"] == f"{LONG} ⊥ it is long"
    assert table.loc[10, "text_es"] == f"{LONG} ⊥ es largo"
    predictions = results.reader.predictions(choice.run, rows=[7], languages=["es"])["es", 7]
    assert (table.loc[7, "predicted_es"], table.loc[7, "right_es"]) == (predictions.predicted, predictions.correct)
    assert table.loc[7, "gold"] == predictions.gold
    assert table.loc[ABSENT_ROW, "problem"] == "DegenerateMassError"


def test_without_the_data_set_the_numbers_are_there(results, choice):
    _, table = examples(results, choice, Texts({}, "not here"))
    assert not [name for name in table.columns if name.startswith("text")]
    assert len(table) == 12


def test_rows_that_are_left_out_are_said_on_the_button(results, choice, texts, monkeypatch):
    monkeypatch.setattr(results_files, "MOST_ROWS_IN_A_FILE", 5)
    file, table = examples(results, choice, texts)
    assert file.label == "Examples, the first 5 of 12 (CSV)"
    assert len(table) == 5


def test_the_table_on_the_page_writes_a_true_minus(results, choice):
    frame = results.reader.examples(choice.scope, choice.where, sort="above shuffled").frame
    frame = frame.assign(shuffled_mean=frame["consistency"] + 0.0441)
    shown = example_table(results, choice, Texts({}, "not here"), frame)[f"{MINUS} shuffled"]
    assert set(shown) == {f"{MINUS}0.044", "–"}


def test_the_distribution_as_a_file_says_whose_it_is_and_what_its_axes_count(results, choice, texts):
    histogram, mismatched = (
        results.histogram(choice.scope, choice.pair, of=of) for of in ("consistency", "mismatched")
    )
    summary = pair_summary(results, choice)
    shown = histogram, mismatched, {"mean": summary.consistency.value}
    made = {file.name: file.make for file in results_files.list_files(results, choice, texts, summary, shown)}
    (svg,) = [make() for name, make in made.items() if name.endswith("distribution.svg")]
    lines = svg_texts(svg)
    assert {"Distribution of C, English → Spanish", f"{choice.identity.checkpoint}, XNLI test"} <= set(lines)
    assert {"Consistency C", "Examples", f"{summary.consistency.n} examples", MISMATCHED} <= set(lines)
    page = distribution_chart(*shown).to_dict()
    assert not {"Consistency C", "Examples"} & {layer["encoding"]["x"]["axis"]["title"] for layer in page["layer"][:1]}
    assert page["layer"][0]["encoding"]["y"]["axis"] is None, "the page's head says it"


def test_a_reference_has_its_own_n(results, choice):
    pairs = results.reader.values(choice.scope, choice.pair)
    some = pairs["consistency"].notna() & (pairs["row"] < 5)
    fewer = pairs.assign(mismatched=pairs["mismatched"].fillna(0.3).where(some))
    summary = summarise_pairs(fewer)
    assert summary.references["mismatched"].n == some.sum() < summary.consistency.n
    table = results_files.summary_frame(summary, choice).set_index("Figure")["n"]
    assert table["Mismatched translation"] == str(some.sum()) and table["Mean C"] == str(summary.consistency.n)
    words = headline_html(summary, "en", "es").replace(NO_BREAK, " ").split("Mismatched translation")[1]
    assert f"% n = {some.sum()}" in words
    whole = headline_html(summarise_pairs(pairs.assign(mismatched=0.3)), "en", "es").replace(NO_BREAK, " ")
    assert "% n = " not in whole, "said only where it is not C's own"
