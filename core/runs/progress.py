"""How far a run is, as a small JSON file that another program reads; and what a store holds of each run."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from core.errors import StoreError
from core.runs.session import Progress
from core.store import Reader

EVALUATED, PARTIAL, COMPLETE = "predictions only", "in part", "complete"


def write_progress(path: Path, progress: Progress) -> None:
    """Replace the file, so that a reader sees the old state or the new one. Raises StoreError where it cannot be."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.write_text(json.dumps(asdict(progress)), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise StoreError(
            f"The progress file {path} cannot be written ({error.strerror}); leave --progress out."
        ) from error


def read_progress(path: Path) -> Progress | None:
    """Return what the file says; None before the first unit is done."""
    try:
        return Progress(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def run_table(reader: Reader, coverage: pd.DataFrame) -> pd.DataFrame:
    """What a store holds of each run, the latest first.

    Columns: run, dataset, split, checkpoint, task, created, rows (most of any language or pair), languages, share of
    the rows that have a C in every language, state.
    """
    entries = [
        _entry(run, manifest.created, manifest.identity.to_json(), coverage[coverage["run"] == run])
        for run, manifest in reader.runs.items()
    ]
    names = ["run", "dataset", "split", "checkpoint", "task", "created", "rows", "languages", "share", "state"]
    return pd.DataFrame(entries, columns=names).sort_values(["created", "run"], ascending=False, ignore_index=True)


def pair_coverage(coverage: pd.DataFrame, runs: Mapping[str, str]) -> pd.DataFrame:
    """How many rows of each run were compared in each language: index checkpoint (`runs`: run -> it) x language.

    A checkpoint is compared in one source language, or in several; then the fewest rows of any count.
    """
    pairs = coverage[(coverage["kind"] == "pairs") & coverage["run"].isin(list(runs))]
    named = pairs.assign(name=pairs["run"].map(dict(runs)))
    table = named.pivot_table(index="name", columns="target_language", values="rows", aggfunc="min", fill_value=0)
    return table.astype(int)


def _entry(run: str, created: str, identity: Mapping[str, object], held: pd.DataFrame) -> tuple[object, ...]:
    pairs = held[held["kind"] == "pairs"]
    predicted = held[held["kind"] != "pairs"]
    rows = int(held["rows"].max()) if len(held) else 0
    languages = len(set(pairs["target_language"]) | set(predicted["source_language"]))
    whole = rows * languages
    done = int(pairs.groupby("target_language")["rows"].min().sum()) if len(pairs) else 0
    share = done / whole if whole and len(pairs) else 0.0
    state = EVALUATED if pairs.empty else COMPLETE if share >= 1 else PARTIAL
    names = ("dataset", "split", "checkpoint", "task")
    return (run, *(identity[name] for name in names), created, rows, languages, share, state)
