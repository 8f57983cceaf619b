"""The flow picture: how the importance of one sentence's tokens moves onto the other's."""

from collections.abc import Sequence
from html import escape

from core.results import PairAnalysis
from core.text.languages import Language, get_language
from dashboard.figures.colours import MASS, Theme
from dashboard.figures.flow.folding import FoldedFlow, fold_flow
from dashboard.figures.flow.frame import BAR, LABEL_GAP, NARROW, ROOMY, WIDE, FlowFrame, flow_frame
from dashboard.figures.flow.layout import FlowLayout, Ribbon, Row, flow_layout, words_of
from dashboard.figures.numbers import decimal, percent
from dashboard.figures.pieces import is_right_to_left
from dashboard.figures.svg import FONT, SCRIPT_FONTS, Paint, plain, text_element
from dashboard.figures.units import SOURCE, TARGET, End, flow_key, on, units_key

__all__ = ["NARROW", "ROOMY", "WIDE", "flow_svg"]

_MOST_HOVER_RULES = 400
# A flow that changes by less of all importance is drawn once.
LEAST_MOVED = 0.003


def flow_svg(
    result: PairAnalysis,
    width: int = WIDE,
    *,
    factor: float | None = None,
    standalone_theme: Theme | None = None,
    identity: str = "flow",
    field_titles: Sequence[str] = (),
    ribbon_labels: bool = False,
    scripted: bool = False,
    content: bool = False,
    fit: bool = False,
    ghost: PairAnalysis | None = None,
) -> str:
    """Draw the transport plan as ribbons between two columns of tokens.

    Parameters
    ----------
    result : PairAnalysis
        n source and m target units, masses, plan (n, m) and similarity (n, m).
    width : int
        640, 460 or 356 px; the columns of words are as wide as their longest word, within limits.
    factor : float, optional
        px per unit mass; default 340, or 200 when a side has over 40 units (240 in Results).
    standalone_theme : "light" | "dark", optional
        Fixed colours, a background and fonts, for a file. Default: the page's CSS variables.
    identity : str
        Prefix of the element id; choose another for every flow picture in one document.
    field_titles : sequence of str
        Labels of the fields; default: their names.
    ribbon_labels : bool
        Print flow × similarity on each ribbon; for a handful of them.
    scripted : bool
        A script lights nodes and ribbons, so the style does not.
    content : bool
        Show the content words of a long text: small words are thin bars without names, hairlines are left out.

    fit : bool
        Show a long text as a whole: only the heaviest words have names, the others are thin bars.
    ghost : PairAnalysis, optional
        The same pair with other masses, whose ribbons are drawn as dashed outlines where they differ; of short texts.

    Returns
    -------
    str
        One `<svg>`, every token escaped. Nodes and ribbons name their units (`dashboard.figures.units`); `data-span`
        says between which x a script may stretch the ribbons to a wider frame.
    """
    folded = fold_flow(result)
    result = folded.analysis
    layout = flow_layout(result, factor, content=content, fit=fit, beside=ghost)
    ribbons = [ribbon for ribbon in layout.ribbons if not (content and ribbon.hairline)]
    paint = Paint(standalone_theme)
    frame = flow_frame(width, [*folded.labels[0], *folded.labels[1]])
    name = f"{identity}-{width}"
    body = "".join(
        [
            paint.background(),
            '<g class="ribbons">',
            *(_ribbon(ribbon, frame, folded, paint) for ribbon in ribbons),
            *(_ghosts(ghost, result, factor, frame) if ghost else ()),
            "</g>",
            *(_ribbon_label(ribbon, frame, paint) for ribbon in layout.ribbons if ribbon_labels),
            _column(folded, layout, frame, SOURCE, field_titles),
            '<g class="far">',
            _column(folded, layout, frame, TARGET, field_titles),
            "</g>",
        ]
    )
    label = f"Flow of importance from {get_language(result.source.language).name} to "
    label += f"{get_language(result.target.language).name}, C {decimal(result.consistency)}"
    left, right, _ = frame.edges
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{escape(name, quote=True)}" class="flow" role="group" '
        f'{paint.frame(width, layout.height)} data-span="{left} {right}" '
        f'aria-label="{plain(label)}"><style>{_style(name, layout, paint, scripted)}</style>{body}</svg>'
    )


