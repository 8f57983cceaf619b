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
    """The pairs of two languages that are stored of a data set, with the training language of their checkpoint.

    Only rows and languages that every checkpoint has.
    """
    frames = []
    for folder in sorted(SHIPPED_RESULTS.glob(f"{data_set}-*")):
        identity = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["identity"]
        frames += [
            pq.read_table(shard).to_pandas().assign(trained=identity["train_language"])
            for shard in (folder / "pairs").glob("*.parquet")
        ]
    frame = pd.concat(frames, ignore_index=True)
    trained = sorted(set(frame.trained))
    frame = frame[frame.source_language.isin(trained) & frame.target_language.isin(trained)]
    frame = frame[frame.source_language != frame.target_language]
    frame["pair"] = ["-".join(sorted(both)) for both in zip(frame.source_language, frame.target_language, strict=True)]
    per_row = frame.groupby("row").size()
    return frame[frame.row.isin(per_row.index[per_row == per_row.max()])]


def expected_values(frame):
    """Reading -> training language -> value: the definitions, in pandas."""
    cells = (
        frame.groupby(["trained", "checkpoint", "pair"])[["consistency", "shuffled_mean", "uniform", "carried"]]
        .mean()
        .groupby(["trained", "pair"])
        .mean()
    )
    own = cells[[trained in pair.split("-") for trained, pair in cells.index]]
    same = cells.groupby("trained").mean()
    n_languages = frame.trained.nunique()
    return {
        "paper": (own.consistency.groupby("trained").sum() + 1) / n_languages,
        "own-pairs": own.consistency.groupby("trained").mean(),
        "same-pairs": same.consistency,
        "above-shuffled": same.consistency - same.shuffled_mean,
        "above-equal": same.consistency - same.uniform,
        "share-of-attainable": (same.consistency - same.shuffled_mean) / (same.carried - same.shuffled_mean),
    }


@pytest.mark.parametrize(("data_set", "n_languages", "n_pairs"), [("xnli", 8, 28), ("paws-x", 6, 15)])
def test_every_reading_is_what_pandas_computes_from_the_parquet_files(capsys, data_set, n_languages, n_pairs):
    found = answered(capsys, "--dataset", data_set)
    readings = {entry["reading"]: entry for entry in found["readings"]}
    frame = pairs_of(data_set)
    assert (frame.trained.nunique(), frame.pair.nunique()) == (n_languages, n_pairs)
    assert (found["n"], found["clusters"]) == (frame.row.nunique(), frame.cluster.nunique())
    for name, values in expected_values(frame).items():
        assert readings[name]["values"] == pytest.approx(values.to_dict(), abs=1e-9)
        assert readings[name]["leader"] == values.idxmax()
        assert sum(readings[name]["first"].values()) == pytest.approx(1.0)
        ordered = values.sort_values(ascending=False)
        difference, low, high = readings[name]["difference"]
        assert difference == pytest.approx(ordered.iloc[0] - ordered.iloc[1], abs=1e-9)
        assert low <= difference <= high


def test_english_leads_the_papers_reading_of_xnli_alone(capsys):
    readings = {entry["reading"]: entry for entry in answered(capsys, "--dataset", "xnli")["readings"]}
    assert (readings["paper"]["leader"], readings["paper"]["standing"]) == ("en", "leads")
    assert readings["same-pairs"]["leader"] != "en"
    # The paper has no grid of training languages for XNLI.
    assert {entry["agrees_with_paper"] for entry in readings.values()} == {None}


def test_paws_x_has_the_papers_leader_on_the_same_pairs_or_none(capsys):
    readings = {entry["reading"]: entry for entry in answered(capsys, "--dataset", "paws-x")["readings"]}
    same = readings["same-pairs"]
    assert same["leader"] == "es" or same["standing"] == "none"
    assert same["agrees_with_paper"] == (same["leader"] == "es")
    assert readings["paper"]["agrees_with_paper"] is False


def test_the_language_pair_makes_nearly_all_of_the_variance_of_cells(capsys):
    for data_set in ("xnli", "paws-x"):
        variance = answered(capsys, "--dataset", data_set)["variance"]
        assert variance["pair"] > 0.8 > variance["checkpoint"]
        assert variance["pair"] + variance["checkpoint"] + variance["interaction"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--dataset", "xquad"], "Only en"),
        (["--dataset", "none"], "It holds"),
        (["--dataset", "xnli", "--format", "x"], "x"),
        (["--dataset", "xnli", "--mass", "none"], "abs, positive"),
        (["--dataset", "xnli", "--level", "word"], "--level word"),
        (["--dataset", "xnli", "--resamples", "0"], "1,000"),
        (["--dataset", "xnli", "--end", "start"], "leave --end out"),
    ],
)
def test_bad_input_is_one_line(capsys, words, part):
    assert run(["readings", "--store", str(SHIPPED_RESULTS), *words]) == 2
    line = capsys.readouterr().err
    assert part in line and line.count("\n") == 1


def test_table_5_has_the_readings_of_its_data_set_below(capsys):
    words = ["tables", "--table", "5", "--store", str(SHIPPED_RESULTS), "--resamples", "200"]
    assert run([*words, "--format", "json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["readings"]["readings"] == answered(capsys, "--dataset", "paws-x")["readings"]
    # The table itself keeps the paper's form: its Overall is the paper's reading.
    paper = table["readings"]["readings"][0]
    assert dict(zip(table["rows"], table["overall"], strict=True)) == pytest.approx(paper["values"], abs=1e-9)
    assert run([*words, "--format", "text"]) == 0
    assert "Same pairs, minus shuffled" in capsys.readouterr().out
    assert run([*words[:2], "4", *words[3:], "--format", "json"]) == 0
    assert "readings" not in json.loads(capsys.readouterr().out)


def test_equal_seeds_give_equal_answers(capsys):
    first, second = (answered(capsys, "--dataset", "xnli", "--seed", "3") for _ in range(2))
    assert first == second
    assert not np.isnan(first["readings"][0]["difference"]).any()
