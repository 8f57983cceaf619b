"""A small run, its records drawn from a seed, with text in it that must never leave the store."""

import numpy as np

from core.store import (
    AttributionRecord,
    FlowRecord,
    PairRecord,
    PredictionRecord,
    RunIdentity,
    WorkUnit,
    blocks,
    open_store,
)

LABELS = ("entailment", "neutral", "contradiction")
WORDS = ("glacier", "Fährschiff", "مركب", "渡し船", '"comma,quote"')
ANSWER = "the harbour master"
ROWS = (0, 1, 2, 5, 8, 13)


def identity(**changes):
    given = {
        "dataset": "xnli",
        "split": "test",
        "checkpoint": "tiny-nli-en",
        "revision": "rev1",
        "family": "bert",
        "task": "nli",
        "train_language": "en",
        "labels": LABELS,
        "data_fingerprint": "abc",
        "seed": 0,
        "settings": {"steps": "auto", "tolerance": 0.01},
    }
    return RunIdentity(**(given | changes))


def rng_of(*key):
    return np.random.default_rng([sum(map(ord, str(part))) for part in key])


def prediction(language, row):
    rng = rng_of("p", language, row)
    shares = rng.dirichlet(np.ones(3))
    return PredictionRecord(
        row,
        n_tokens=int(rng.integers(4, 30)),
        gold=LABELS[row % 3],
        predicted=LABELS[int(shares.argmax())],
        probabilities=tuple(shares.tolist()),
        correct=bool(shares.argmax() == row % 3),
        answer=f"{ANSWER} {row}",
        gold_answers=(ANSWER, WORDS[row % 5]),
    )


def attribution(language, row):
    rng = rng_of("a", language, row)
    n = int(rng.integers(3, 9))
    scores = rng.normal(size=n)
    # Bits that a careless round trip would lose.
    scores[0], scores[1] = 0.0, -0.0
    return AttributionRecord(
        row,
        target_index=int(rng.integers(3)),
        target_label=LABELS[0],
        scores=tuple(scores.tolist()),
        starts=tuple(range(n)),
        ends=tuple(range(1, n + 1)),
        fields=(-1, *[0] * (n - 1)),
        words=(-1, *range(n - 1)),
        special=(True, *[False] * (n - 1)),
        tokens=("[CLS]", *(WORDS[int(rng.integers(5))] for _ in range(n - 1))),
        f_input=float(rng.normal()),
        f_baseline=float(rng.normal()),
        delta=1e-17,
        token_error=None if row % 2 else 0.004,
        n_steps=17,
    )


def pair(source, target, row):
    rng = rng_of("c", source, target, row)
    if row == 8:
        return PairRecord(row, n_source=5, n_target=6, consistency=None, problem="DegenerateMassError")
    consistency, uniform = rng.random(2).tolist()
    return PairRecord(
        row,
        n_source=int(rng.integers(3, 40)),
        n_target=int(rng.integers(3, 40)),
        consistency=consistency,
        uniform=uniform,
        shuffled_mean=uniform / 2,
        shuffled_sd=0.1,
        shuffled_percentile=99.0,
        n_shuffles=1000,
        mismatched=0.2,
        mismatched_row=(row + 1) % 14,
        same_prediction=bool(row % 2),
        source_correct=row % 3 == 0,
        target_correct=row % 5 == 0,
    )


def flows(source, target, row):
    if row == 8:
        return FlowRecord(row, problem="DegenerateMassError")
    rng = rng_of("f", source, target, row)
    n = int(rng.integers(3, 9))
    masses, similarities = rng.random((2, n)).astype(np.float32).tolist()
    return FlowRecord(
        row, source_units=tuple(range(n)), target_units=(0, *range(n - 1)), masses=masses, similarities=similarities
    )


def records(unit):
    make = {"predictions": prediction, "attributions": attribution, "pairs": pair, "flows": flows}[unit.kind]
    return [make(*unit.languages, row) for row in unit.rows]


def plan(rows=ROWS, size=2, languages=("en", "es", "zh")):
    """Units of all four kinds: every language, and English with every language."""
    texts = [
        unit
        for kind in ("predictions", "attributions")
        for language in languages
        for unit in blocks(kind, [language], rows, size=size)
    ]
    return texts + [
        unit
        for kind in ("pairs", "flows")
        for language in languages
        for unit in blocks(kind, ["en", language], rows, size=size)
    ]


def fill(location, *, units=None, run=None, versions=None, seconds=1.0):
    """Write what is missing of a plan; returns the store."""
    store = open_store(location, create=True)
    writer = store.run(run or identity(), versions or {"torch": "2"})
    for unit in writer.missing(plan() if units is None else units):
        assert writer.write(unit, records(unit), seconds=seconds)
    writer.finish()
    return store


def shard_files(folder, kind="*"):
    return sorted(folder.glob(f"*/{kind}/*.parquet"))


__all__ = [
    "ANSWER",
    "LABELS",
    "ROWS",
    "WORDS",
    "WorkUnit",
    "fill",
    "identity",
    "pair",
    "plan",
    "records",
    "shard_files",
]


def flip(file, at=None):
    """Change one byte in the middle of a shard's data; its footer stays whole."""
    size = _data_size(file)
    _overwrite(file, size // 2 if at is None else at, 1)


def spoil(file):
    """Change every byte of a shard's data, so that no reader gets through; its footer stays whole."""
    _overwrite(file, 4, _data_size(file) - 4)


def _data_size(file):
    data = file.read_bytes()
    return len(data) - int.from_bytes(data[-8:-4], "little") - 8


def _overwrite(file, start, length):
    data = bytearray(file.read_bytes())
    for position in range(start, start + length):
        data[position] ^= 0xFF
    file.write_bytes(data)
