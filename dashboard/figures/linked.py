"""Chips, flow, matrix and table of one pair as one linked picture: the parts, and what a script needs to light them."""

import re
from dataclasses import dataclass
from html import escape

from core.results import PairAnalysis, Side
from core.text.languages import get_language
from dashboard.figures.chips.row import AnswerMarks, chips_html, side_card_html
from dashboard.figures.flow.picture import NARROW, ROOMY, WIDE, flow_svg
from dashboard.figures.identity import text_fingerprint
from dashboard.figures.legend import attribution_legend, head_html, similarity_legend, transport_legend
from dashboard.figures.matrix.cells import MatrixKind, largest_cell
from dashboard.figures.matrix.picture import SMALL, WIDTH, matrix_svg
from dashboard.figures.names import language_names
from dashboard.figures.numbers import count, counted, decimal, percent
from dashboard.figures.pieces import unit_labels
from dashboard.figures.units import SOURCE, TARGET, End, flow_key, on, units_key
from dashboard.figures.words import sentences
from dashboard.figures.words.pointed import POINT_AT_A_WORD, Pointed

MOST_ROWS = 200
NAMED = re.compile(r'data-on="([^"]+)"')
KINDS: tuple[MatrixKind, MatrixKind] = ("transport", "similarity")


@dataclass(frozen=True)
class Linked:
    """A linked picture.

    Attributes
    ----------
    html : the parts; every element that stands for units names them (`dashboard.figures.units`).
    said : name of some units, or of a flow -> its sentence, as HTML.
    partners : name of some units of one text -> the units of the other text that they meet.
    texts : end -> what tells one text from another: a pinned word stays pinned while its text stays.
    places : end -> field, first and last character of every unit.
    """

    html: str
    said: dict[str, str]
    partners: dict[str, str]
    texts: dict[End, str]
    places: dict[End, list[tuple[str, int, int]]]


def linked_picture(
    analysis: PairAnalysis, chips: str, kind: MatrixKind = "transport", *, similarities: bool = True
) -> Linked:
    """Draw flow, matrix and table of a pair under its chips.

    Parameters
    ----------
    chips : ready HTML of both texts' chips, made with `end`; "" where they cannot be shown.
    kind : which matrix is drawn. similarities : whether the similarities of pairs without a flow are known.
    """
    say = (
        f'<div class="say"><span class="said">{POINT_AT_A_WORD}</span></div>'
        '<div class="unseen aloud" role="status" aria-live="polite"></div>'
    )
    left, right = _flow_html(analysis), _matrix_html(analysis, kind, similarities) + _table_html(analysis)
    html = f'{chips}{say}<div class="parts"><div class="left">{left}</div><div class="right">{right}</div></div>'
    said, partners = _sentences(analysis, html)
    sides: dict[End, Side] = {SOURCE: analysis.source, TARGET: analysis.target}
    return Linked(
        html,
        said,
        partners,
        texts={end: text_fingerprint(side) for end, side in sides.items()},
        places={end: [(unit.field, unit.start, unit.end) for unit in side.units] for end, side in sides.items()},
    )


def both_chips_html(
    task: str,
    sides: tuple[Side, Side],
    marks: tuple[AnswerMarks | None, AnswerMarks | None],
    *,
    show_specials: bool = False,
) -> str:
    """Both texts as chips that name their units, with title and legend."""
    legend = attribution_legend(sentences.attribution_meaning(sides[0].attribution.target))
    head = head_html(sentences.section_title(task), legend)
    cards = "".join(
        side_card_html(
            get_language(side.language).name,
            sentences.explained_html(side),
            chips_html(side, field_titles=field_titles(side), show_specials=show_specials, answer=answer, end=end),
        )
        for side, answer, end in zip(sides, marks, (SOURCE, TARGET), strict=True)
    )
    return f'{head}<div class="cards">{cards}</div>'


