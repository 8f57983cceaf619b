"""A pair beside itself under another setting or an earlier result: two flows, the numbers, and what differs by word."""

import re
from collections.abc import Sequence
from html import escape

import numpy as np

from core.consistency.two_models import aligned_mass
from core.results import PairAnalysis, Side
from core.text.languages import get_language
from dashboard.figures.flow.picture import NARROW, WIDE, flow_svg
from dashboard.figures.identity import text_fingerprint
from dashboard.figures.legend import head_html
from dashboard.figures.linked import LONG_TEXT, Linked, field_titles
from dashboard.figures.numbers import decimal, percent, share_of_attainable, signed_percent
from dashboard.figures.pieces import title_text, unit_labels
from dashboard.figures.units import SOURCE, TARGET, End, flow_key, on, units_key
from dashboard.figures.words.pointed import Pointed

MOST_MOVED = 5
# A difference of mass that is printed as 0.0 points.
LEAST_DIFFERENCE = 0.0005
_NAMED = re.compile(r' data-on="[^"]*"')


def beside_picture(first: PairAnalysis, second: PairAnalysis, names: tuple[str, str]) -> Linked:
    """Draw two results of a pair as one linked picture.

    Parameters
    ----------
    first, second : of the same texts, or of others; what differs by word is listed where the texts are the same.
    names : what tells the two apart.
    """
    linked = _same_units(first.source, second.source) and _same_units(first.target, second.target)
    flows = "".join(
        f"<div>{_flow_head(name, each)}{_flow(each, place, linked or not place)}</div>"
        for place, (each, name) in enumerate(zip((first, second), names, strict=True))
    )
    differs = f"{_numbers_html(first, second)}{_words_html(first, second)}{_moved_html(first, second)}"
    html = f'<div class="two-results">{flows}<div>{differs}</div></div>'
    said, partners = _said(first)
    sides: dict[End, Side] = {SOURCE: first.source, TARGET: first.target}
    return Linked(
        f'{html}<div class="say"><span class="said">Point at a word to find it in both.</span></div>',
        said,
        what_if={},
        partners=partners,
        texts={end: text_fingerprint(side) for end, side in sides.items()},
        places={end: [(unit.field, unit.start, unit.end) for unit in side.units] for end, side in sides.items()},
    )


def _said(analysis: PairAnalysis) -> tuple[dict[str, str], dict[str, str]]:
    pointed = Pointed(analysis)
    said = {flow_key([flow.i], [flow.j]): pointed.flow(flow.i, flow.j) for flow in analysis.transport.flows()}
    partners = {}
    for end, side, other in ((SOURCE, analysis.source, TARGET), (TARGET, analysis.target, SOURCE)):
        for index in range(len(side.units)):
            said[units_key(end, [index])] = pointed.units(end, [index])
            partners[units_key(end, [index])] = units_key(other, pointed.partners(end, [index]))
    return said, partners


def _flow(analysis: PairAnalysis, place: int, named: bool) -> str:
    titles = field_titles(analysis.source)
    is_long = max(len(analysis.source.units), len(analysis.target.units)) > LONG_TEXT
    sizes = {
        name: flow_svg(
            analysis,
            width,
            identity=f"beside-{place}-{name}",
            field_titles=titles,
            scripted=True,
            fit=is_long,
        )
        for name, width in (("wide", WIDE), ("narrow", NARROW))
    }
    drawn = "".join(f'<div class="at {name}">{svg}</div>' for name, svg in sizes.items())
    return drawn if named else _NAMED.sub("", drawn)


def _flow_head(name: str, analysis: PairAnalysis) -> str:
    return head_html(name, f'<span class="muted">C {decimal(analysis.consistency)}</span>')


