"""Questions to a store, against pandas on the same records."""

from dataclasses import asdict
from threading import Thread

import numpy as np
import pandas as pd
import pytest

from core.errors import OptionError, StoreError
from core.store import SORTS, ExampleFilter, PairRecord, Scope, WorkUnit, open_store
from core.store.compact import compact
from core.store.layout import KINDS, TEXT_KINDS
from tests.world.records import ROWS, identity, pair, prediction, records
from tests.world.stores import fill, plan

LANGUAGES = ("en", "es", "zh")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two checkpoints, half of it compacted, in a folder whose name is a pattern."""
    folder = tmp_path_factory.mktemp("reading") / "a [store] *?"
    fill(folder)
    compact(open_store(folder))
    return fill(folder, run=identity(checkpoint="tiny-nli-es", train_language="es"))


@pytest.fixture(scope="module")
def truth():
    """All pairs as written."""
    rows = [
        asdict(pair("en", target, row))
        | {"source_language": "en", "target_language": target, "checkpoint": checkpoint, "dataset": "xnli"}
        for checkpoint in ("tiny-nli-en", "tiny-nli-es")
        for target in LANGUAGES
        for row in ROWS
    ]
    return pd.DataFrame(rows)


def test_the_grid_holds_means_with_their_n(store, truth):
    grid = store.read().grid()
    expected = truth.groupby(["checkpoint", "source_language", "target_language"], as_index=False)
    assert grid["n"].tolist() == [len(ROWS) - 1] * 6
    assert grid["problems"].tolist() == [1] * 6
    for name in ("consistency", "uniform", "shuffled_mean", "shuffled_percentile", "mismatched"):
        assert grid[name].tolist() == pytest.approx(expected[name].mean()[name].tolist(), abs=1e-15)
    assert grid["sd"].tolist() == pytest.approx(expected["consistency"].std()["consistency"].tolist())
    assert list(zip(grid["checkpoint"], grid["target_language"], strict=True)) == [
        (checkpoint, language) for checkpoint in ("tiny-nli-en", "tiny-nli-es") for language in LANGUAGES
    ]


def test_performance_is_that_of_the_rows_asked_for(store):
    reader = store.read()
    scope = Scope(checkpoints=("tiny-nli-en",))
    for rows in (None, [1, 2, 13]):
        found = reader.performance(scope, rows=rows)
        expected = [np.mean([prediction(language, row).correct for row in rows or ROWS]) for language in LANGUAGES]
        assert found["language"].tolist() == list(LANGUAGES)
        assert found["accuracy"].tolist() == pytest.approx(expected)
        assert found["n"].tolist() == [len(rows or ROWS)] * 3
        assert found["f1"].isna().all()


CONDITIONS = [
    (ExampleFilter(), lambda t: t.row >= 0),
    (ExampleFilter(target_language="zh"), lambda t: t.target_language == "zh"),
    (ExampleFilter(source_language="es"), lambda t: t.row < 0),
    (
        ExampleFilter(source_correct=True, target_correct=False),
        lambda t: t.source_correct.eq(True) & t.target_correct.eq(False),
    ),
    (ExampleFilter(same_prediction=True), lambda t: t.same_prediction.eq(True)),
    (ExampleFilter(consistency=(0.25, 0.75)), lambda t: t.consistency.between(0.25, 0.75)),
    (ExampleFilter(lengths=(10, 30)), lambda t: t[["n_source", "n_target"]].max(axis=1).between(10, 30)),
    (ExampleFilter(rows=[2, 8, 4000]), lambda t: t.row.isin([2, 8])),
    (ExampleFilter(rows=[]), lambda t: t.row < 0),
    (ExampleFilter(end="start"), lambda t: t.row < 0),
]


@pytest.mark.parametrize(("where", "holds"), CONDITIONS)
def test_a_page_is_filtered_sorted_and_counted(store, truth, where, holds):
    expected = truth[holds(truth)].sort_values(
        ["consistency", "row", "target_language", "checkpoint"], na_position="last"
    )
    reader = store.read()
    page = reader.examples(where=where, limit=7)
    assert page.total == len(expected)
    columns = ["row", "target_language", "checkpoint"]
    assert page.frame[columns].values.tolist() == expected[columns].head(7).values.tolist()
    rest = reader.examples(where=where, limit=50, offset=7).frame
    assert rest[columns].values.tolist() == expected[columns].iloc[7:57].values.tolist()


def sorted_by(frame, sort):
    above, attainable = (frame[name] - frame["shuffled_mean"] for name in ("consistency", "carried"))
    if sort == "share of attainable":
        return (above / attainable).where(attainable >= 2 * frame["shuffled_sd"])
    return above if sort == "above shuffled" else frame[sort]


def test_every_sort_orders_both_ways_with_unknown_values_last(store):
    reader = store.read()
    for sort in SORTS:
        for descending in (False, True):
            frame = reader.examples(sort=sort, descending=descending).frame
            values = sorted_by(frame, sort)
            known = values.dropna()
            assert known.tolist() == sorted(known, reverse=descending)
            assert values[len(known) :].isna().all()
    with pytest.raises(OptionError, match="cannot be sorted by 'row; DROP'"):
        reader.examples(sort="row; DROP")


def test_a_histogram_counts_every_value_once_with_one_in_the_last_bin(tmp_path):
    run = (store := open_store(tmp_path, create=True)).run(identity())
    values = [0.0, 0.1, 0.24999, 0.25, 0.5, 0.99, 1.0, None, -1e-17]
    unit = WorkUnit("pairs", ("en", "es"), tuple(range(len(values))))
    run.write(unit, [PairRecord(row, 3, 3, value) for row, value in enumerate(values)])
    histogram = store.read().histogram(bins=4)
    assert histogram["n"].tolist() == [4, 1, 1, 2]
    assert histogram["low"].tolist() == [0.0, 0.25, 0.5, 0.75]
    assert histogram["high"].tolist() == [0.25, 0.5, 0.75, 1.0]


def test_coverage_counts_rows_of_every_kind(store):
    coverage = store.read().coverage()
    assert len(coverage) == 2 * 3 * len(KINDS)
    assert set(coverage["rows"]) == {len(ROWS)}
    pairs = coverage[coverage["kind"] == "pairs"]
    assert set(pairs["source_language"]) == {"en"}
    assert set(coverage[coverage["kind"].isin(TEXT_KINDS)]["target_language"]) == {""}


def test_problems_name_the_rows_that_could_not_be_computed(store):
    found = store.read().problems("pairs", Scope(checkpoints=("tiny-nli-es",)))
    assert found[["target_language", "row", "problem"]].values.tolist() == [
        [language, 8, "DegenerateMassError"] for language in LANGUAGES
    ]


def test_values_are_the_rows_behind_a_mean(store, truth):
    scope, where = Scope(checkpoints=("tiny-nli-en",)), ExampleFilter(target_language="es")
    found = store.read().values(scope, where)
    expected = truth[(truth.checkpoint == "tiny-nli-en") & (truth.target_language == "es")]
    assert found["row"].tolist() == list(ROWS)
    assert found["consistency"].dropna().tolist() == expected["consistency"].dropna().tolist()


def test_free_sql_sees_all_three_kinds(store):
    found = store.read().sql(
        "SELECT p.row, len(a.scores) AS n FROM pairs p JOIN attributions a ON a.run = p.run AND a.row = p.row "
        "AND a.language = p.target_language JOIN predictions q ON q.run = p.run AND q.row = p.row "
        "AND q.language = p.target_language WHERE p.target_language = 'zh'"
    )
    assert len(found) == 2 * len(ROWS)
    with pytest.raises(StoreError, match=r"cannot answer: .*nonsense"):
        store.read().sql("SELECT nonsense FROM pairs")


def test_runs_with_other_settings_are_never_mixed(tmp_path):
    first, second = identity(), identity(settings={"steps": 50})
    fill(tmp_path)
    reader = fill(tmp_path, run=second).read()
    with pytest.raises(StoreError, match="holds 2 runs of tiny-nli-en on xnli test") as error:
        reader.grid()
    assert first.run_id in str(error.value) and second.run_id in str(error.value)
    assert set(reader.grid(Scope(runs=(first.run_id,)))["run"]) == {first.run_id}
    assert set(reader.grid(Scope(group=second.group))["run"]) == {second.run_id}
    assert reader.grid(Scope(dataset="xquad")).empty


def test_an_evaluation_beside_a_run_leaves_its_grid_alone(tmp_path):
    fill(tmp_path)
    only = [unit for unit in plan() if unit.kind == "predictions"]
    reader = fill(tmp_path, units=only, run=identity(settings={})).read()
    assert len(reader.grid()) == 3
    with pytest.raises(StoreError, match="name one of"):
        reader.performance()


def test_a_reader_shows_a_moment_until_it_is_refreshed(tmp_path):
    store = fill(tmp_path, units=plan(rows=(0, 1)))
    reader = store.read()
    fill(tmp_path)
    assert reader.grid()["n"].tolist() == [2, 2, 2]
    reader.refresh()
    assert reader.grid()["n"].tolist() == [len(ROWS) - 1] * 3


def test_a_reader_survives_a_compaction_behind_its_back(tmp_path):
    store = fill(tmp_path)
    reader = store.read()
    before = reader.grid()
    assert compact(open_store(tmp_path)).after == len(KINDS)
    assert reader.grid().equals(before)
    assert reader.notices == ()


def test_threads_may_share_a_reader(store):
    reader, found = store.read(), []
    expected = reader.grid()
    threads = [Thread(target=lambda: found.extend(reader.grid() for _ in range(5))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert all(grid.equals(expected) for grid in found)


def test_an_empty_store_answers_with_empty_frames(tmp_path):
    reader = open_store(tmp_path).read()
    assert reader.grid().empty and reader.performance().empty and reader.coverage().empty
    assert reader.examples().total == 0
    assert reader.histogram()["n"].sum() == 0
    assert reader.runs == {}
    assert records(plan()[0])


def test_one_column_is_read_by_itself(tmp_path):
    reader = fill(tmp_path / "store").read()
    found, key = reader.pair_values("consistency"), ["source_language", "target_language", "row"]
    assert isinstance(found["target_language"].dtype, pd.CategoricalDtype)
    as_text = found.astype({"source_language": str, "target_language": str}).set_index(key)["value"].sort_index()
    expected = reader.values().set_index(key)["consistency"].sort_index()
    pd.testing.assert_series_equal(as_text, expected, check_names=False)
    right = reader.prediction_values("correct").set_index(["language", "row"])["value"]
    assert {row: right["es", row] for row in ROWS} == {row: float(prediction("es", row).correct) for row in ROWS}
    with pytest.raises(OptionError, match="no numeric column 'problem'"):
        reader.pair_values("problem")
    with pytest.raises(OptionError, match="no numeric column 'answer'"):
        reader.prediction_values("answer")
