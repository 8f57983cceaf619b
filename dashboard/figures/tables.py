"""The tables under the pictures; the pages and the report show the same rows.

Cells are text as it is printed, except where a page sorts or draws by the value: flows and differences hold numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pandas as pd

from core.consistency.two_models import aligned_mass
from core.results import PairAnalysis, Side
from core.text.languages import get_language
from dashboard.figures.names import language_names
from dashboard.figures.numbers import NOT_RUN, amount, count, decimal, percent, score, signed_percent
from dashboard.figures.pieces import title_text, unit_labels

# How the numbers of a column are printed.
FLOW_FORMATS = {"Flow": decimal, "Similarity": decimal, "Adds to C": decimal, "Share of C": percent}
DIFFERENCE_FORMATS = {
    "Mass, A": percent,
    "Mass, B": percent,
    "A − B": lambda value: signed_percent(value, 1),
}
# What the store holds of an attribution whose text or model is missing.
STORED_QUALITY = ["Side", "Nodes", "Estimated token error", "Convergence delta", "Tokens"]


def quality_table(sides: Sequence[Side]) -> pd.DataFrame:
    """How well each side was attributed; one row a side."""
    return pd.DataFrame([_quality(side) for side in sides])


def token_table(side: Side) -> pd.DataFrame:
    """Every unit of a side with its score, the score's share of the sum of all |scores|, and its mass."""
    total = float(abs(side.attribution.scores).sum()) or 1.0
    return pd.DataFrame(
        {
            "Token": unit_labels(side),
            "Field": [unit.field for unit in side.units],
            "Score": [score(float(value)) for value in side.scores],
            "Share of attribution": [_share(float(value) / total) for value in side.scores],
            "Mass": [percent(float(value)) for value in side.mass],
        }
    )


def difference_table(first: Side, second: Side) -> pd.DataFrame:
    """Every unit of a text with its mass under models A and B, and A − B.

    Units are words where the two models cut the text differently; the first column says which.
    """
    aligned = aligned_mass(first, second)
    labels = unit_labels(first) if aligned.same_units else [title_text(unit.text) for unit in aligned.units]
    return pd.DataFrame(
        {
            "Token" if aligned.same_units else "Word": labels,
            "Field": [unit.field for unit in aligned.units],
            "Mass, A": aligned.first,
            "Mass, B": aligned.second,
            "A − B": aligned.difference,
        }
    )


def flow_table(analysis: PairAnalysis) -> pd.DataFrame:
    """Every flow, largest contribution to C first; `i` and `j` are its units."""
    source, target = language_names(analysis)
    target = target if target != source else f"{target} (translation)"
    left, right = unit_labels(analysis.source), unit_labels(analysis.target)
    total = analysis.consistency or 1.0
    flows = analysis.transport.flows()
    rows = [(left[flow.i], right[flow.j], flow.flow, flow.similarity, flow.contribution) for flow in flows]
    frame = pd.DataFrame(rows, columns=[source, target, "Flow", "Similarity", "Adds to C"])
    return frame.assign(
        **{"Share of C": frame["Adds to C"] / total}, i=[flow.i for flow in flows], j=[flow.j for flow in flows]
    )


def settings_groups(analysis: PairAnalysis) -> dict[str, dict[str, str]]:
    """Model, settings, shared space and versions, each as names and values; without groups that are empty."""
    model, settings = analysis.model, asdict(analysis.settings)
    targets = [side.attribution.target.label for side in (analysis.source, analysis.target)]
    shuffles = count(analysis.references.n_shuffles)
    groups = {
        "Model": {
            "Model": f"{model.title} ({model.name}, {model.revision})",
            "Family": model.family,
            "Trained on": get_language(model.train_language).name if model.train_language else "no task head",
            **({"Pooling": model.pooling} if analysis.settings.task == "meaning" and model.pooling else {}),
            "Device": model.device,
        },
        "Settings": {
            **{_title(name): _value(value) for name, value in settings.items() if name != "permutations"},
            "Tolerance": percent(analysis.settings.tolerance),
            "Explained": " | ".join(targets),
            "Shuffles": shuffles,
        },
        "Shared space": {_title(name): _value(value) for name, value in analysis.space.items()},
        "Versions": dict(analysis.versions),
    }
    return {title: group for title, group in groups.items() if group}


def settings_table(analyses: Mapping[str, PairAnalysis]) -> pd.DataFrame:
    """The same as one table; a column of values for each model, under its letter."""
    prefixes = {"Shared space": "Space: ", "Versions": "Version of "}
    columns = {
        letter or "Value": {
            f"{prefixes.get(title, '')}{name}": value
            for title, group in settings_groups(analysis).items()
            for name, value in group.items()
        }
        for letter, analysis in analyses.items()
    }
    names = dict.fromkeys(name for column in columns.values() for name in column)
    values = {letter: [column.get(name, NOT_RUN) for name in names] for letter, column in columns.items()}
    return pd.DataFrame({"Setting": list(names), **values})


def _quality(side: Side) -> dict[str, str]:
    attribution, text = side.attribution, side.text
    kind, label = attribution.target.kind, attribution.target.title
    error = attribution.token_error
    # Specials and a model's prefix are read, and carry nothing.
    specials = int(text.special_mask.sum())
    read = f"{count(len(text.tokens) - specials)} + {count(specials)} special"
    tokens = f"{read}, cut from {count(text.n_tokens_uncut)}" if text.cut else read
    return {
        "Side": get_language(side.language).name,
        "Explained": "the sentence’s meaning" if kind == "meaning" else title_text(label),
        "Nodes": count(attribution.n_steps),
        "Forward evaluations": count(attribution.n_forward),
        "Estimated token error": NOT_RUN if error is None else percent(error, 2),
        "F(x)": score(attribution.f_input),
        "F(x′), baseline": score(attribution.f_baseline),
        "F(x) − F(x′)": score(attribution.f_input - attribution.f_baseline),
        "Sum of scores": score(float(attribution.sums.sum())),
        "Convergence delta": amount(attribution.delta),
        "Method": title_text(attribution.method),
        "Tokens": tokens,
    }


def _share(share: float) -> str:
    return "0%" if share == 0 else f"{signed_percent(share, 1)}%"


def _title(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _value(value: object) -> str:
    if value is None or value in ((), ""):
        return NOT_RUN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(" ".join(map(str, part)) if isinstance(part, tuple) else str(part) for part in value)
    return str(value)
