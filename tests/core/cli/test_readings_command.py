"""`python -m core readings` on the shipped results, against pandas on their Parquet files."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.cli.app import run
from core.paths import SHIPPED_RESULTS


def answered(capsys, *words):
    assert run(["readings", "--store", str(SHIPPED_RESULTS), *words, "--format", "json", "--resamples", "200"]) == 0
    return json.loads(capsys.readouterr().out)


def pairs_of(data_set):
    """Every stored pair of a data set, with the training language of its checkpoint."""
    frames = []
    for folder in sorted(SHIPPED_RESULTS.glob(f"{data_set}-*")):
        language = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["identity"]["train_language"]
        columns = ["source_language", "target_language", "row", "consistency"]
        frames += [
            pq.read_table(shard, columns=columns).to_pandas().assign(trained=language)
            for shard in (folder / "pairs").glob("*.parquet")
        ]
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize(("data_set", "n_languages"), [("xnli", 8), ("paws-x", 6)])
def test_the_papers_reading_is_the_mean_over_own_pairs_and_the_diagonal(capsys, data_set, n_languages):
    found = answered(capsys, "--dataset", data_set)
    reading = {entry["reading"]: entry for entry in found["readings"]}["paper"]
    frame = pairs_of(data_set)
    trained = sorted(set(frame.trained))
    assert len(trained) == n_languages
    frame = frame[frame.source_language.isin(trained) & frame.target_language.isin(trained)]
    frame = frame[frame.source_language != frame.target_language]
    shared = frame.groupby("row").size()
    frame = frame[frame.row.isin(shared.index[shared == shared.max()])]
    cells = frame.groupby(["trained", "target_language"]).consistency.mean()
    expected = {code: (cells[code].sum() + 1) / n_languages for code in trained}
    assert reading["values"] == pytest.approx(expected, abs=1e-9)
    assert reading["leader"] == max(expected, key=expected.get) == "en"
    assert sum(reading["first"].values()) == pytest.approx(1.0)
    low, high = reading["difference"][1:]
    assert low <= reading["difference"][0] <= high


def test_what_needs_pairs_under_every_checkpoint_is_named_and_not_computed(capsys):
    found = answered(capsys, "--dataset", "paws-x")
    assert {entry["reading"] for entry in found["readings"]} == {"paper", "own-pairs"}
    assert "same-pairs" in found["not_computed"]
    assert found["variance"] is None
    # The paper's own leader on PAWS-X is Spanish.
    assert {entry["agrees_with_paper"] for entry in found["readings"]} == {False}


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--dataset", "xquad"], "Only en"),
        (["--dataset", "none"], "It holds"),
        (["--dataset", "xnli", "--format", "x"], "x"),
    ],
)
def test_bad_input_is_one_line(capsys, words, part):
    assert run(["readings", "--store", str(SHIPPED_RESULTS), *words]) == 2
    line = capsys.readouterr().err
    assert part in line and line.count("\n") == 1


def test_equal_seeds_give_equal_answers(capsys):
    first, second = (answered(capsys, "--dataset", "xnli", "--seed", "3") for _ in range(2))
    assert first == second
    assert not np.isnan(first["readings"][0]["difference"]).any()
