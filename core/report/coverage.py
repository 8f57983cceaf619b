"""The coverage of stored runs: how many rows are compared in each language, and whether a run is complete."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from core.store import Reader
from core.store.layout import TEXT_KINDS
from core.store.manifest import Manifest

EVALUATED, PARTIAL, COMPLETE = "predictions only", "in part", "complete"
Counts = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Coverage:
    """How many rows are compared in each language, by checkpoints whose runs have the same settings.

    Attributes
    ----------
    done, failed : (checkpoint, language) -> number of compared rows, and of those without a C.
    wholes : checkpoint -> number of rows of each of its languages when it is complete.
    """

    checkpoints: tuple[str, ...]
    languages: tuple[str, ...]
    done: Counts
    failed: Counts
    wholes: Mapping[str, int]


def run_table(reader: Reader, coverage: pd.DataFrame) -> pd.DataFrame:
    """List the runs of a store, the latest first.

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
    """Count the compared rows of each run: checkpoints (`runs`: run -> checkpoint) x target languages.

    Where a checkpoint is compared from several source languages, the one with the fewest rows counts.
    """
    pairs = coverage[(coverage["kind"] == "pairs") & coverage["run"].isin(list(runs))]
    named = pairs.assign(name=pairs["run"].map(dict(runs)))
    table = named.pivot_table(index="name", columns="target_language", values="rows", aggfunc="min", fill_value=0)
    return table.astype(int)


def group_runs(runs: Mapping[str, Manifest], run: str) -> dict[str, str]:
    """Return run -> checkpoint of the runs with the settings of `run`: it, and the latest of each other checkpoint."""
    group = runs[run].identity.group
    alike = [name for name, manifest in runs.items() if manifest.identity.group == group]
    alike.sort(key=lambda name: (name == run, runs[name].created))
    return {name: checkpoint for checkpoint, name in {runs[name].identity.checkpoint: name for name in alike}.items()}


def group_coverage(coverage: pd.DataFrame, problems: pd.DataFrame, runs: Mapping[str, str]) -> Coverage | None:
    """Return the coverage of some runs (run -> checkpoint); None where they hold predictions only.

    Parameters
    ----------
    coverage, problems : the reader's answers, `problems` of these runs' pairs.
    """
    table = pair_coverage(coverage, runs)
    if table.empty:
        return None
    held = coverage[coverage["run"].isin(list(runs))]
    return Coverage(
        checkpoints=tuple(map(str, table.index)),
        languages=tuple(map(str, table.columns)),
        done=_counts(table.stack()),
        failed=_counts(problems.groupby([problems["run"].map(runs), "target_language"])["row"].nunique()),
        wholes={str(name): int(rows) for name, rows in held.groupby(held["run"].map(runs))["rows"].max().items()},
    )


def _counts(counted: "pd.Series[int]") -> Counts:
    return {(str(name), str(language)): int(rows) for (name, language), rows in counted.items()}


def _entry(run: str, created: str, identity: Mapping[str, object], held: pd.DataFrame) -> tuple[object, ...]:
    pairs = held[held["kind"] == "pairs"]
    predicted = held[held["kind"].isin(TEXT_KINDS)]
    rows = int(held["rows"].max()) if len(held) else 0
    languages = len(set(pairs["target_language"]) | set(predicted["source_language"]))
    whole = rows * languages
    done = int(pairs.groupby("target_language")["rows"].min().sum()) if len(pairs) else 0
    share = done / whole if whole and len(pairs) else 0.0
    state = EVALUATED if pairs.empty else COMPLETE if share >= 1 else PARTIAL
    names = ("dataset", "split", "checkpoint", "task")
    return (run, *(identity[name] for name in names), created, rows, languages, share, state)
