"""The generated store: a prediction for each row and language, with which its pairs agree."""

import pytest

from benchmarks import store as bench
from core.store import Scope


def test_pairs_agree_with_the_predictions_of_both_languages(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "LANGUAGES", ("en", "es"))
    bench.make_store(tmp_path / "store", 4 * 300)
    reader = bench.open_store(tmp_path / "store").read()
    performance = reader.performance()
    assert list(performance["n"]) == [300] * 4, "two checkpoints in two languages"
    assert performance["accuracy"].to_numpy() == pytest.approx(bench.ACCURACY, abs=0.08)
    (run,) = [name for name, manifest in reader.runs.items() if manifest.identity.train_language == "es"]
    pairs = reader.values(Scope(runs=(run,))).query("target_language == 'en'")
    assert len(pairs) == 300
    predictions = reader.predictions(run, rows=range(300))
    assert len({one.predicted for one in predictions.values()}) == 3
    for pair in pairs.itertuples():
        ours, theirs = predictions["es", pair.row], predictions["en", pair.row]
        assert (pair.source_correct, pair.target_correct) == (ours.correct, theirs.correct)
        assert pair.same_prediction == (ours.predicted == theirs.predicted)
        assert ours.correct == (ours.predicted == ours.gold)
