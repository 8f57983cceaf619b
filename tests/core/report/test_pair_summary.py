"""The figures of a language pair against plain NumPy, and the reader's questions behind the page of examples."""

from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest

from core.errors import OptionError
from core.report import pair_summary
from core.report.pair_summary import share_below, summarise_pairs
from core.report.paper import paper_consistency
from core.statistics import estimate_mean, resampling
from core.store import ExampleFilter, Scope
from tests.world.records import ROWS, identity, pair
from tests.world.stores import fill


@pytest.fixture
def reader(tmp_path):
    return fill(tmp_path / "store").read()


SPANISH = ExampleFilter(source_language="en", target_language="es", end="")


def test_the_figures_are_the_means_of_the_rows(reader):
    found = summarise_pairs(reader.values(where=SPANISH))
    records = [pair("en", "es", row) for row in ROWS if row != 8]
    c = np.array([record.consistency for record in records])
    assert found.consistency.value == pytest.approx(c.mean())
    assert (found.consistency.n, found.problems) == (5, 1)
    assert found.references["uniform"].mean == pytest.approx(np.mean([record.uniform for record in records]))
    assert found.references["uniform"].lower == np.mean([record.consistency > record.uniform for record in records])
    assert found.source_correct.value == pytest.approx(np.mean([record.source_correct for record in records]))
    flags = [record.source_correct for record in records] + [None]
    assert found.source_correct == estimate_mean([float(flag) for flag in flags if flag is not None], proportion=True)
    assert share_below(reader.values(where=SPANISH)["consistency"], float(np.median(c))) == pytest.approx(0.4)


def test_c_is_compared_with_equal_and_with_carried_over_importance(reader):
    frame = reader.values(where=SPANISH)
    found = summarise_pairs(frame)
    known = frame.dropna(subset=["consistency"])
    difference = known["consistency"] - known["uniform"]
    assert found.minus_equal.value == pytest.approx(difference.mean())
    assert found.minus_equal.n == found.references["carried"].n == 5
    assert found.minus_equal.low < found.minus_equal.value < found.minus_equal.high
    above, attainable = ((known[name] - known["shuffled_mean"]).mean() for name in ("consistency", "carried"))
    assert found.share_of_attainable.value == pytest.approx(above / attainable), "a ratio of means"
    nothing = frame.assign(carried=frame["shuffled_mean"])
    assert summarise_pairs(nothing).share_of_attainable is None, "chance leaves nothing to attain"
    old = summarise_pairs(frame.assign(carried=np.nan))
    assert (old.minus_equal, old.share_of_attainable) == (None, None)


def test_rows_of_one_cluster_are_drawn_together(reader):
    frame = reader.values(where=SPANISH)
    once = frame.assign(cluster=frame["row"])
    copies = pd.concat([once.assign(row=once["row"] + 1000 * copy) for copy in range(20)])
    apart, together = summarise_pairs(copies.assign(cluster=copies["row"])), summarise_pairs(copies)
    narrow, wide = ((found.minus_equal.high - found.minus_equal.low) for found in (apart, together))
    assert wide > 3 * narrow, "copies of an example are no evidence"
    assert wide == pytest.approx(summarise_pairs(once).minus_equal.high - summarise_pairs(once).minus_equal.low)


def test_without_predictions_or_a_mismatch_there_is_no_such_figure(reader):
    bare = reader.values(where=SPANISH).assign(source_correct=None, same_prediction=None, mismatched=np.nan)
    found = summarise_pairs(bare)
    assert (found.source_correct.n, found.same_prediction.n) == (0, 0)
    assert "mismatched" not in found.references


def test_outcomes_and_source_lengths_filter(reader):
    whole = reader.values(where=SPANISH)
    wanted = ((True, False), (False, True))
    mixed = reader.values(where=ExampleFilter(source_language="en", target_language="es", outcomes=wanted))
    expected = whole[whole["source_correct"] != whole["target_correct"]]
    assert list(mixed["row"]) == list(expected.dropna(subset=["source_correct"])["row"])
    none = ExampleFilter(source_language="en", target_language="es", outcomes=())
    assert reader.examples(where=none).total == 0
    short = reader.values(where=ExampleFilter(source_language="en", target_language="es", source_lengths=(3, 20)))
    assert list(short["row"]) == list(whole[whole["n_source"].between(3, 20)]["row"])


