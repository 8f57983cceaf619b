"""Time and memory of the tables of words over a million pairs.

python -m benchmarks.words [--rows N] [--folder DIR]      generates the store (kept in DIR), asks it, prints JSON
"""

import multiprocessing
import resource
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.timing import median_seconds, print_of_store
from core.errors import StoreError
from core.report.facets import chosen_rows, facet_table
from core.report.fields import leading_fields
from core.report.pair_summary import SUMMARISED, summarise_pairs
from core.report.words import WordCell, WordIndex, cells_of
from core.report.words.lines import lines_of, partners_of
from core.settings import TASKS
from core.store import (
    AttributionRecord,
    ExampleFilter,
    FlowRecord,
    PairRecord,
    Reader,
    RunIdentity,
    Scope,
    WorkUnit,
    blocks,
    open_store,
)
from core.store.compact import compact
from core.store.records import Record

ROWS = 1_000_000
LANGUAGES = ("en", "es", "de", "fr", "zh", "ar", "tr", "vi")
WORDS = 12
HALF = WORDS // 2
# A standard normal is above it with probability 0.7.
WRONG_BELOW = -0.524
SPELLINGS = 20_000
BLOCK = 4_000

Array = NDArray[np.float64]


def bench_words(rows: int = ROWS, folder: Path | None = None) -> dict[str, float]:
    """Generate one run of `rows` pairs, English with seven languages, and ask it about words in a separate process.

    Premise and hypothesis have six words of one token each, drawn by Zipf's law from 20,000 spellings; a word flows to
    one or two words. Three rows share a premise, and 70% of the predictions are right.

    Returns
    -------
    dict
        ``words_load_seconds``: open the store and read the words of all pairs once.
        ``words_all_seconds``: the ranking over all seven languages, median of 5. ``words_pair_seconds``: over one.
        ``words_filtered_seconds``: over a third of the rows of one. ``words_class_seconds``: by frequency, over all.
        ``words_facet_seconds``: over all seven, of the pairs with right predictions on both sides.
        ``words_figures_seconds``: the figures of these pairs, with their intervals.
        ``words_facets_seconds``: the facets of one pair, read from the store.
        ``words_languages_seconds``: one word against each of the seven languages.
        ``words_lines_seconds``: the most lost lines of a frequent word.
        ``words_peak_memory_gb``: of the whole asking process. ``words_store_megabytes``: on disk.
    """
    with tempfile.TemporaryDirectory() as temporary:
        location = folder or Path(temporary)
        make_store(location, rows)
        size = sum(path.stat().st_size for path in location.rglob("*.parquet"))
        # A fresh process, so that its peak memory is that of the questions alone.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(time_questions, (str(location), rows)) | {"words_store_megabytes": size / 1e6}