def _numbers_html(first: PairAnalysis, second: PairAnalysis) -> str:
    rows = [
        ("C", *(decimal(each.consistency) for each in (first, second))),
        ("shuffled, mean", *(decimal(each.references.shuffled_mean) for each in (first, second))),
        ("shuffles that give less", *(f"{each.references.shuffled_percentile:.1f}%" for each in (first, second))),
        ("equal importance", *(decimal(each.references.uniform) for each in (first, second))),
        (
            "share of the attainable",
            *(share_of_attainable(each.references.share_of_attainable(each.consistency)) for each in (first, second)),
        ),
    ]
    body = "".join(
        f'<tr><td>{name}</td><td class="n">{one}</td><td class="n">{other}</td></tr>' for name, one, other in rows
    )
    head = '<tr><th></th><th class="n">this</th><th class="n">other</th></tr>'
    return f'{head_html("What differs")}<table class="flows"><thead>{head}</thead><tbody>{body}</tbody></table>'


def _words_html(first: PairAnalysis, second: PairAnalysis) -> str:
    """Every word of both texts with its mass in both, largest difference first; and the flows that moved most."""
    ends = ((SOURCE, first.source, second.source), (TARGET, first.target, second.target))
    if any(one.text.words != other.text.words or one.language != other.language for _, one, other in ends):
        return '<p class="small muted">The two are of different texts: words are not listed.</p>'
    rows: list[tuple[float, str]] = []
    for end, one, other in ends:
        aligned = aligned_mass(one, other)
        labels = unit_labels(one) if aligned.same_units else [title_text(unit.text) for unit in aligned.units]
        for index, label in enumerate(labels):
            here, there = float(aligned.first[index]), float(aligned.second[index])
            key = on(units_key(end, [index])) if aligned.same_units else ""
            rows.append((here - there, _word_row(one, label, here, there, key)))
    if max(abs(difference) for difference, _ in rows) < LEAST_DIFFERENCE:
        return '<p class="small muted">Every word carries the same mass in both.</p>'
    rows.sort(key=lambda row: -abs(row[0]))
    head = '<tr><th>Word</th><th>Text</th><th class="n">this</th><th class="n">other</th><th class="n">points</th></tr>'
    body = "".join(row for _, row in rows)
    table = f'<table class="flows"><thead>{head}</thead><tbody>{body}</tbody></table>'
    frame = f'<div class="scroll rows" tabindex="0" role="region" aria-label="Mass of every word in both">{table}</div>'
    return f"{head_html('Mass by word')}{frame}"


def _word_row(side: Side, label: str, here: float, there: float, key: str) -> str:
    return (
        f'<tr{key}><td lang="{escape(side.language, quote=True)}"><bdi>{escape(label)}</bdi></td>'
        f"<td>{escape(get_language(side.language).name)}</td>"
        f'<td class="n">{percent(here)}</td><td class="n">{percent(there)}</td>'
        f'<td class="n">{signed_percent(there - here, 1)}</td></tr>'
    )


def _moved_html(first: PairAnalysis, second: PairAnalysis) -> str:
    """The flows that changed most, in points; "" where the units differ."""
    if not (_same_units(first.source, second.source) and _same_units(first.target, second.target)):
        return ""
    moved = second.transport.plan - first.transport.plan
    source, target = unit_labels(first.source), unit_labels(first.target)
    order = np.argsort(-np.abs(moved), axis=None, kind="stable")[:MOST_MOVED]
    rows = []
    for flat in order.tolist():
        i, j = divmod(flat, moved.shape[1])
        name = f"<bdi>{escape(source[i])}</bdi> → <bdi>{escape(target[j])}</bdi>"
        points = signed_percent(float(moved[i, j]), 1)
        rows.append(f'<tr{on(flow_key([i], [j]))}><td>{name}</td><td class="n">{points}</td></tr>')
    head = '<tr><th>Flow</th><th class="n">points</th></tr>'
    return (
        f"{head_html('Flows that moved most')}"
        f'<table class="flows"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _same_units(one: Side, other: Side) -> bool:
    return _spans(one) == _spans(other) and one.text.words == other.text.words


def _spans(side: Side) -> Sequence[tuple[str, int, int]]:
    return [(unit.field, unit.start, unit.end) for unit in side.units]