def _sentences(analysis: PairAnalysis, html: str) -> tuple[dict[str, str], dict[str, str]]:
    """The sentences of all units and flows that some part of a picture names, and the partners of the units."""
    pointed = Pointed(analysis)
    said = {flow_key([flow.i], [flow.j]): pointed.flow(flow.i, flow.j) for flow in analysis.transport.flows()}
    partners = {}
    for key in sorted(set(NAMED.findall(html)) - set(said)):
        units = key.split(" ")
        if len({unit[0] for unit in units}) > 1:
            continue
        end, other = (SOURCE, TARGET) if key.startswith(SOURCE) else (TARGET, SOURCE)
        indices = [int(unit[1:]) for unit in units]
        said[key] = pointed.units(end, indices)
        partners[key] = units_key(other, pointed.partners(end, indices))
    return said, partners


def _flow_html(analysis: PairAnalysis) -> str:
    titles = field_titles(analysis.source)
    drawn = "".join(
        f'<div class="at {name}">'
        f"{flow_svg(analysis, width, identity=f'linked-{name}', field_titles=titles, scripted=True)}</div>"
        for name, width in (("roomy", ROOMY), ("wide", WIDE), ("narrow", NARROW))
    )
    head = head_html("Flow between the sentences", similarity_legend(), note=sentences.flow_note())
    return f'{head}{drawn}<p class="small muted note">{escape(sentences.flow_caption(analysis))}</p>'


def _matrix_html(analysis: PairAnalysis, kind: MatrixKind, similarities: bool) -> str:
    buttons = "".join(
        f'<button type="button" data-kind="{name}" aria-pressed="{str(name == kind).lower()}">{name}</button>'
        for name in KINDS
    )
    choice = f'<span class="seg" role="group" aria-label="Matrix">{buttons}</span>' if similarities else ""
    note = sentences.matrix_note(*language_names(analysis))
    head = head_html(f"{kind.title()} matrix", choice, note=note)
    legend = transport_legend(largest_cell(analysis)) if kind == "transport" else similarity_legend()
    drawn = "".join(
        f'<div class="at {name}">{matrix_svg(analysis, kind, width=width, identity=f"linked-matrix-{name}")}</div>'
        for name, width in (("large", WIDTH), ("small", SMALL))
    )
    frame = f'<div class="scroll" tabindex="0" role="region" aria-label="{kind.title()} matrix">{drawn}</div>'
    return f"{head}{frame}{legend}"


def _table_html(analysis: PairAnalysis) -> str:
    """Every flow, largest addition to C first, with the numbers of the pictures."""
    flows = analysis.transport.flows()
    source, target = (unit_labels(side) for side in (analysis.source, analysis.target))
    most = max((flow.contribution for flow in flows), default=0.0) or 1.0
    rows = "".join(
        f"<tr{on(flow_key([flow.i], [flow.j]))}>{_word_cell(source[flow.i], analysis.source)}"
        f"{_word_cell(target[flow.j], analysis.target)}"
        f'<td class="n">{percent(flow.flow)}</td><td class="n">{decimal(flow.similarity, 2)}</td>'
        f'<td class="n"><i class="gain" style="width:{64 * flow.contribution / most:.0f}px"></i>'
        f"{decimal(flow.contribution)}</td></tr>"
        for flow in flows[:MOST_ROWS]
    )
    names = "".join(f"<th>{escape(name)}</th>" for name in language_names(analysis))
    numbers = "".join(f'<th class="n">{name}</th>' for name in ("Flow", "Similarity", "Adds to C"))
    shown = counted(len(flows), "flow") if len(flows) <= MOST_ROWS else f"{MOST_ROWS} of {count(len(flows))} flows"
    note = f"{shown}, largest addition to C first. A pinned word leaves only its own."
    head = head_html("Largest flows", note=note)
    return (
        f'{head}<div class="scroll rows" tabindex="0" role="region" aria-label="Largest flows">'
        f'<table class="flows"><thead><tr>{names}{numbers}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _word_cell(label: str, side: Side) -> str:
    return f'<td lang="{escape(side.language, quote=True)}"><bdi>{escape(label)}</bdi></td>'


def field_titles(side: Side) -> tuple[str, ...]:
    """The names of the fields, where a text has more than one."""
    names = tuple(name for name, _ in side.text.fields)
    return names if len(names) > 1 else ()
