"""Convert attributions, analyses and transport plans to the records of the store, and back."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import StoreError
from core.results import Array, Norms, PairAnalysis, Target, TokenAttribution, TokenizedText, TransportPlan
from core.store.records import AttributionRecord, FlowRecord, PairRecord
from core.text.languages import get_language

STORED = "stored"
# A relative error of 2^-11 at most, which no picture shows.
FLOW_BITS = 11


def attribution_record(row: int, attribution: TokenAttribution, *, explain: str = "source") -> AttributionRecord:
    """Return the record of one text's attribution, whose scores are sums; their norms are kept beside them.

    An answer's text (the label of a `qa` target) is left out.
    """
    if attribution.aggregate != "sum":
        raise ValueError(f"An attribution is stored with its sums as scores, not with their {attribution.aggregate}.")
    text, target = attribution.text, attribution.target
    fields = {name: position for position, (name, _) in enumerate(text.fields)}
    return AttributionRecord(
        row,
        end=target.kind if target.kind in ("start", "end") else "",
        target_index=target.index,
        target_label=target.label if target.kind == "class" else None,
        explain=explain,
        scores=tuple(attribution.scores.tolist()),
        starts=tuple(token.start for token in text.tokens),
        ends=tuple(token.end for token in text.tokens),
        fields=tuple(-1 if token.field is None else fields[token.field] for token in text.tokens),
        words=tuple(token.word for token in text.tokens),
        special=tuple(token.special for token in text.tokens),
        tokens=tuple(token.text for token in text.tokens),
        f_input=attribution.f_input,
        f_baseline=attribution.f_baseline,
        delta=attribution.delta,
        token_error=attribution.token_error,
        n_steps=attribution.n_steps,
        n_forward=attribution.n_forward,
        against=target.against,
        **_norm_columns(attribution.norms),
    )


def _norm_columns(norms: Norms | None) -> dict[str, Any]:
    if norms is None:
        return {}
    l2, l1 = (tuple(values.astype(np.float32).tolist()) for values in (norms.l2, norms.l1))
    return {"l2": l2, "l1": l1, "l2_error": norms.l2_error, "l1_error": norms.l1_error}


def attribution_of(text: TokenizedText, record: AttributionRecord, output: str = "logit") -> TokenAttribution:
    """Return the attribution that a record holds, of the text that it was computed from.

    How it was computed is not in the record but in the run's identity, `output` among it; `method` says "stored".
    """
    norms = None
    if record.l2 is not None and record.l1 is not None:
        l2, l1 = (np.array(values, dtype=np.float64) for values in (record.l2, record.l1))
        norms = Norms(l2, l1, record.l2_error, record.l1_error)
    kind = record.end or ("class" if record.target_label is not None else "meaning")
    return TokenAttribution(
        text=text,
        target=Target(kind, record.target_index, record.target_label or "", output, against=record.against),
        scores=np.array(record.scores, dtype=np.float64),
        f_input=record.f_input or 0.0,
        f_baseline=record.f_baseline or 0.0,
        n_steps=record.n_steps,
        n_forward=record.n_forward,
        token_error=record.token_error,
        method=STORED,
        norms=norms,
        defect=record.delta,
    )


def require_scored(text: TokenizedText, record: AttributionRecord) -> None:
    """Raise StoreError unless the tokens of a text are those that were scored."""
    stored = list(zip(record.starts, record.ends, record.special, strict=True))
    same = stored == [(token.start, token.end, token.special) for token in text.tokens]
    if same and record.tokens is not None:
        same = list(record.tokens) == [token.text for token in text.tokens]
    if not same:
        raise StoreError(
            f"The {get_language(text.language).name} text of row {record.row} is not the one that was scored: its "
            f"{len(text.tokens)} tokens are not those of the {len(stored)} stored scores. Use the data set and the "
            "tokenizer with which the scores were computed."
        )


def pair_record(
    row: int,
    analysis: PairAnalysis,
    *,
    mismatched: float | None = None,
    mismatched_row: int | None = None,
    same_prediction: bool | None = None,
    source_correct: bool | None = None,
    target_correct: bool | None = None,
    cluster: int | None = None,
) -> PairRecord:
    """Return the record of one pair; correctness, cluster and a mismatched translation come from the data set."""
    references = analysis.references
    return PairRecord(
        row,
        end=analysis.end or "",
        n_source=len(analysis.source.units),
        n_target=len(analysis.target.units),
        source_target=analysis.source.attribution.target.index,
        target_target=analysis.target.attribution.target.index,
        consistency=analysis.consistency,
        uniform=references.uniform,
        shuffled_mean=references.shuffled_mean,
        shuffled_sd=references.shuffled_sd,
        shuffled_low=references.shuffled_low,
        shuffled_high=references.shuffled_high,
        shuffled_percentile=references.shuffled_percentile,
        n_shuffles=references.n_shuffles,
        carried=references.carried,
        mismatched=mismatched,
        mismatched_row=mismatched_row,
        same_prediction=same_prediction,
        source_correct=source_correct,
        target_correct=target_correct,
        cluster=cluster,
    )


def flow_record(row: int, plan: TransportPlan, *, end: str = "") -> FlowRecord:
    """Return the record of a plan: its flows in reading order of the source, then of the target."""
    rows, columns = np.nonzero(plan.plan > 0)
    return FlowRecord(
        row,
        end=end,
        source_units=tuple(rows.tolist()),
        target_units=tuple(columns.tolist()),
        masses=tuple(_rounded(plan.plan[rows, columns]).tolist()),
        similarities=tuple(_rounded(plan.similarity[rows, columns]).tolist()),
    )


def _rounded(values: Array) -> NDArray[np.float32]:
    """Round to `FLOW_BITS` significant bits: the lower bits of a double do not compress."""
    mantissa, exponent = np.frexp(values)
    scale = 2.0**FLOW_BITS
    return np.ldexp(np.round(mantissa * scale) / scale, exponent).astype(np.float32)


def plan_of(record: FlowRecord, source_mass: Array, target_mass: Array) -> TransportPlan:
    """Return the plan of a record, between the masses (n,) and (m,) of its units.

    Similarities are 0 where nothing flows: the record does not have them.

    Raises
    ------
    StoreError : the record has units beyond n or m.
    """
    plan = np.zeros((len(source_mass), len(target_mass)))
    similarity = np.zeros_like(plan)
    cells = np.array(record.source_units, dtype=np.int64), np.array(record.target_units, dtype=np.int64)
    if any(len(units) and units.max() >= size for units, size in zip(cells, plan.shape, strict=True)):
        raise StoreError(f"The flows of row {record.row} are of other tokens than its scores: they are not shown.")
    plan[cells] = record.masses
    similarity[cells] = record.similarities
    return TransportPlan(source_mass, target_mass, similarity, plan)