def _style(name: str, layout: FlowLayout, paint: Paint, scripted: bool) -> str:
    selector = f"#{name}"
    rules = [
        f"{selector} text{{font-family:{FONT};{paint.set('fill', 'text')}font-variant-numeric:tabular-nums}}",
        f"{selector} .mut{{{paint.set('fill', 'muted')}}}",
        f"{selector} .tk{{font-size:13px}}{selector} .nn,{selector} .fn{{font-size:11px}}",
        f"{selector} .hd{{font-size:12px;font-weight:600}}",
        f"{selector} .rib{{opacity:.88;stroke-width:.5;{paint.set('stroke', 'bg')}}}",
        f"{selector} .rib:hover{{opacity:1;stroke-width:1;{paint.set('stroke', 'text')}}}",
        f"{selector} .tiny{{fill:none;stroke-width:.75;opacity:.35;{paint.set('stroke', 'strong')}}}",
        f"{selector} .ghost{{fill:none;stroke-width:1;stroke-dasharray:2 3;pointer-events:none;"
        f"{paint.set('stroke', 'muted')}}}",
        f"{selector} .nb{{{paint.set('fill', 'bar')}}}{selector} .ob{{{paint.set('fill', 'strong')}}}",
        f"{selector} .none{{fill:none;stroke-width:1;{paint.set('stroke', 'strong')}}}",
        f"{selector} .brk{{fill:none;stroke-width:1;{paint.set('stroke', 'strong')}}}",
        f"{selector} .hit{{fill:transparent}}{selector} .node{{outline:none}}",
        f"{selector} .node:is(:hover,:focus-visible,.pinned) .tk{{font-weight:600}}",
        f"{selector} .node:focus-visible .hit{{stroke-width:1.5;{paint.set('stroke', 'accent')}}}",
        f"{selector} .r.dim{{opacity:.08}}",
        f"{selector} .rl{{font-size:12px;fill:inherit;pointer-events:none}}",
    ]
    rules += [f"{selector} text[lang={code}]{{font-family:{fonts}}}" for code, fonts in SCRIPT_FONTS.items()]
    rules += [f"{selector} text[lang={code}].tk{{font-size:14px}}" for code in ("ar", "ur")]
    if not scripted and len(layout.source) + len(layout.target) <= _MOST_HOVER_RULES:
        nodes = [f"s{row.index}" for row in layout.source] + [f"t{row.index}" for row in layout.target]
        rules += [
            f"{selector}:has(.node.{node}:is(:hover,:focus-visible)) .r:not(.{node}){{opacity:.08}}" for node in nodes
        ]
    return "".join(rules)


def _ghosts(ghost: PairAnalysis, result: PairAnalysis, factor: float | None, frame: FlowFrame) -> list[str]:
    """The outlines of the flows of `ghost` that are others in `result`, in the rows of both."""
    left, right, middle = frame.edges
    plan, outlines = result.transport.plan, []
    for ribbon in flow_layout(ghost, factor, beside=result).ribbons:
        if abs(ribbon.flow - plan[ribbon.i, ribbon.j]) < LEAST_MOVED:
            continue
        a, b, height = ribbon.source_top, ribbon.target_top, ribbon.height
        path = "".join(
            f"M{left} {a + down:.2f}C{middle} {a + down:.2f} {middle} {b + down:.2f} {right} {b + down:.2f}"
            for down in (0.0, height)
        )
        outlines.append(f'<path class="ghost" d="{path}"/>')
    return outlines


def _ribbon(ribbon: Ribbon, frame: FlowFrame, folded: FoldedFlow, paint: Paint) -> str:
    left, right, middle = frame.edges
    labels, (sources, targets) = folded.labels, folded.members
    title = (
        f"{labels[0][ribbon.i]} → {labels[1][ribbon.j]}: flow {decimal(ribbon.flow)}, similarity "
        f"{decimal(ribbon.similarity, 2)}, adds {decimal(ribbon.flow * ribbon.similarity)} to C"
    )
    a, b, height = ribbon.source_top, ribbon.target_top, ribbon.height
    ends = f'r s{ribbon.i} t{ribbon.j}"{on(flow_key(sources[ribbon.i], targets[ribbon.j]))}'
    if ribbon.hairline:
        a, b = a + height / 2, b + height / 2
        path = f"M{left} {a:.1f}C{middle} {a:.1f} {middle} {b:.1f} {right} {b:.1f}"
        return f'<path class="tiny {ends} d="{path}"><title>{plain(title)}</title></path>'
    path = (
        f"M{left} {a:.2f}C{middle} {a:.2f} {middle} {b:.2f} {right} {b:.2f}V{b + height:.2f}"
        f"C{middle} {b + height:.2f} {middle} {a + height:.2f} {left} {a + height:.2f}Z"
    )
    fill = paint.scale("fill", MASS, ribbon.similarity)
    return f'<path class="rib {ends} style="{fill}" d="{path}"><title>{plain(title)}</title></path>'


def _ribbon_label(ribbon: Ribbon, frame: FlowFrame, paint: Paint) -> str:
    """Its two factors, halfway along the ribbon, in black or white, whichever contrasts more with it."""
    middle = (ribbon.source_top + ribbon.target_top + ribbon.height) / 2
    text = f"{decimal(ribbon.flow, 2)} × {decimal(ribbon.similarity, 2)}"
    label = text_element(text, frame.width / 2, middle + 4, css="rl", anchor="middle")
    return f'<g style="{paint.ink(MASS, ribbon.similarity)}">{label}</g>'


