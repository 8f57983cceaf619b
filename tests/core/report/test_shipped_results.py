"""The shipped results: complete, without anybody's text, and what the shipped checkpoints give."""

import itertools
import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.cli.app import run
from core.data.catalogue import DATASETS
from core.data.local import local_rows
from core.models.catalogue import find_model
from core.models.identity import earlier_revision_of
from core.models.loader import load_model
from core.paths import SHIPPED_RESULTS, data_folder
from core.report.grids import stored_grids
from core.report.paper import paper_table
from core.report.stored_example import read_example, rebuild, scored_sides, stored_flow
from core.report.tables import consistency_grid, ranked
from core.store import Scope, open_store
from core.store.check import check
from core.store.layout import KINDS

README = SHIPPED_RESULTS / "README.md"
RUNS = sorted(path.parent.name for path in SHIPPED_RESULTS.glob("*/manifest.json"))
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def store():
    return open_store(str(SHIPPED_RESULTS))


@pytest.fixture(scope="module")
def reader(store):
    return store.read()


def test_nothing_is_damaged_and_the_hash_is_the_documented_one(store):
    report = check(store)
    assert report.notices == ()
    assert f"`{report.total.hash}`" in README.read_text(encoding="utf-8")


def test_no_text_is_published():
    local = {name for kind in KINDS.values() for name in kind.local}
    shards = sorted(SHIPPED_RESULTS.rglob("*.parquet"))
    assert shards
    assert all(not local & set(pq.read_schema(path).names) for path in shards)
    assert sum(path.stat().st_size for path in shards) < 64 * MEGABYTE


@pytest.mark.parametrize("run", RUNS)
def test_a_run_compares_its_training_language_with_every_language_on_the_same_rows(reader, run):
    identity = reader.runs[run].identity
    values = reader.pair_values("consistency", Scope(runs=(run,)))
    of_training_language = values[values["source_language"] == identity.train_language]
    rows = of_training_language.groupby("target_language", observed=True)["row"].agg(
        lambda rows: tuple(sorted(set(rows)))
    )
    assert identity.train_language in rows.index
    assert len(set(rows)) == 1
    assert len(rows.iloc[0]) >= 50
    own = of_training_language[of_training_language["target_language"] == identity.train_language]
    assert own["value"].sub(1).abs().max() < 1e-9


@pytest.mark.parametrize("run", RUNS)
def test_a_run_compares_every_two_other_languages_once(reader, run):
    trained = reader.runs[run].identity.train_language
    values = reader.pair_values("consistency", Scope(runs=(run,)))
    others = values[values["source_language"] != trained]
    rows = others.groupby(["source_language", "target_language"], observed=True)["row"].agg(
        lambda rows: tuple(sorted(set(rows)))
    )
    languages = sorted({code for pair in rows.index for code in pair})
    assert len(languages) >= 5
    assert list(rows.index) == list(itertools.combinations(languages, 2))
    assert len(set(rows)) == 1
    assert set(rows.iloc[0]) <= set(values.loc[values["source_language"] == trained, "row"])


def test_every_pair_has_the_flows_that_its_consistency_is_the_sum_of(reader):
    found = reader.sql(
        "SELECT consistency, list_dot_product(masses, similarities) AS summed, list_sum(masses) AS moved, "
        "len(masses) - n_source - n_target AS beyond FROM pairs LEFT JOIN flows "
        'USING (run, source_language, target_language, row, "end") WHERE consistency IS NOT NULL'
    )
    assert len(found) == len(reader.pair_values("consistency").dropna())
    np.testing.assert_allclose(found["summed"], found["consistency"], rtol=2**-10)
    assert found["moved"].max() < 1 + 2**-10
    assert found["beyond"].max() < 0, "an optimal plan has fewer flows than tokens"


@pytest.mark.parametrize("run", [run if "-en-" in run else pytest.param(run, marks=pytest.mark.slow) for run in RUNS])
def test_a_run_is_of_the_checkpoint_that_is_shipped(reader, run, embedded_model):
    """The text of a row, the checkpoint and its space give the stored C again; `rebuild` raises where they do not."""
    if data_folder() is None:
        pytest.skip("the data sets are not on this computer (CCTA_DATA)")
    identity = reader.runs[run].identity
    assert identity.revision == earlier_revision_of(find_model(identity.checkpoint))
    values = reader.pair_values("consistency", Scope(runs=(run,)))
    picked = values[values["target_language"] != identity.train_language].sort_values("row").iloc[0]
    example = read_example(reader, run, int(picked["row"]), picked["source_language"], picked["target_language"])
    texts = {side.language: local_rows(identity, side.language) for side in (example.source, example.target)}
    fields = {language: rows.texts[rows.rows.index(example.row)] for language, rows in texts.items()}
    analyses = rebuild(example, load_model(identity.checkpoint, device="cpu"), fields)
    assert len(analyses) == (2 if identity.task == "qa" else 1)
    for at, (analysis, sides) in enumerate(zip(analyses, scored_sides(example, None), strict=True)):
        kept = stored_flow(example, sides, at)
        assert kept is not None
        np.testing.assert_allclose(kept.transport.plan, analysis.transport.plan, rtol=2**-9, atol=1e-5)


@pytest.mark.parametrize(
    ("data_set", "trained_in"), [("xnli", "en es de fr zh ar tr vi"), ("paws-x", "en de es fr ko zh")]
)
def test_every_training_language_of_a_grid_is_ranked_on_the_same_rows(reader, data_set, trained_in):
    (grid,) = [grid for grid in stored_grids(reader) if grid.data_set == data_set]
    found = ranked(consistency_grid(grid.row_values(reader), data_set))
    assert set(found.ranking(diagonal=True)) == set(trained_in.split()) == set(found.summary.axes.columns)
    assert (found.summary.n == 100).all()
    assert found.first.shares.sum() == pytest.approx(1)


def test_english_xnli_has_two_hundred_rows_in_the_papers_thirteen_languages(reader):
    (grid,) = [grid for grid in stored_grids(reader) if grid.data_set == "xnli"]
    values = reader.pair_values("consistency", Scope(runs=(grid.checkpoints["en"][1],)))
    counted = values.groupby("target_language")["row"].nunique()
    assert counted.to_dict() == dict.fromkeys(DATASETS["xnli"].languages, 200)


def test_table_5_of_the_shipped_results_holds_their_means(reader, capsys):
    assert (
        run(["tables", "--table", "5", "--format", "json", "--store", str(SHIPPED_RESULTS), "--resamples", "20"]) == 0
    )
    table = json.loads(capsys.readouterr().out)
    languages = ["en", "de", "es", "fr", "ko", "zh"]
    assert (table["rows"], table["columns"]) == (languages, languages)
    (grid,) = [grid for grid in stored_grids(reader) if grid.data_set == "paws-x"]
    stored = reader.pair_values("consistency", Scope(runs=grid.runs))
    trained_on = stored["run"].map({run: reader.runs[run].identity.train_language for run in grid.runs})
    stored = stored[stored["source_language"].astype(str) == trained_on.astype(str)]
    means = stored.groupby(["source_language", "target_language"])["value"].mean().unstack()
    ours = np.array(table["values"])
    np.testing.assert_allclose(ours, means.loc[languages, languages], atol=1e-9)
    np.testing.assert_array_equal(np.diag(ours), 1)
    np.testing.assert_allclose(table["overall"], ours.mean(axis=1))
    paper = paper_table("5")
    np.testing.assert_array_equal(table["paper"]["values"], paper.values)
