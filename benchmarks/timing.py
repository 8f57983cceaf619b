"""What benchmarks share: medians of repeated calls, and the command line of one that generates a store."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

REPEATS = 5


def seconds_of(call: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = perf_counter()
    call()
    return perf_counter() - start


def median_seconds(call: Callable[[], object]) -> float:
    """Return the median of `REPEATS` calls."""
    return median(seconds_of(call) for _ in range(REPEATS))


def print_of_store(bench: Callable[[int, Path | None], dict[str, float]], rows: int, description: str | None) -> None:
    """Run a benchmark of a generated store with the options --rows and --folder; print one JSON line."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=rows)
    parser.add_argument("--folder", type=Path, help="keep the generated store here")
    options = parser.parse_args()
    print(json.dumps(bench(options.rows, options.folder)))
