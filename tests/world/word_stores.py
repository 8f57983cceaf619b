"""Stores with scores, spans and flows of made-up sentences, whose words and losses a test knows."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from core.consistency.mass import mass_from_scores
from core.consistency.transport import solve
from core.store import AttributionRecord, PairRecord, RunIdentity, Store, WorkUnit, flow_record, open_store
from core.store.records import Record

# Row -> one sentence a language; rows 0 and 1 are of one cluster.
SENTENCES: Mapping[str, Sequence[str]] = {
    "en": (
        "The ferry did not sail today",
        "Not the ferry sailed",
        "The rain stopped and the ferry sailed",
        "No rain fell",
    ),
    "es": (
        "El transbordador no zarpó hoy",
        "No zarpó el transbordador",
        "La lluvia cesó y el transbordador zarpó",
        "No cayó lluvia",
    ),
}
CLUSTERS = (0, 0, 2, 3)


def sentences(identity: RunIdentity, language: str) -> dict[int, tuple[str, ...]]:
    """The texts of a language, as `WordIndex` takes them."""
    return {row: (text,) for row, text in enumerate(SENTENCES[language])}


def fill_words(location: str | Path, *, level: str = "token", aggregate: str = "sum", seed: int = 0) -> Store:
    """A run of `meaning` with English and Spanish; words of more than four letters have two tokens."""
    store = open_store(location, create=True)
    run = store.run(word_identity(level, aggregate))
    texts = {language: [_attribution(language, row, seed) for row in range(4)] for language in SENTENCES}
    for language, records in texts.items():
        run.write(WorkUnit("attributions", (language,), tuple(range(4))), records, seconds=1.0)
    compared = [_compare(row, (texts["en"][row], texts["es"][row]), level, aggregate, seed=seed) for row in range(4)]
    for at, kind in enumerate(("pairs", "flows")):
        run.write(WorkUnit(kind, ("en", "es"), tuple(range(4))), [records[at] for records in compared], seconds=1.0)
    run.finish()
    return store


def word_identity(level: str = "token", aggregate: str = "sum") -> RunIdentity:
    return RunIdentity(
        dataset="ferries",
        split="test",
        checkpoint="tiny-en",
        revision="1",
        family="bert",
        task="meaning",
        train_language="en",
        labels=(),
        data_fingerprint="ferries",
        seed=0,
        settings={"level": level, "mass": "abs", "aggregate": aggregate},
    )


def _attribution(language: str, row: int, seed: int) -> AttributionRecord:
    text = SENTENCES[language][row]
    borders = [0, *(at + 1 for at, character in enumerate(text) if character == " "), len(text) + 1]
    spans, words = [(0, 0)], [-1]
    for word, (start, after) in enumerate(pairwise(borders)):
        end = after - 1
        cuts = [start, start + 3, end] if end - start > 4 else [start, end]
        spans += pairwise(cuts)
        words += [word] * (len(cuts) - 1)
    rng = np.random.default_rng([seed, row, len(text)])
    scores = (0.0, *rng.normal(size=len(spans) - 1).tolist())
    norms = [(0.0, *rng.uniform(0.1, 1.0, len(spans) - 1).astype(np.float32).tolist()) for _ in range(2)]
    return AttributionRecord(
        row,
        scores=scores,
        l2=norms[0],
        l1=norms[1],
        starts=tuple(start for start, _ in spans),
        ends=tuple(end for _, end in spans),
        fields=(-1, *[0] * (len(spans) - 1)),
        words=tuple(words),
        special=(True, *[False] * (len(spans) - 1)),
        tokens=("<s>", *(text[start:end] for start, end in spans[1:])),
    )


def _compare(
    row: int, sides: tuple[AttributionRecord, AttributionRecord], level: str, aggregate: str, *, seed: int
) -> list[Record]:
    masses = [mass_from_scores(_unit_scores(side, level, aggregate)) for side in sides]
    similarity = np.random.default_rng([seed, row]).uniform(-0.4, 0.9, (len(masses[0]), len(masses[1])))
    plan = solve(*masses, similarity)
    pair = PairRecord(row, *map(len, masses), plan.consistency, cluster=CLUSTERS[row])
    return [pair, flow_record(row, plan)]


def _unit_scores(side: AttributionRecord, level: str, aggregate: str) -> list[float]:
    held = {"sum": side.scores, "l2": side.l2 or (), "l1": side.l1 or ()}[aggregate]
    scores = list(zip(side.words, held, strict=True))[1:]
    if level == "token":
        return [score for _, score in scores]
    return [sum(score for word, score in scores if word == at) for at in sorted({word for word, _ in scores})]
