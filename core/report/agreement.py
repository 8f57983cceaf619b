"""Rank correlation and overlap of scores over the links of stored plans, for every pair of languages of some runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.consistency.agreement import TOP, agreement_of
from core.errors import DataError
from core.report.stored_example import StoredExample, StoredSide, scored_sides
from core.results import Array
from core.statistics.intervals import N_RESAMPLES, Estimate, percentile_interval
from core.store import AttributionRecord, PairRecord, Reader, plan_of

BATCH = 512


@dataclass(frozen=True)
class PairAgreement:
    """The means of one pair of languages of a run, on the examples whose flows are stored.

    `spearman` leaves out examples without a coefficient; its `n` says how many have one.
    """

    run: str
    languages: tuple[str, str]
    consistency: Estimate
    spearman: Estimate
    overlap: Estimate


@dataclass(frozen=True)
class _Cell:
    """One pair of languages of a run, at one end of an answer; the overlap compares `top` units of each side."""

    run: str
    languages: tuple[str, str]
    end: str
    top: int


def stored_agreements(
    reader: Reader, run: str, end: str = "", *, top: int = TOP, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> list[PairAgreement]:
    """Return the agreement of each pair of different languages of a run, from stored scores and flows.

    Examples that share a premise, context or sentence are resampled together.

    Raises
    ------
    DataError : the run holds no flows between two languages.
    StoreError : flows do not belong to the scores.
    """
    units = (unit for shard in reader.snapshot.of(run, "flows") for unit in shard.info.units)
    rows_of: dict[tuple[str, str], set[int]] = {}
    for unit in units:
        if len(set(unit.languages)) > 1:
            rows_of.setdefault((unit.languages[0], unit.languages[1]), set()).update(unit.rows)
    if not rows_of:
        raise DataError(f"{run} holds no flows between two languages, from which links are read.")
    found = []
    for languages, rows in sorted(rows_of.items()):
        values, clusters = _values(reader, _Cell(run, languages, end, top), sorted(rows))
        estimates = [_estimate(column, clusters, n_resamples, seed) for column in values.T]
        found.append(PairAgreement(run, languages, *estimates))
    return found


def _values(reader: Reader, cell: _Cell, rows: Sequence[int]) -> tuple[Array, Array]:
    """(example, 3) C, Spearman and overlap, NaN where there is none, and (example,) clusters."""
    values, clusters = [], []
    for begin in range(0, len(rows), BATCH):
        for pair, line in _examples(reader, cell, rows[begin : begin + BATCH]):
            values.append(line)
            clusters.append(pair.row if pair.cluster is None else pair.cluster)
    return np.array(values, dtype=np.float64).reshape(-1, 3), np.array(clusters, dtype=np.float64)


def _examples(
    reader: Reader, cell: _Cell, rows: Sequence[int]
) -> Iterator[tuple[PairRecord, tuple[float, float, float]]]:
    pairs = reader.pairs(cell.run, cell.languages, rows=rows)
    flows = reader.flows(cell.run, cell.languages, rows=rows)
    attributions = reader.attributions(cell.run, rows=rows, languages=list(cell.languages))
    manifest = reader.runs[cell.run]
    for row in rows:
        pair, record = pairs.get((row, cell.end)), flows.get((row, cell.end))
        if pair is None or record is None or pair.consistency is None or record.problem:
            continue
        sides = _sides(pair, cell.languages, attributions)
        if len(sides) < 2:
            continue
        ((source, target),) = scored_sides(StoredExample(manifest, row, sides[0], sides[1], (pair,)), None)
        plan = plan_of(record, source.mass, target.mass)
        agreed = agreement_of(plan, source.scores, target.scores, top=cell.top)
        spearman = float("nan") if agreed.spearman is None else agreed.spearman
        yield pair, (pair.consistency, spearman, agreed.overlap)


def _sides(
    pair: PairRecord,
    languages: tuple[str, str],
    attributions: Mapping[tuple[str, int, str, int], AttributionRecord],
) -> list[StoredSide]:
    """The sides of a pair whose scores are stored."""
    indices = (pair.source_target, pair.target_target)
    keyed = [(language, pair.row, pair.end, index) for language, index in zip(languages, indices, strict=True)]
    return [
        StoredSide(key[0], None, (record,))
        for key in keyed
        if (record := attributions.get(key)) is not None and not record.problem
    ]


def _estimate(values: Array, clusters: Array, n_resamples: int, seed: int) -> Estimate:
    """The mean with a 95% interval over clusters of examples; NaN values are left out."""
    known = ~np.isnan(values)
    if not known.any():
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    labels, members = np.unique(clusters[known], return_inverse=True)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(labels), np.full(len(labels), 1 / len(labels)), size=n_resamples)[:, members]
    resampled = (drawn @ values[known]) / drawn.sum(axis=1)
    low, high = percentile_interval(resampled)
    return Estimate(float(values[known].mean()), float(low), float(high), int(known.sum()))
