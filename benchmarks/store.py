"""Time and memory of a page's queries on a store of a million pairs and as many predictions.

python -m benchmarks.store [--rows N] [--folder DIR]      generates the store (kept in DIR), queries it, prints JSON
"""

import multiprocessing
import resource
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import median_seconds, print_of_store
from core.errors import StoreError
from core.store import (
    ExampleFilter,
    PairRecord,
    PredictionRecord,
    Reader,
    RunIdentity,
    Scope,
    WorkUnit,
    blocks,
    open_store,
)
from core.store.compact import compact

ROWS = 1_000_000
LANGUAGES = ("en", "es", "de", "fr", "zh", "ar", "tr", "vi")
DATA_SET = "generated"
CLASSES = ("entailment", "neutral", "contradiction")
ACCURACY = 0.7
BLOCK = 2_000


def bench_store(rows: int = ROWS, folder: Path | None = None) -> dict[str, float]:
    """Generate a store of `rows` pairs, compact it, and query it in a separate process, as a page would.

    Eight checkpoints, each trained in one of eight languages, with equally many pairs of that language and each of the
    eight, and a prediction for each row and language; values are drawn with fixed seeds.

    Returns
    -------
    dict
        ``store_grid_seconds``: mean C and n of every checkpoint and language, median of 5 after the first.
        ``store_page_seconds``: 50 examples of one checkpoint in all languages, filtered, least consistent first.
        ``store_page_everywhere_seconds``: the same over all checkpoints.
        ``store_histogram_seconds``; ``store_open_seconds``: open the store and compute the first grid.
        ``store_peak_memory_gb``: of the whole querying process. ``store_megabytes``: on disk.
    """
    with tempfile.TemporaryDirectory() as temporary:
        location = folder or Path(temporary)
        make_store(location, rows)
        size = sum(path.stat().st_size for path in location.rglob("*.parquet"))
        # A fresh process, so that its peak memory is that of the queries alone.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(time_queries, (str(location), rows)) | {"store_megabytes": size / 1e6}


def make_store(folder: Path, rows: int, data_set: str = DATA_SET) -> None:
    """Write what is missing of a generated store and compact it; equal arguments give equal content.

    The pages show only data sets of the catalogue: name one as `data_set` to see the store there.
    """
    store = open_store(folder, create=True)
    share = rows // len(LANGUAGES) ** 2
    for trained in LANGUAGES:
        run = store.run(_identity(trained, data_set))
        for target in LANGUAGES:
            for unit in run.missing(blocks("predictions", [target], range(share), size=BLOCK)):
                run.write(unit, _predictions(trained, unit))
            for unit in run.missing(blocks("pairs", [trained, target], range(share), size=BLOCK)):
                run.write(unit, _pairs(trained, unit))
    compact(store)


def time_queries(folder: str, rows: int) -> dict[str, float]:
    """Time the queries. Raises StoreError where a result is incomplete."""
    start = perf_counter()
    reader = open_store(folder).read()
    grid = reader.grid()
    open_seconds = perf_counter() - start
    if grid["n"].sum() != rows // len(LANGUAGES) ** 2 * len(LANGUAGES) ** 2:
        raise StoreError(f"The grid counts {grid['n'].sum()} pairs of {rows}.")
    scope = Scope(checkpoints=(_identity("en").checkpoint,))
    return {
        "store_grid_seconds": median_seconds(reader.grid),
        "store_page_seconds": median_seconds(lambda: _page(reader, scope)),
        "store_page_everywhere_seconds": median_seconds(lambda: _page(reader, Scope())),
        "store_histogram_seconds": median_seconds(reader.histogram),
        "store_open_seconds": open_seconds,
        "store_peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def _page(reader: Reader, scope: Scope) -> None:
    example_filter = ExampleFilter(source_correct=True, target_correct=False, consistency=(0.1, 0.9), lengths=(8, 60))
    page = reader.examples(scope, example_filter, offset=50)
    if len(page.frame) != 50 or not page.frame["consistency"].is_monotonic_increasing:
        raise StoreError(f"The page has {len(page.frame)} of {page.total} examples, or they are not in order.")


def _identity(trained: str, data_set: str = DATA_SET) -> RunIdentity:
    return RunIdentity(
        dataset=data_set,
        split="test",
        checkpoint=f"generated-{trained}",
        revision="1",
        family="bert",
        task="nli",
        train_language=trained,
        labels=CLASSES,
        data_fingerprint="none",
        seed=0,
    )


def _predicted(trained: str, language: str, rows: Sequence[int]) -> NDArray[np.int64]:
    """(row,) index of the class that a checkpoint predicts; the gold one is the row index modulo three."""
    rng = np.random.default_rng([rows[0], LANGUAGES.index(trained), LANGUAGES.index(language), 1])
    shift = np.where(rng.random(len(rows)) < ACCURACY, 0, rng.integers(1, len(CLASSES), len(rows)))
    return (np.array(rows) + shift) % len(CLASSES)


def _predictions(trained: str, unit: WorkUnit) -> list[PredictionRecord]:
    predicted = _predicted(trained, unit.languages[0], unit.rows)
    probabilities = (0.1 + 0.7 * np.eye(len(CLASSES))).tolist()
    return [
        PredictionRecord(
            row,
            n_tokens=30,
            gold=CLASSES[row % len(CLASSES)],
            predicted=CLASSES[index],
            probabilities=probabilities[index],
            correct=bool(index == row % len(CLASSES)),
        )
        for row, index in zip(unit.rows, predicted, strict=True)
    ]


def _pairs(trained: str, unit: WorkUnit) -> list[PairRecord]:
    rng = np.random.default_rng([unit.rows[0], *(LANGUAGES.index(code) for code in (trained, unit.languages[1]))])
    n = len(unit.rows)
    consistency, uniform, mismatched = rng.beta(6, 5, n), rng.beta(5, 6, n), rng.beta(3, 9, n)
    lengths = rng.integers(5, 70, (n, 2))
    predicted = np.stack([_predicted(trained, language, unit.rows) for language in unit.languages], axis=1)
    correct = predicted == np.array(unit.rows)[:, None] % len(CLASSES)
    return [
        PairRecord(
            row,
            n_source=int(lengths[i, 0]),
            n_target=int(lengths[i, 1]),
            consistency=float(consistency[i]),
            uniform=float(uniform[i]),
            shuffled_mean=float(uniform[i]) * 0.9,
            shuffled_sd=0.05,
            shuffled_low=float(uniform[i]) * 0.8,
            shuffled_high=float(uniform[i]),
            shuffled_percentile=float(consistency[i]) * 100,
            n_shuffles=1000,
            carried=float(uniform[i]) * 1.1,
            cluster=row,
            mismatched=float(mismatched[i]),
            mismatched_row=row,
            same_prediction=bool(predicted[i, 0] == predicted[i, 1]),
            source_correct=bool(correct[i, 0]),
            target_correct=bool(correct[i, 1]),
        )
        for i, row in enumerate(unit.rows)
    ]


if __name__ == "__main__":
    print_of_store(bench_store, ROWS, __doc__)
