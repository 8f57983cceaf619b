"""Chips, flow, matrix and table of one pair as one linked picture: the parts, and what a script needs to light them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from core.results import PairAnalysis, Side
from core.text.languages import get_language
from dashboard.figures.chips.row import AnswerMarks, chips_html, side_card_html
from dashboard.figures.flow.picture import NARROW, ROOMY, WIDE, flow_svg
from dashboard.figures.identity import text_fingerprint
from dashboard.figures.legend import attribution_legend, head_html, similarity_legend, transport_legend
from dashboard.figures.matrix.axes import group_axes
from dashboard.figures.matrix.cells import MatrixKind, largest_cell
from dashboard.figures.matrix.picture import SMALL, WIDTH, matrix_svg
from dashboard.figures.names import language_names
from dashboard.figures.numbers import count, counted, decimal, percent
from dashboard.figures.pieces import unit_labels
from dashboard.figures.scale import scale_keys_html, scale_svg
from dashboard.figures.units import SOURCE, TARGET, End, flow_key, on, units_key
from dashboard.figures.what_if import Change, asked_html, change_html
from dashboard.figures.words import sentences
from dashboard.figures.words.pointed import POINT_AT_A_WORD, Pointed

MOST_ROWS = 200
# A text of more words begins with its content words; a matrix of more columns does not fit at its usual size.
LONG_TEXT, FITTING_COLUMNS = 40, 20
NAMED = re.compile(r'data-on="([^"]+)"')
KINDS: tuple[MatrixKind, MatrixKind] = ("transport", "similarity")


@dataclass(frozen=True)
class Linked:
    """A linked picture.

    Attributes
    ----------
    html : the parts; every element that stands for units names them (`dashboard.figures.units`).
    said : name of some units, or of a flow -> its sentence, as HTML.
    what_if : name of a word -> what can be asked of it, or what the change asked for does, as HTML; of texts up to 40
        words.
    partners : name of some units of one text -> the units of the other text that they meet.
    texts : end -> what tells one text from another: a pinned word stays pinned while its text stays.
    places : end -> field, first and last character of every unit.
    """

    html: str
    said: dict[str, str]
    what_if: dict[str, str]
    partners: dict[str, str]
    texts: dict[End, str]
    places: dict[End, list[tuple[str, int, int]]]


def linked_picture(
    analysis: PairAnalysis,
    chips: str,
    kind: MatrixKind = "transport",
    *,
    similarities: bool = True,
    card: str = "",
    change: Change | None = None,
    can_remove: bool = False,
) -> Linked:
    """Draw flow, matrix and table of a pair under its chips.

    Parameters
    ----------
    chips : ready HTML of both texts' chips, made with `end`; "" where they cannot be shown.
    card : C and its references as HTML, the third of three steps; "" where C stands elsewhere.
    kind : which matrix is drawn. similarities : whether the similarities of pairs without a flow are known.
    change : what a pinned word would change: the pictures show it, and the flows of the analysis as dashed ribbons.
    can_remove : whether a word can be removed from its text.
    """
    drawn = change.after if change and change.after else analysis
    say = (
        f'<div class="say"><span class="said">{POINT_AT_A_WORD}</span></div>'
        '<div class="small what-if" hidden></div><div class="unseen aloud" role="status" aria-live="polite"></div>'
    )
    places = {
        "left": _flow_html(drawn, step=2 if card else 0, ghost=analysis if drawn is not analysis else None),
        "right": card + _matrix_html(drawn, kind, similarities),
        "below": _table_html(drawn),
    }
    parts = "".join(f'<div class="{place}">{part}</div>' for place, part in places.items())
    html = f'{chips}{say}<div class="parts">{parts}</div>'
    said, partners = _sentences(drawn, html)
    sides: dict[End, Side] = {SOURCE: analysis.source, TARGET: analysis.target}
    is_short = max(len(analysis.source.units), len(analysis.target.units)) <= LONG_TEXT
    return Linked(
        html,
        said,
        what_if=_what_if(analysis, partners, change, can_remove) if is_short and similarities else {},
        partners=partners,
        texts={end: text_fingerprint(side) for end, side in sides.items()},
        places={end: [(unit.field, unit.start, unit.end) for unit in side.units] for end, side in sides.items()},
    )


def both_chips_html(
    task: str,
    sides: tuple[Side, Side],
    marks: tuple[AnswerMarks | None, AnswerMarks | None],
    *,
    show_specials: bool = False,
    step: int = 0,
) -> str:
    """Both texts as chips that name their units, with title and legend; as the first of three steps where it is one."""
    legend = attribution_legend(sentences.attribution_meaning(sides[0].attribution.target))
    head = head_html("Which words matter" if step else sentences.section_title(task), legend, step=step)
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


def consistency_html(
    analyses: Sequence[PairAnalysis],
    on_other_level: Sequence[PairAnalysis],
    *,
    step: int,
    moved: PairAnalysis | None = None,
) -> str:
    """C against chance and the attainable, for `qa` at both ends: the number, what it says, and the scale.

    Parameters
    ----------
    moved : one of the analyses with other masses, whose C is a hollow diamond on its scale.
    on_other_level : the same pair with words in place of tokens or the reverse, for its C alone.
    """
    others = {other.end: other for other in on_other_level}
    cards = []
    for analysis in analyses:
        c, references = analysis.consistency, analysis.references
        name = f"Consistency C, answer {analysis.end}" if analysis.end else "Consistency C"
        number = sentences.card_number_html(c, name, sentences.other_level(others.get(analysis.end)))
        text = sentences.card_text_html(c, references, *language_names(analysis))
        other = moved.consistency if moved is not None and moved.end == analysis.end else None
        scale = scale_svg(c, references, identity=f"linked-scale-{analysis.end or 'all'}", moved=other)
        differ = sentences.different_predictions(analysis)
        first = f'<p class="differ">{escape(differ)}</p>' if differ else ""
        drawn = f"{first}{number}{text}<div>{scale}</div>{scale_keys_html(c, references)}"
        cards.append(f'<div class="c-card {references.place_of(c)}">{drawn}</div>')
    return f"{head_html('C against chance and the attainable', step=step)}{''.join(cards)}"


def _what_if(analysis: PairAnalysis, words: Iterable[str], change: Change | None, can_remove: bool) -> dict[str, str]:
    told = {}
    for key in words:
        end, units = SOURCE if key.startswith(SOURCE) else TARGET, tuple(int(unit[1:]) for unit in key.split(" "))
        told[key] = asked_html(analysis, end, units, can_remove=can_remove)
        if change and (change.asked.end, change.asked.units) == (end, units):
            told[key] = change_html(analysis, change)
    return told


def _flow_html(analysis: PairAnalysis, *, step: int, ghost: PairAnalysis | None = None) -> str:
    title = "Where the importance goes" if step else "Flow between the sentences"
    is_long = max(len(analysis.source.units), len(analysis.target.units)) > LONG_TEXT
    views = {"content": "content words", "all": "all words"} if is_long else {"all": "all words"}
    choice = _switch("show", views, "Words shown") if is_long else ""
    head = head_html(title, f"{choice}{similarity_legend()}", note=sentences.flow_note(), step=step)
    captions = {"content": sentences.content_caption, "all": sentences.flow_caption}
    drawn = "".join(
        f'<div data-view="{view}">{_flow_view(analysis, view, is_long, ghost)}'
        f'<p class="small muted note">{escape(captions[view](analysis))}</p></div>'
        for view in views
    )
    return head + drawn


def _flow_view(analysis: PairAnalysis, view: str, is_long: bool, ghost: PairAnalysis | None) -> str:
    """One view of the flow; all words of a long text as a whole, and at their usual size in a frame that scrolls."""
    if view == "content":
        return _flow_sizes(analysis, "content", content=True)
    if not is_long:
        return _flow_sizes(analysis, "linked", ghost=ghost)
    sizes = _switch("flowsize", {"fit": "fit", "zoom": "zoom"}, "Size of the flow")
    frame = '<div class="scroll tall" tabindex="0" role="region" aria-label="Flow of all words">'
    return (
        f'{sizes}<div data-flowsize="fit">{_flow_sizes(analysis, "fitted", fit=True)}</div>'
        f'<div data-flowsize="zoom">{frame}{_flow_sizes(analysis, "linked")}</div></div>'
    )


def _flow_sizes(
    analysis: PairAnalysis, prefix: str, *, content: bool = False, fit: bool = False, ghost: PairAnalysis | None = None
) -> str:
    """The flow for a wide, a usual and a narrow column; the style shows one of them."""
    titles = field_titles(analysis.source)
    drawn = {
        name: flow_svg(
            analysis,
            width,
            identity=f"{prefix}-{name}",
            field_titles=titles,
            scripted=True,
            content=content,
            fit=fit,
            ghost=ghost,
        )
        for name, width in (("roomy", ROOMY), ("wide", WIDE), ("narrow", NARROW))
    }
    return "".join(f'<div class="at {name}">{svg}</div>' for name, svg in drawn.items())


def _switch(name: str, options: Mapping[str, str], label: str) -> str:
    """Buttons that choose what the script shows, the first at first."""
    buttons = "".join(
        f'<button type="button" data-switch="{name}" value="{code}" aria-pressed="{str(index == 0).lower()}">'
        f"{escape(words)}</button>"
        for index, (code, words) in enumerate(options.items())
    )
    return f'<span class="seg" role="group" aria-label="{label}">{buttons}</span>'


def _matrix_html(analysis: PairAnalysis, kind: MatrixKind, similarities: bool) -> str:
    buttons = "".join(
        f'<button type="button" data-kind="{name}" aria-pressed="{str(name == kind).lower()}">{name}</button>'
        for name in KINDS
    )
    choice = f'<span class="seg" role="group" aria-label="Matrix">{buttons}</span>' if similarities else ""
    note = sentences.matrix_note(*language_names(analysis))
    head = head_html(f"{kind.title()} matrix", choice, note=note)
    legend = transport_legend(largest_cell(analysis)) if kind == "transport" else similarity_legend()
    drawn = _matrix_sizes(analysis, kind, fit=False)
    if len(group_axes(analysis)[1].labels) > FITTING_COLUMNS:
        fitted = _matrix_sizes(analysis, kind, fit=True)
        drawn = f'<div data-size="fit">{fitted}</div><div data-size="zoom">{drawn}</div>'
        choice = _switch("size", {"fit": "fit", "zoom": "zoom"}, "Size of the matrix") + choice
        head = head_html(f"{kind.title()} matrix", choice, note=note)
    frame = f'<div class="scroll" tabindex="0" role="region" aria-label="{kind.title()} matrix">{drawn}</div>'
    return f"{head}{frame}{legend}"


def _matrix_sizes(analysis: PairAnalysis, kind: MatrixKind, *, fit: bool) -> str:
    """The matrix for a wide and for a narrow column; the style shows one of them."""
    prefix = "fit" if fit else "linked"
    return "".join(
        f'<div class="at {name}">'
        f"{matrix_svg(analysis, kind, width=width, fit=fit, identity=f'{prefix}-matrix-{name}')}</div>"
        for name, width in (("large", WIDTH), ("small", SMALL))
    )


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