def make_store(folder: Path, rows: int) -> None:
    """Write what is missing of a generated store and compact it; equal arguments give equal content."""
    store = open_store(folder, create=True)
    run = store.run(_identity())
    share = range(rows // (len(LANGUAGES) - 1))
    for language in LANGUAGES:
        for unit in run.missing(blocks("attributions", [language], share, size=BLOCK)):
            run.write(unit, [_attribution(language, row) for row in unit.rows])
        for kind in ("pairs", "flows") if language != "en" else ():
            for unit in run.missing(blocks(kind, ["en", language], share, size=BLOCK)):
                run.write(unit, [_compared(unit, row) for row in unit.rows])
    compact(store)


def time_questions(folder: str, rows: int) -> dict[str, float]:
    """Time the questions. Raises StoreError where an answer does not count every word."""
    start = perf_counter()
    reader = open_store(folder).read()
    index = WordIndex(reader, sentences)
    cells = cells_of(reader, _identity().run_id, "en")
    for cell in cells:
        index.load(cell)
    load_seconds = perf_counter() - start
    table = index.losses(cells)
    share = rows // (len(LANGUAGES) - 1)
    if table["n"].sum() != share * len(cells) * WORDS:
        raise StoreError(f"The table counts {table['n'].sum()} words of {share * len(cells) * WORDS}.")
    frequent = table.sort_values("n", ascending=False).iloc[100]
    word, some = ("word", int(frequent["key"])), {cells[0]: range(0, share, 3)}
    pairs = {cell: reader.values(Scope(runs=(cell.run,)), _where(cell)) for cell in cells}
    right = {cell: _right(frame) for cell, frame in pairs.items()}
    questions: Mapping[str, Callable[[], object]] = {
        "all": lambda: index.losses(cells),
        "pair": lambda: index.losses(cells[:1]),
        "filtered": lambda: index.losses(cells[:1], allowed=some),
        "class": lambda: index.losses(cells, "frequency"),
        "facet": lambda: index.losses(cells, allowed={cell: frame["row"].to_numpy() for cell, frame in right.items()}),
        "figures": lambda: summarise_pairs(pd.concat(right.values(), ignore_index=True)),
        "facets": lambda: _facets(reader, cells[0]),
        "languages": lambda: index.losses(cells, only=word, split=True),
        "lines": lambda: lines_of(index, reader, cells[0], word),
        "partners": lambda: partners_of(index, reader, cells[0], word),
    }
    return {
        "words_load_seconds": load_seconds,
        **{f"words_{name}_seconds": median_seconds(question) for name, question in questions.items()},
        "words_peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def sentences(identity: RunIdentity, language: str) -> Mapping[int, tuple[str, ...]]:
    """The generated texts of a language, made when they are looked up."""
    return _Texts(language)


def _where(cell: WordCell) -> ExampleFilter:
    return ExampleFilter(*cell.stored, end="")


def _right(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs whose predictions are right on both sides, as the facet of the pages leaves them."""
    rows = chosen_rows(facet_table(pairs, {}), {"right": ["both"]})
    return pairs.loc[np.isin(pairs["row"].to_numpy(), rows), list(SUMMARISED)]


def _facets(reader: Reader, cell: WordCell) -> pd.DataFrame:
    """What the page "Results" reads before it draws the facets of a language pair."""
    where = _where(cell)
    pairs = reader.values(Scope(runs=(cell.run,)), where)
    return facet_table(pairs, {}, fields=leading_fields(reader, cell.run, where))


class _Texts(dict[int, tuple[str, ...]]):
    """Row -> its text; every row is there."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __contains__(self, row: object) -> bool:
        return True

    def __getitem__(self, row: int) -> tuple[str, ...]:
        words = _words(self._language, row)
        return " ".join(words[:HALF]), " ".join(words[HALF:])


def _identity() -> RunIdentity:
    return RunIdentity(
        dataset="generated",
        split="test",
        checkpoint="generated-en",
        revision="1",
        family="bert",
        task="nli",
        train_language="en",
        labels=TASKS["nli"].classes,
        data_fingerprint="none",
        seed=0,
        settings={"level": "token", "mass": "abs"},
    )


@lru_cache(maxsize=4)
def _drawn(language: str, block: int) -> tuple[list[list[int]], Array]:
    """Spellings and scores of a block of rows."""
    rng = np.random.default_rng([LANGUAGES.index(language), block])
    spellings = np.minimum(rng.zipf(1.3, (BLOCK, WORDS)), SPELLINGS).tolist()
    return spellings, rng.normal(size=(BLOCK, WORDS))


def _words(language: str, row: int) -> list[str]:
    return [f"{language}{number}" for number in _drawn(language, row // BLOCK)[0][row % BLOCK]]


def _scores(language: str, row: int) -> list[float]:
    scores: list[float] = _drawn(language, row // BLOCK)[1][row % BLOCK].tolist()
    return scores


def _attribution(language: str, row: int) -> AttributionRecord:
    words = _words(language, row)
    starts = [start for half in (words[:HALF], words[HALF:]) for start in _starts(half)]
    return AttributionRecord(
        row,
        scores=(0.0, *_scores(language, row)),
        starts=(0, *starts),
        ends=(0, *(start + len(word) for start, word in zip(starts, words, strict=True))),
        fields=(-1, *[0] * HALF, *[1] * HALF),
        words=(-1, *range(WORDS)),
        special=(True, *[False] * WORDS),
    )


def _starts(words: list[str]) -> list[int]:
    """Where the words of a field begin, with a space between."""
    return [0, *np.cumsum([len(word) + 1 for word in words])[:-1].tolist()]


def _compared(unit: WorkUnit, row: int) -> Record:
    """The pair or the flows of a row: each word flows to the one at its place, and what is left of it to the next."""
    masses = [np.abs(_scores(language, row)) for language in unit.languages]
    ours, theirs = (mass / mass.sum() for mass in masses)
    straight = np.minimum(ours, theirs)
    aside = np.minimum(ours - straight, np.roll(theirs - straight, -1))
    moved = np.flatnonzero(aside)
    flows = np.concatenate([straight, aside[moved]])
    similarities = np.concatenate([np.linspace(0.3, 0.9, WORDS), np.full(len(moved), 0.1)])
    if unit.kind == "pairs":
        ours_right, theirs_right = (_scores(language, row)[0] > WRONG_BELOW for language in unit.languages)
        c = float(flows @ similarities)
        return PairRecord(
            row,
            WORDS,
            WORDS,
            c,
            uniform=c + 0.02,
            shuffled_mean=c - 0.05,
            shuffled_sd=0.03,
            carried=c + 0.05,
            mismatched=c - 0.1,
            cluster=row - row % 3,
            same_prediction=ours_right == theirs_right,
            source_correct=ours_right,
            target_correct=theirs_right,
        )
    return FlowRecord(
        row,
        source_units=(*range(WORDS), *moved.tolist()),
        target_units=(*range(WORDS), *((moved + 1) % WORDS).tolist()),
        masses=tuple(flows.tolist()),
        similarities=tuple(similarities.tolist()),
    )


if __name__ == "__main__":
    print_of_store(bench_words, ROWS, __doc__)
