"""The same example in every language, as a strip of tiles: code, right or wrong, C; SVG with tiles to press."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from dashboard.figures.colours import CONSISTENCY, consistency_position, text_on
from dashboard.figures.numbers import NOT_RUN, decimal
from dashboard.figures.svg import FONT, Paint, plain, text_element

HEIGHT, GAP, EDGE = 38, 4, 2
RIGHT, WRONG = "✓", "✗"
_LEAST = 62


@dataclass(frozen=True)
class Tile:
    """One language: its name, C (None where it could not be computed), and whether its prediction is right."""

    code: str
    name: str
    consistency: float | None
    correct: bool | None = None


def strip_svg(tiles: Sequence[Tile], selected: str, *, width: int = 984, identity: str = "strip") -> str:
    """Draw the tiles in rows as wide as `width`; pressing one reports its language code."""
    paint = Paint(None)
    inside = width - 2 * EDGE
    per_row = max(min(len(tiles), (inside + GAP) // (_LEAST + GAP)), 1)
    rows = -(-len(tiles) // per_row)
    size = min((inside + GAP) / per_row - GAP, 120)
    parts = [
        _tile(
            tile,
            ((at % per_row) * (size + GAP) + EDGE, (at // per_row) * (HEIGHT + GAP) + EDGE),
            size,
            paint,
            chosen=tile.code == selected,
        )
        for at, tile in enumerate(tiles)
    ]
    name = escape(identity, quote=True)
    style = (
        f"#{name} text{{font-family:{FONT};font-size:12px;font-variant-numeric:tabular-nums}}"
        f"#{name} .code{{font-weight:600}}"
        f"#{name} g:focus-visible .edge{{{paint.set('stroke', 'accent')}stroke-width:2}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="group" '
        f'aria-label="The same example in the other languages" '
        f"{paint.frame(width, rows * (HEIGHT + GAP))}><style>{style}</style>{''.join(parts)}</svg>"
    )


def _tile(tile: Tile, corner: tuple[float, float], size: float, paint: Paint, *, chosen: bool) -> str:
    x, y = corner
    mark = "" if tile.correct is None else f" {RIGHT if tile.correct else WRONG}"
    value = NOT_RUN if tile.consistency is None else decimal(tile.consistency)
    said = {True: ", prediction right", False: ", prediction wrong", None: ""}[tile.correct]
    label = f"{tile.name}, C {'not computed' if tile.consistency is None else value}{said}"
    fill, ink = _colours(tile, paint)
    edge = f"{paint.set('stroke', 'text')}stroke-width:2" if chosen else "stroke:none"
    return (
        f'<g role="button" tabindex="0" data-click="{plain(tile.code)}" aria-label="{plain(label)}" '
        f'aria-pressed="{str(chosen).lower()}"><title>{plain(label)}</title>'
        f'<rect class="edge" x="{x:.1f}" y="{y}" width="{size:.1f}" height="{HEIGHT - 4}" rx="4" style="{fill}{edge}"/>'
        f'<g style="{ink}">'
        + text_element(f"{tile.code}{mark}", x + size / 2, y + 14, css="code", anchor="middle")
        + text_element(value, x + size / 2, y + 29, css="value", anchor="middle")
        + "</g></g>"
    )


def _colours(tile: Tile, paint: Paint) -> tuple[str, str]:
    """Fill of the tile, and of its text."""
    if tile.consistency is None:
        return paint.set("fill", "surface"), paint.set("fill", "muted")
    at = consistency_position(tile.consistency)
    light, dark = (text_on(CONSISTENCY.at(at, theme)) for theme in ("light", "dark"))
    return paint.scale("fill", CONSISTENCY, at), f"fill:{light};fill:light-dark({light},{dark});"
