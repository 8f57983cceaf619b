"""A few of the kills of `python -m benchmarks.kills`."""

import random

import pytest

from benchmarks.kills import kill_many


@pytest.mark.slow
def test_commands_that_are_killed_leave_what_whole_ones_leave(tmp_path, s3, monkeypatch):
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "hf"))
    monkeypatch.setenv("CCTA_CACHE", str(tmp_path / "cache"))
    tallies = kill_many(tmp_path, s3.endpoint, 4, random.Random(0))
    assert sum(tally.kills for tally in tallies.values()) == 4
    assert sum(tally.different for tally in tallies.values()) == 0
    assert set(tallies) == {"run", "run, S3", "train", "compact", "compact, S3", "export", "export, S3"}
