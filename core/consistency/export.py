"""Results as JSON and CSV, with the names that the command line prints."""

import csv
import io
from dataclasses import asdict
from typing import Any

from core.consistency.agreement import link_agreement
from core.results import PairAnalysis, PairReport, Side

# A spreadsheet runs a cell that starts with one of these as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def report_to_json(report: PairReport) -> dict[str, Any]:
    """Return the JSON object of a report; for `qa` one under `start` and one under `end`.

    Where every class was explained, `classes` has for each what depends on it.
    """
    if len(report.analyses) == 1:
        found = analysis_to_json(report.analyses[0]) | {"notices": list(report.notices)}
        return found | ({"classes": _classes_to_json(report)} if report.classes else {})
    ends = {str(analysis.end): analysis_to_json(analysis) for analysis in report.analyses}
    return ends | {"notices": list(report.notices)}


def _classes_to_json(report: PairReport) -> dict[str, Any]:
    """Class -> the JSON object of the pair explained for it, without what all classes share."""
    shared = ("model", "settings", "similarity", "versions")
    return {
        analysis.settings.explain: {
            name: value for name, value in analysis_to_json(analysis).items() if name not in shared
        }
        for analysis in report.classes
    }


def analysis_to_json(analysis: PairAnalysis) -> dict[str, Any]:
    """Return one analysis as plain lists and numbers.

    `plan` and `similarity` have a row for each source unit and a column for each target unit, specials left out.
    `tokens` lists the units, at word level words, and the specials.
    """
    references = analysis.references
    return {
        "model": {
            "name": analysis.model.name,
            "revision": analysis.model.revision,
            "family": analysis.model.family,
            "task": analysis.model.task,
            "train_language": analysis.model.train_language,
            "pooling": analysis.model.pooling if analysis.settings.task == "meaning" else None,
        },
        "settings": asdict(analysis.settings) | {"space_details": dict(analysis.space)},
        "consistency": analysis.consistency,
        "references": {
            "uniform": references.uniform,
            "shuffled_mean": references.shuffled_mean,
            "shuffled_sd": references.shuffled_sd,
            "shuffled_low": references.shuffled_low,
            "shuffled_high": references.shuffled_high,
            "shuffled_percentile": references.shuffled_percentile,
            "n_shuffles": references.n_shuffles,
            "carried": references.carried,
        },
        "share_of_attainable": references.share_of_attainable(analysis.consistency),
        "agreement": asdict(link_agreement(analysis)),
        "source": _side_to_json(analysis.source),
        "target": _side_to_json(analysis.target),
        "similarity": analysis.transport.similarity.tolist(),
        "plan": analysis.transport.plan.tolist(),
        "versions": dict(analysis.versions),
    }


def _side_to_json(side: Side) -> dict[str, Any]:
    attribution = side.attribution
    return {
        "language": side.language,
        "tokens": _tokens_to_json(side),
        "delta": attribution.delta,
        "token_error": attribution.token_error,
        "n_steps": attribution.n_steps,
        "n_forward": attribution.n_forward,
        "f_input": attribution.f_input,
        "f_baseline": attribution.f_baseline,
        "target": attribution.target.label,
        "target_kind": attribution.target.kind,
        "output": attribution.target.output,
        "against": attribution.target.against,
        "aggregate": attribution.aggregate,
        "baseline_is_higher": attribution.baseline_is_higher,
        "target_index": attribution.target.index,
        "prediction": dict(side.prediction),
        "n_tokens": len(side.text.tokens),
        "n_tokens_uncut": side.text.n_tokens_uncut,
    }


def _tokens_to_json(side: Side) -> list[dict[str, Any]]:
    """Units and specials in reading order; a special has score 0 and mass 0."""
    tokens = {
        unit.tokens[0]: {
            "text": unit.text,
            "start": unit.start,
            "end": unit.end,
            "field": unit.field,
            "special": False,
            "score": float(score),
            "mass": float(mass),
        }
        for unit, score, mass in zip(side.units, side.scores, side.mass, strict=True)
    }
    for position, token in enumerate(side.text.tokens):
        if token.special:
            tokens[position] = {
                "text": token.text,
                "start": 0,
                "end": 0,
                "field": None,
                "special": True,
                "score": float(side.attribution.scores[position]),
                "mass": 0.0,
            }
    return [tokens[position] for position in sorted(tokens)]


def flows_to_csv(analysis: PairAnalysis) -> str:
    """Return every flow as CSV, largest contribution to C first."""
    source, target = analysis.source.names, analysis.target.names
    rows = [
        (
            source[flow.i],
            target[flow.j],
            flow.flow,
            flow.similarity,
            flow.contribution,
        )
        for flow in analysis.transport.flows()
    ]
    return to_csv(("source", "target", "flow", "similarity", "adds_to_c"), rows)


def tokens_to_csv(side: Side) -> str:
    """Return every unit of a side with score and mass as CSV."""
    rows = [
        (name, unit.field, unit.start, unit.end, float(score), float(mass))
        for name, unit, score, mass in zip(side.names, side.units, side.scores, side.mass, strict=True)
    ]
    return to_csv(("token", "field", "start", "end", "score", "mass"), rows)


def to_csv(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    """Return a CSV table whose text cells no spreadsheet takes for a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[neutralise(cell) if isinstance(cell, str) else cell for cell in row] for row in rows])
    return buffer.getvalue()


def neutralise(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula."""
    return "'" + text if text.startswith(FORMULA_STARTS) else text
