"""The tables of the report, as HTML; every text from a user or a model is escaped and drawable."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from html import escape

from core.consistency.two_models import aligned_mass
from core.results import PairAnalysis, Side
from core.text.languages import get_language
from dashboard.figures.numbers import amount, count, counted, decimal, percent, score, signed_percent
from dashboard.figures.pieces import display_text, title_text, unit_labels

TOP_FLOWS = 15
_NONE = "–"


def safe(text: str) -> str:
    """Any text as HTML: shortened when long, invisible characters spelt out, escaped."""
    return escape(title_text(text), quote=True)


def flows_table(analysis: PairAnalysis) -> str:
    """The flows that add most to C, and a line saying how many more there are."""
    flows = analysis.transport.flows()
    if not flows:
        return '<p class="muted">There is no flow.</p>'
    source, target = unit_labels(analysis.source), unit_labels(analysis.target)
    total = analysis.consistency or 1.0
    rows = [
        [
            _token(source[flow.i], analysis.source.language),
            _token(target[flow.j], analysis.target.language),
            decimal(flow.flow),
            decimal(flow.similarity),
            decimal(flow.contribution),
            percent(flow.contribution / total),
        ]
        for flow in flows[:TOP_FLOWS]
    ]
    names = [get_language(side.language).name for side in (analysis.source, analysis.target)]
    head = [*names, "Flow", "Similarity", "Adds to C", "Share of C"]
    left = len(flows) - len(rows)
    more = f'<p class="small muted">{counted(left, "more flow")} in the file of flows.</p>' if left else ""
    return _table(head, rows, words=2) + more


def tokens_table(side: Side) -> str:
    """Every unit of a side, folded: score, share of all attribution, mass."""
    total = float(abs(side.attribution.scores).sum()) or 1.0
    named = len(side.text.fields) > 1
    rows = [
        [
            _token(label, side.language),
            *([escape(unit.field)] if named else []),
            score(float(value)),
            "0%" if value == 0 else signed_percent(float(value) / total, 1) + "%",
            percent(float(mass)),
        ]
        for label, unit, value, mass in zip(unit_labels(side), side.units, side.scores, side.mass, strict=True)
    ]
    head = ["Token", *(["Field"] if named else []), "Score", "Share of attribution", "Mass"]
    summary = f"{get_language(side.language).name}, all {counted(len(rows), 'token')}"
    table = _table(head, rows, words=2 if named else 1)
    return f"<details><summary>{escape(summary)}</summary>{table}</details>"


def differences_table(first: Side, second: Side) -> str:
    """Every unit of a text, folded, with its mass under models A and B and the difference in points."""
    aligned = aligned_mass(first, second)
    labels = unit_labels(first) if aligned.same_units else [title_text(unit.text) for unit in aligned.units]
    rows = [
        [
            _token(label, first.language),
            escape(unit.field),
            percent(float(left)),
            percent(float(right)),
            signed_percent(float(left - right), 1),
        ]
        for label, unit, left, right in zip(labels, aligned.units, aligned.first, aligned.second, strict=True)
    ]
    summary = f"{get_language(first.language).name}, mass under A and B"
    table = _table(["Token", "Field", "Mass, A", "Mass, B", "A − B, points"], rows, words=2)
    return f"<details><summary>{escape(summary)}</summary>{table}</details>"


def quality_table(analysis: PairAnalysis) -> str:
    """How well the attributions of both sides were computed."""
    sides = (analysis.source, analysis.target)
    columns = [_quality(side) for side in sides]
    rows = [[escape(name), *(column[name] for column in columns)] for name in columns[0]]
    return _table(["", *(get_language(side.language).name for side in sides)], rows, words=1)


def settings_list(analysis: PairAnalysis) -> str:
    """Model, every setting, the shared space and the versions, as names and values."""
    model = analysis.model
    groups: dict[str, Mapping[str, object]] = {
        "Model": {
            "name": model.name,
            "title": model.title,
            "revision": model.revision,
            "family": model.family,
            "trained on": get_language(model.train_language).name if model.train_language else "no task head",
            "device": model.device,
        },
        "Settings": asdict(analysis.settings),
        "Shared space": analysis.space,
        "Versions": analysis.versions,
    }
    return "".join(_group(title, values) for title, values in groups.items() if values)


def _quality(side: Side) -> dict[str, str]:
    found = side.attribution
    change = found.f_input - found.f_baseline
    return {
        "Explained": safe("the sentence’s meaning" if found.target.kind == "meaning" else found.target.label),
        "F(x)": score(found.f_input),
        "F(x′), baseline": score(found.f_baseline),
        "F(x) − F(x′)": score(change),
        "Convergence delta |Σw − (F(x) − F(x′))|": amount(found.delta),
        "Estimated token error": _NONE if found.token_error is None else percent(found.token_error, 2),
        "Gradient evaluations": count(found.n_steps),
        "Forward evaluations": count(found.n_forward),
        "Method": safe(found.method),
        "Tokens read": f"{count(len(side.text.tokens))} of {count(side.text.n_tokens_uncut)}",
    }


def _group(title: str, values: Mapping[str, object]) -> str:
    items = "".join(f"<dt>{safe(_words(name))}</dt><dd>{safe(_value(value))}</dd>" for name, value in values.items())
    return f'<div class="group"><h3>{escape(title)}</h3><dl>{items}</dl></div>'


def _words(name: str) -> str:
    return name.replace("_", " ")


def _value(value: object) -> str:
    if value is None or value in ((), ""):
        return _NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(" ".join(map(str, part)) if isinstance(part, tuple) else str(part) for part in value)
    return str(value)


def _token(label: str, language: str) -> str:
    return f'<bdi lang="{escape(language, quote=True)}">{escape(display_text(label), quote=True)}</bdi>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, words: int) -> str:
    """A table of ready cells; the first `words` columns are text, the others numbers."""

    def line(cells: Sequence[str], tag: str) -> str:
        kinds = ("" if at < words else ' class="n"' for at in range(len(cells)))
        parts = (f"<{tag}{kind}>{cell}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))
        return f"<tr>{''.join(parts)}</tr>"

    body = "".join(line(row, "td") for row in rows)
    top = line([escape(name) for name in head], "th")
    return f'<div class="frame"><table><thead>{top}</thead><tbody>{body}</tbody></table></div>'