def _column(folded: FoldedFlow, layout: FlowLayout, frame: FlowFrame, end: End, field_titles: Sequence[str]) -> str:
    """Heading, fields and nodes of one text."""
    source, place = end == SOURCE, (SOURCE, TARGET).index(end)
    side = folded.analysis.source if source else folded.analysis.target
    labels, members = folded.labels[place], folded.members[place]
    rows = layout.source if source else layout.target
    fields = layout.source_fields if source else layout.target_fields
    language = get_language(side.language)
    edge, anchor = (0, "start") if source else (frame.width, "end")
    names = [name for name, _ in side.text.fields]
    titles = dict(zip(names, field_titles or names, strict=True))
    parts = [_heading(language.name, frame, end)]
    parts += [text_element(titles[name], edge, y, css="mut fn", anchor=anchor) for name, y in fields]
    for row, label, mass, units in zip(rows, labels, side.mass, members, strict=True):
        parts.append(_node(row, label, float(mass), frame, end=end, language=language, units=units))
    for group in words_of(side):
        if any(rows[i].thin for i in group):
            continue
        parts.append(_bracket([rows[i] for i in group], [labels[i] for i in group], frame, source))
    return "".join(parts)


def _node(
    row: Row, label: str, mass: float, frame: FlowFrame, *, end: End, language: Language, units: tuple[int, ...]
) -> str:
    name, source, sums = f"{end}{row.index}", end == SOURCE, len(units) > 1
    left, right = frame.left, frame.right
    bar = left if source else right
    hit = 0 if source else right
    share = percent(mass)
    named = "" if row.thin else _name(label, share, row, frame, end=end, language=language, sums=sums)
    solid = row.bar_height - row.unmatched
    filled = (
        f'<rect class="{"ob" if sums else "nb"}" x="{bar}" y="{row.bar_top:.2f}" width="{BAR}" height="{solid:.2f}"/>'
    )
    hollow = (
        f'<rect class="none" x="{bar + 0.5}" y="{row.bar_top + solid:.2f}" width="{BAR - 1}" '
        f'height="{row.unmatched:.2f}"/>'
    )
    return (
        f'<g class="node {name}" tabindex="0" role="button"{on(units_key(end, units))} '
        f'aria-label="{plain(f"{label}, mass {share}")}">'
        f'<rect class="hit" x="{hit}" y="{row.top:.1f}" width="{left + BAR}" height="{row.height:.1f}"/>'
        f"{filled if solid > 0.05 else ''}{hollow if row.unmatched > 0.05 else ''}{named}"
        f"<title>{plain(f'{label}: mass {share}')}</title></g>"
    )


def _name(label: str, share: str, row: Row, frame: FlowFrame, *, end: End, language: Language, sums: bool) -> str:
    """The name of a node beside its bar, and its mass at the edge."""
    left, right = frame.left, frame.right
    source = end == SOURCE
    middle = row.top + row.height / 2
    anchor, x = ("end", left - LABEL_GAP) if source else ("start", right + BAR + LABEL_GAP)
    edge, edge_anchor = (0, "start") if source else (frame.width, "end")
    fitted = frame.fitted(label)
    token = text_element(
        fitted.text,
        x,
        middle + 4.3,
        css="mut fn" if sums else "tk",
        anchor=anchor,
        lang="en" if sums else language.code,
        rtl=is_right_to_left(fitted.text),
        length=fitted.width if fitted.squeezed else None,
    )
    return token + text_element(share.removesuffix("%"), edge, middle + 4, css="mut nn", anchor=edge_anchor)


def _bracket(rows: Sequence[Row], labels: Sequence[str], frame: FlowFrame, source: bool) -> str:
    """A thin bracket outside the labels of one word's pieces."""
    left, right = frame.left, frame.right
    reach = max(frame.fitted(label).width for label in labels) + LABEL_GAP + 7
    room = left - 34
    top, bottom = rows[0].bar_top, rows[-1].bar_top + rows[-1].bar_height
    if source:
        return f'<path class="brk" d="M{left - min(reach, room):.1f} {top:.1f}h-4V{bottom:.1f}h4"/>'
    return f'<path class="brk" d="M{right + BAR + min(reach, room):.1f} {top:.1f}h4V{bottom:.1f}h-4"/>'


def _heading(language: str, frame: FlowFrame, end: End) -> str:
    left, right = frame.left, frame.right
    if end == SOURCE:
        name = text_element(language, left + BAR, 12, css="hd", anchor="end")
        return name + text_element("mass %", 0, 12, css="mut nn")
    name = text_element(language, right, 12, css="hd")
    return name + text_element("mass %", frame.width, 12, css="mut nn", anchor="end")
