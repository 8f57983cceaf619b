"""Tables of C on texts of the user's, which the paper does not have: checkpoint by language, as in tables 1 to 5."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.data.cells import SPLIT
from core.report.row_values import COMPARISONS, languages_in_order
from core.report.tables.sources import Quantity
from core.report.tables.table import REFERENCES, Block, Table, block_of
from core.settings import get_task
from core.statistics import Axes, GridSummary, grids_from_frame, summarise
from core.store import ExampleFilter, Reader, RunIdentity, Scope

OWN = "own"
_QUANTITIES: tuple[Quantity, ...] = ("consistency", *REFERENCES)


def own_tables(reader: Reader, runs: Sequence[str] = (), *, n_resamples: int = 1000, seed: int = 0) -> list[Table]:
    """Return a table for the texts of each file or folder that a store holds pairs of; of `qa`, one for each end.

    Rows are checkpoints, one for each run, columns the languages that a run compares its own language with: the one the
    checkpoint was trained in, else the first that was asked for.

    Parameters
    ----------
    runs : only these; empty: all.
    """
    groups: dict[tuple[str, str], dict[str, RunIdentity]] = {}
    for run, manifest in sorted(reader.runs.items()):
        identity = manifest.identity
        if identity.split == SPLIT and run in reader.holding("pairs") and (not runs or run in runs):
            groups.setdefault((identity.dataset, identity.data_fingerprint), {})[run] = identity
    tables = []
    for (name, _), identities in groups.items():
        task = next(iter(identities.values())).task
        for end in ("start", "end") if task == "qa" else ("",):
            summaries = _summaries(reader, identities, end, n_resamples, seed)
            title = f"Consistency C on {name} ({get_task(task).title}{f', answer {end}' if end else ''})"
            tables.append(_table(name, title, summaries, n_resamples, seed))
    return tables


def _summaries(
    reader: Reader, identities: Mapping[str, RunIdentity], end: str, n_resamples: int, seed: int
) -> dict[Quantity, GridSummary]:
    columns = {COMPARISONS[quantity]: quantity for quantity in _QUANTITIES}
    frames, sources = [], []
    for run, identity in identities.items():
        found = reader.pair_columns(
            (*columns, "cluster"),
            Scope(runs=(run,)),
            ExampleFilter(end=end),
            by=("source_language", "target_language"),
        )
        # Without a training language, that of the texts that every other one is compared with.
        own = identity.train_language or str(found["source_language"].mode()[0])
        frames.append(found[found["source_language"] == own].assign(label=_label(run, identity, identities)))
        sources.append(own)
    frame = pd.concat(frames, ignore_index=True).rename(columns={"target_language": "language", **columns})
    axes = Axes(
        rows=tuple(_label(run, identity, identities) for run, identity in identities.items()),
        columns=languages_in_order(frame["language"].astype(str), ""),
        trained_on=tuple(sources),
    )
    grids = grids_from_frame(
        frame.astype({"language": str}),
        axes,
        row="label",
        column="language",
        values=_QUANTITIES,
        example="row",
        cluster="cluster",
    )
    return {
        quantity: summarise(grid, n_resamples=n_resamples, seed=seed)
        for quantity, grid in zip(_QUANTITIES, grids, strict=True)
    }


def _label(run: str, identity: RunIdentity, identities: Mapping[str, RunIdentity]) -> str:
    alike = [other for other in identities.values() if other.checkpoint == identity.checkpoint]
    return f"{identity.checkpoint} ({run[-12:]})" if len(alike) > 1 else identity.checkpoint


def _table(name: str, title: str, summaries: Mapping[Quantity, GridSummary], n_resamples: int, seed: int) -> Table:
    axes = summaries["consistency"].axes
    blocks: dict[Quantity, Block] = {
        quantity: block_of([(axes.rows, summary)], axes.rows, axes.columns) for quantity, summary in summaries.items()
    }
    return Table(
        table=OWN,
        title=title,
        data_set=name,
        measure="consistency",
        rows=axes.rows,
        columns=axes.columns,
        ours=blocks.pop("consistency"),
        overall_columns=axes.columns,
        references={quantity: block for quantity, block in blocks.items() if not block.empty},
        paper=np.full(axes.shape, np.nan),
        paper_overall=np.full(axes.shape[0], np.nan),
        n_resamples=n_resamples,
        seed=seed,
    )
