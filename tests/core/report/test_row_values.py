"""The paper's tables from a store: the stored values, in the right cells, of one run a cell."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.cli.app import run
from core.data.cells import SPLIT
from core.errors import StoreChoiceError
from core.report.grids import cell_references, stored_grids
from core.report.row_values import StoredRowValues
from core.report.tables import Wanted
from core.store import blocks, open_store
from tests.world.records import ROWS, identity, pair, prediction, records
from tests.world.stores import fill

LANGUAGES = ("en", "es", "zh")


def add(place, language, *, name="tiny-nli", **changes):
    """Write the run of a checkpoint trained in `language`; returns its id."""
    own = identity(checkpoint=f"{name}-{language}", train_language=language, **changes)
    units = [unit for code in LANGUAGES for unit in blocks("predictions", [code], ROWS)]
    units += [unit for code in LANGUAGES for unit in blocks("pairs", [language, code], ROWS)]
    fill(place, units=units, run=own)
    return own.run_id


@pytest.fixture
def place(tmp_path):
    for language in ("zh", "en"):
        add(tmp_path / "store", language)
    return tmp_path / "store"


def values(place, **options):
    return StoredRowValues(open_store(place).read(), **options)


@pytest.mark.parametrize("quantity", ["consistency", "uniform", "shuffled", "mismatched"])
def test_a_grid_of_training_languages_holds_the_stored_values(place, quantity):
    grid = values(place)(Wanted("xnli", quantity, "languages"))
    assert (grid.axes.rows, grid.axes.columns, grid.axes.trained_on) == (("en", "zh"), LANGUAGES, ("en", "zh"))
    assert grid.examples.tolist() == sorted(ROWS)
    for i, source in enumerate(grid.axes.rows):
        for j, target in enumerate(LANGUAGES):
            column = "shuffled_mean" if quantity == "shuffled" else quantity
            expected = [getattr(pair(source, target, row), column) for row in sorted(ROWS)]
            np.testing.assert_array_equal(grid.values[i, j], np.array(expected, dtype=float))


def test_c_and_its_references_are_read_at_once(place):
    wanted = Wanted("xnli", "consistency", "languages")
    found = values(place).comparisons(wanted)
    assert set(found) == {"consistency", "uniform", "shuffled", "mismatched"}
    for quantity, grid in found.items():
        alone = values(place)(replace(wanted, quantity=quantity))
        assert grid.axes == alone.axes
        np.testing.assert_array_equal(grid.values, alone.values)
    assert values(place).comparisons(replace(wanted, data_set="paws-x")) == {}


def test_performance_is_right_or_wrong_of_each_row(place):
    grid = values(place)(Wanted("xnli", "performance", "checkpoints"))
    assert grid.proportion
    assert grid.axes.rows == ("tiny-nli-en", "tiny-nli-zh")
    expected = [[float(prediction(code, row).correct) for row in sorted(ROWS)] for code in LANGUAGES]
    np.testing.assert_array_equal(grid.values[0], expected)


def test_models_are_those_trained_on_english_under_the_papers_names(place):
    add(place, "en", name="xlm-r-base-nli")
    grid = values(place)(Wanted("xnli", "consistency", "models"))
    assert grid.axes.rows == ("tiny-nli-en", "XLM-R-Base")
    assert values(place)(Wanted("paws-x", "consistency", "models")) is None


def test_several_runs_of_a_cell_are_never_mixed(place):
    other = add(place, "en", settings={"steps": 8})
    with pytest.raises(StoreChoiceError, match=r"2 runs of tiny-nli-en .* name one with --run"):
        values(place)(Wanted("xnli", "consistency", "models"))
    one = values(place, runs=(other,))(Wanted("xnli", "consistency", "models"))
    assert one.axes.rows == ("tiny-nli-en",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"settings": {"steps": 8}}, "steps"), ({"split": "validation"}, "split"), ({"seed": 7}, "seed")],
)
def test_checkpoints_with_other_settings_or_data_are_not_rows_of_one_table(place, changes, said):
    other = add(place, "es", **changes)
    for rows in ("checkpoints", "languages"):
        with pytest.raises(StoreChoiceError, match=rf"differ in {said}, .* with --run"):
            values(place)(Wanted("xnli", "consistency", rows))
    alone = values(place, runs=(other,))(Wanted("xnli", "consistency", "checkpoints"))
    assert alone.axes.rows == ("tiny-nli-es",)


def test_a_file_that_is_called_like_a_data_set_is_not_that_data_set(tmp_path):
    own = add(tmp_path / "own", "en", split=SPLIT)
    assert values(tmp_path / "own")(Wanted("xnli", "consistency", "checkpoints")) is None
    assert values(tmp_path / "own", runs=(own,))(Wanted("xnli", "consistency", "checkpoints")) is not None


def test_performance_beside_consistency_is_of_the_same_run(place):
    """`evaluate` keeps its predictions in a run of its own, with other rows."""
    evaluated = identity(checkpoint="tiny-nli-en", settings={"evaluation": "accuracy"})
    fill(place, units=blocks("predictions", ["en"], [0, 1]), run=evaluated)
    grid = values(place)(Wanted("xnli", "performance", "models"))
    assert grid.examples.tolist() == sorted(ROWS)


def test_two_models_with_as_many_languages_must_be_named(place):
    for language in ("en", "zh"):
        add(place, language, name="other-nli")
    with pytest.raises(StoreChoiceError, match="--model: other-nli, tiny-nli"):
        values(place)(Wanted("xnli", "consistency", "languages"))
    grid = values(place, model="other-nli")(Wanted("xnli", "consistency", "languages"))
    assert grid.axes.rows == ("en", "zh")


def test_the_command_prints_our_means_beside_the_papers(place, capsys):
    assert run(["tables", "--store", str(place), "--table", "1", "--format", "json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["rows"][-1] == "tiny-nli-en"
    at = table["columns"].index("es")
    expected = [pair("en", "es", row).consistency for row in ROWS if row != 8]
    assert table["values"][-1][at] == pytest.approx(np.mean(expected))
    assert table["n"][-1][at] == len(expected)
    assert table["paper"]["values"][0][at] == 0.331
    assert run(["tables", "--store", str(place), "--run", "nobody"]) == 2
    assert "has no run nobody" in capsys.readouterr().err


def test_records_of_these_cases_are_complete():
    (unit,) = blocks("pairs", ["en", "es"], ROWS)
    assert {record.row for record in records(unit)} == set(ROWS)


def test_the_grids_of_a_store_are_found_with_their_runs(place):
    spanish = add(place, "es", name="other-nli")
    other = add(place, "en", settings={"steps": 8})
    add(place, "en", dataset="paws-x", name="para")
    reader = open_store(place).read()
    grids = stored_grids(reader)
    assert [(grid.data_set, grid.model, grid.trained_on) for grid in grids] == [
        ("xnli", "tiny-nli", ("en", "zh")),
        ("xnli", "other-nli", ("es",)),
        ("xnli", "tiny-nli", ("en",)),
        ("paws-x", "para", ("en",)),
    ]
    assert grids[1].runs == (spanish,)
    assert grids[2].runs == (other,)
    assert grids[0].group != grids[2].group
    grid = grids[0].row_values(reader)(Wanted("xnli", "consistency", "languages"))
    assert grid.axes.rows == ("en", "zh")


def test_of_two_revisions_of_a_checkpoint_the_newest_run_counts(place):
    newest = add(place, "en", revision="rev2")
    manifest = place / newest / "manifest.json"
    plain = json.loads(manifest.read_text())
    plain["timing"]["updated"] = "2999-01-01T00:00:00+00:00"
    del plain["seal"]
    manifest.write_text(json.dumps(plain))
    (found,) = stored_grids(open_store(place).read())
    assert found.checkpoints["en"] == ("tiny-nli-en", newest)
    assert found.updated.startswith("2999")


def test_references_of_a_cell_are_means_over_its_pairs(place):
    reader = open_store(place).read()
    (grid,) = stored_grids(reader)
    found = cell_references(reader, grid, None)
    assert set(found) == {(source, target) for source in ("en", "zh") for target in LANGUAGES}
    known = [pair("zh", "es", row) for row in ROWS if row != 8]
    cell = found["zh", "es"]
    assert (cell.n, cell.problems) == (5, 1)
    assert cell.shuffled == pytest.approx(np.mean([record.shuffled_mean for record in known]))
    assert cell.uniform == pytest.approx(np.mean([record.uniform for record in known]))
    assert cell.carried == pytest.approx(np.mean([record.carried for record in known]))
    assert cell.mismatched == pytest.approx(0.2)


@pytest.mark.parametrize("quantity", ["consistency", "performance"])
def test_rows_of_one_cluster_are_labelled_so_that_resamples_draw_them_together(place, quantity):
    """Also those of a performance, whose own records name no cluster."""
    grid = values(place)(Wanted("xnli", quantity, "languages"))
    expected = [pair("en", "zh", row).cluster for row in grid.examples.tolist()]
    assert expected.count(None) == 1  # the row with a problem, which names none
    assert grid.clusters.tolist() == [
        row if cluster is None else cluster for row, cluster in zip(grid.examples.tolist(), expected, strict=True)
    ]


def test_without_pairs_every_row_of_a_performance_is_drawn_alone(tmp_path):
    own = identity(checkpoint="tiny-nli-en", train_language="en")
    units = [unit for code in LANGUAGES for unit in blocks("predictions", [code], ROWS)]
    fill(tmp_path / "store", units=units, run=own)
    grid = values(tmp_path / "store")(Wanted("xnli", "performance", "languages"))
    assert grid.clusters.tolist() == grid.examples.tolist()