@pytest.mark.parametrize("descending", [False, True])
def test_a_rows_place_is_that_of_the_list(reader, descending):
    rows = list(reader.examples(where=SPANISH, descending=descending).frame["row"])
    for at, row in enumerate(rows):
        place = reader.place(row, Scope(), SPANISH, descending=descending)
        assert (place.position, place.total) == (at + 1, len(rows))
        assert place.previous == (rows[at - 1] if at else None)
        assert place.next == (rows[at + 1] if at + 1 < len(rows) else None)
    assert reader.place(77, Scope(), SPANISH) is None
    with pytest.raises(OptionError):
        reader.place(0, Scope(), SPANISH, sort="1; DROP TABLE pairs")


def test_pairs_come_back_as_they_were_written(reader):
    found = reader.pairs(identity().run_id, ("en", "zh"), rows=[5, 8])
    assert found == {(row, ""): pair("en", "zh", row) for row in (5, 8)}


def test_a_histogram_of_mismatched_translations(reader):
    counted = reader.histogram(where=SPANISH, of="mismatched")
    assert counted.loc[counted["n"] > 0, ["low", "n"]].to_numpy().tolist() == [[0.2, 5]]


def test_the_version_changes_with_the_store(tmp_path):
    store = fill(tmp_path / "store")
    first, again = store.read(), store.read()
    assert first.version == again.version
    fill(tmp_path / "store", run=identity(seed=1))
    assert first.version == again.version, "a reader looks at one moment"
    again.refresh()
    assert first.version != again.version


def test_the_papers_value_is_that_of_its_tables():
    assert paper_consistency("xnli", "en", "es")["XLM-R-Base"] == 0.33
    assert paper_consistency("xquad", "en", "es", "start")["mBERT"] == 0.414
    assert paper_consistency("paws-x", "de", "fr") == {"XLM-R-Base": 0.504}
    assert paper_consistency("xnli", "es", "en") == {}


def test_frames_without_any_pair_have_no_share():
    assert np.isnan(share_below(pd.Series([np.nan]), 0.5))


def test_with_many_examples_the_intervals_are_those_of_the_bootstrap(monkeypatch):
    """Clusters of two rows share half of their variance; with as many as are bootstrapped, resamples are drawn."""
    rng, n = np.random.default_rng(0), 4_000
    shared = np.repeat(rng.normal(size=n // 2), 2)
    values = {
        name: centre + 0.05 * (shared + rng.normal(size=n))
        for name, centre in (("consistency", 0.4), ("shuffled_mean", 0.3), ("uniform", 0.38), ("carried", 0.5))
    }
    flags = {name: rng.random(n) < 0.7 for name in ("source_correct", "target_correct", "same_prediction")}
    pairs = pd.DataFrame({"row": np.arange(n), "cluster": np.repeat(np.arange(n // 2), 2), **values, **flags})
    pairs["mismatched"] = np.nan
    drawn = summarise_pairs(pairs)
    for module in (pair_summary, resampling):
        monkeypatch.setattr(module, "MOST_BOOTSTRAPPED", n - 1)
    without = summarise_pairs(pairs)
    for name in flags:
        assert astuple(getattr(without, name)) == pytest.approx(astuple(getattr(drawn, name)))
    for name in ("consistency", "minus_equal", "share_of_attainable"):
        one, other = getattr(drawn, name), getattr(without, name)
        assert (other.value, other.n) == (pytest.approx(one.value), one.n)
        width = one.high - one.low
        assert other.high - other.low == pytest.approx(width, rel=0.1)
        assert (other.low, other.high) == (
            pytest.approx(one.low, abs=width / 15),
            pytest.approx(one.high, abs=width / 15),
        )
        assert other != one
