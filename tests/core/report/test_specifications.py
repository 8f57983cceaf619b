"""Specifications: counts by pandas, simulated leads that are known, and runs made with `--vary`."""

import json

import numpy as np
import pandas as pd
import pytest

from core.cli.app import run
from core.errors import DataError, StoreError
from core.report.specification_files import read_specifications, save_specifications
from core.report.specifications import (
    specification_curve,
    specification_frame,
    specifications_of,
)
from core.store import open_store
from tests.world.runs import frame as stored
from tests.world.tiny import save_sibling


def simulated(n=60, *, lead=0.05):
    """Spanish leads by `lead` under the mass rule abs, and trails by as much under `signed`, at every level."""
    rng = np.random.default_rng(3)
    easy = rng.normal(0.4, 0.1, n)
    lines = []
    for mass in ("abs", "signed"):
        for level in ("token", "word"):
            for code in ("en", "es", "zh"):
                shift = (lead if mass == "abs" else -lead) if code == "es" else 0.0
                values = easy + shift + rng.normal(0, 0.02, n)
                lines += [(mass, level, "same-pairs", code, row, row // 2, value) for row, value in enumerate(values)]
    names = ["mass", "level", "reading", "trained_on", "row", "cluster", "value"]
    return pd.DataFrame(lines, columns=names)


def by_pandas(frame, reading="same-pairs"):
    """In how many specifications each language has the largest mean."""
    choices = [name for name in frame if name not in ("reading", "trained_on", "row", "cluster", "value")]
    means = frame[frame.reading == reading].groupby([*choices, "trained_on"]).value.mean().unstack()
    return means.idxmax(axis=1).value_counts().to_dict()


def test_counts_agree_with_pandas_and_known_leads():
    frame = simulated()
    curve = specification_curve(specifications_of(frame))
    assert curve.counts() == by_pandas(frame)
    assert curve.language == "es"
    assert (curve.n_first, curve.n_settled) == (2, 2)
    assert curve.first_with("mass") == {"abs": (2, 2), "signed": (0, 2)}
    assert curve.first_with("level") == {"token": (1, 2), "word": (1, 2)}
    assert (np.diff(curve.lead[curve.order]) >= 0).all()
    assert ((curve.interval[:, 0] < curve.lead) & (curve.lead < curve.interval[:, 1])).all()
    assert curve.lead.max() == pytest.approx(0.05, abs=0.015)
    assert ((curve.lead > 0) == np.array([leader == "es" for leader in curve.leaders])).all()


def test_the_default_choices_decide_which_language_comes_first():
    frame = simulated()
    signed = frame[frame.mass == "signed"]
    assert specification_curve(specifications_of(signed)).language in ("en", "zh")
    assert specification_curve(specifications_of(frame), language="zh").language == "zh"
    with pytest.raises(DataError, match="no training language"):
        specification_curve(specifications_of(frame), language="ko")
    with pytest.raises(DataError, match="reading"):
        specifications_of(frame, "own-pairs")


def test_only_shared_examples_count():
    frame = simulated()
    part = frame[(frame.mass == "abs") | (frame.row < 20)]
    found = specifications_of(part)
    assert found.values.shape == (4, 3, 20)
    with pytest.raises(DataError, match="share no example"):
        specifications_of(frame[(frame.mass == "abs") == (frame.row < 20)])


def test_a_saved_file_gives_the_same_curve(tmp_path):
    frame = simulated()
    save_specifications(frame, tmp_path / "folder" / "file.parquet")
    ours, theirs = (
        specification_curve(specifications_of(one))
        for one in (frame, read_specifications(tmp_path / "folder" / "file.parquet"))
    )
    assert ours.leaders == theirs.leaders
    np.testing.assert_allclose(ours.interval, theirs.interval, atol=1e-6)
    assert read_specifications(tmp_path / "nothing.parquet") is None
    (tmp_path / "broken.parquet").write_text("no parquet")
    with pytest.raises(StoreError, match="cannot be read"):
        read_specifications(tmp_path / "broken.parquet")


@pytest.mark.usefixtures("run_cache")
def test_runs_over_choices_become_specifications(command, tiny_folder, tmp_path, capsys):
    other = save_sibling(tmp_path / "bert-nli-es", tiny_folder("bert", "nli"), seed=1, train_language="es")
    vary = ["--vary", "baseline=pad,zero", "--vary", "level=token,word", "--pairs", "all", "--limit", "4"]
    for model in (None, str(other)):
        assert run(command("store", *vary, model=model)) == 0
    reader = open_store(tmp_path / "store").read()
    frame = specification_frame([reader], "xnli")
    assert set(frame.columns[:2]) == {"baseline", "level"}
    # By another way: the stored pairs of two different languages, averaged with pandas.
    pairs = stored(tmp_path / "store").query("source_language != target_language").copy()
    pairs["baseline"] = [reader.runs[name].identity.settings.get("baseline", "pad") for name in pairs.run]
    pairs["level"] = [reader.runs[name].identity.settings["level"] for name in pairs.run]
    pairs["trained_on"] = [reader.runs[name].identity.train_language for name in pairs.run]
    expected = pairs.groupby(["baseline", "level", "trained_on"]).consistency.mean()
    found = frame[frame.reading == "same-pairs"].groupby(["baseline", "level", "trained_on"]).value.mean()
    pd.testing.assert_series_equal(found, expected, check_names=False, atol=1e-9)
    capsys.readouterr()
    saved = tmp_path / "xnli.parquet"
    words = ["specifications", "--store", str(tmp_path / "store"), "--dataset", "xnli"]
    assert run([*words, "--format", "json", "--save", str(saved)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["leaders"] == by_pandas(frame)
    assert len(printed["specifications"]) == 4
    assert run(words) == 0
    assert f"of {len(printed['specifications'])} specifications" in capsys.readouterr().out
    assert run([*words, "--reading", "none"]) == 2
    assert run(["specifications", "--store", str(tmp_path / "store"), "--dataset", "xquad"]) == 2
