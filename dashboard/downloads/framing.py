"""The frame of a picture in a file: its title above, its legend and notes below."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from dashboard.figures.colours import Scale, Theme, neutral
from dashboard.figures.svg import FILE_MARGIN, FONT, plain

LETTER = 6.0
_LINE, _TITLE_LINE = 16, 20
_TITLE_LETTER = 8.0
_SWATCH = 14
_BETWEEN = 16
_NARROWEST = 324


@dataclass(frozen=True)
class Key:
    """One entry of a legend: ready SVG whose baseline is at 4 px, and its width in px."""

    svg: str
    width: float


@dataclass(frozen=True)
class Words:
    """What a picture says of itself.

    Attributes
    ----------
    title : what it shows. about : whose it is, such as model, data set and split.
    keys : its legend, as many to a line as fit. notes : whole sentences.
    """

    title: str
    about: str
    keys: tuple[Key, ...] = ()
    notes: tuple[str, ...] = ()


def framed(drawn: str, words: Words, theme: Theme) -> str:
    """Put a picture, an SVG of fixed colours with width and height in px, between its words."""
    root = ElementTree.fromstring(drawn)
    name = f"file-{root.get('id', 'chart')}"
    inner_width, inner_height = round(float(root.attrib["width"])), round(float(root.attrib["height"]))
    width = max(inner_width, _NARROWEST, *(round(key.width) + 2 * FILE_MARGIN for key in words.keys))
    room = width - 2 * FILE_MARGIN
    above = [
        *(
            (_TITLE_LINE, caption(line, 0, css="title"))
            for line in textwrap.wrap(words.title, int(room / _TITLE_LETTER))
        ),
        *((_LINE, caption(line, 0)) for line in textwrap.wrap(words.about, int(room / LETTER))),
    ]
    under = [*_rows(words.keys, room)]
    under += [caption(line, 0) for note in words.notes for line in textwrap.wrap(note, int(room / LETTER))]
    top = FILE_MARGIN + sum(height for height, _ in above)
    bottom = top + inner_height
    height = bottom + _LINE * len(under) + FILE_MARGIN
    placed = [*_placed(above, FILE_MARGIN + 12), *_placed([(_LINE, line) for line in under], bottom + 8)]
    text, muted, ground = (neutral(colour, theme) for colour in ("text", "muted", "bg"))
    style = (
        f"#{name} .cap{{font-family:{FONT};font-size:11px;fill:{muted};font-variant-numeric:tabular-nums}}"
        f"#{name} .title{{font-family:{FONT};font-size:14px;font-weight:600;fill:{text}}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="group" aria-label="{plain(words.title)}">'
        f"<title>{plain(words.title)}</title><style>{style}</style>"
        f'<rect width="{width}" height="{height}" style="fill:{ground}"/>'
        f'<g transform="translate(0 {top})">{drawn}</g>{"".join(placed)}</svg>\n'
    )


def _rows(keys: Sequence[Key], room: float) -> Iterator[str]:
    """The keys line by line, as many to a line as fit."""
    row, end = "", 0.0
    for key in keys:
        if row and end + key.width > room:
            yield row
            row, end = "", 0.0
        row += f'<g transform="translate({end:g} 0)">{key.svg}</g>'
        end += key.width + _BETWEEN
    if row:
        yield row


def _placed(lines: Sequence[tuple[int, str]], at: float) -> Iterator[str]:
    for height, line in lines:
        yield f'<g transform="translate({FILE_MARGIN} {at:g})">{line}</g>'
        at += height


def caption(text: str, x: float, *, css: str = "cap") -> str:
    """A line of text, escaped."""
    return f'<text class="{css}" x="{x:g}" y="4">{plain(text)}</text>'


def marked(mark: str, words: str) -> Key:
    """A mark, drawn in the 10 px left of its words, and the words."""
    return Key(f"<g>{mark}{caption(words, 16)}</g>", 16 + LETTER * len(words))


def scale_key(scale: Scale, low: str, high: str, meaning: str, theme: Theme) -> Key:
    """The value at the low end, a swatch per stop, the value at the high end, and what the number is."""
    start = LETTER * len(low) + 5
    swatches = "".join(
        f'<rect x="{start + _SWATCH * index:g}" y="-6" width="{_SWATCH}" height="10" style="fill:{colour}"/>'
        for index, colour in enumerate(scale.stops(theme))
    )
    length = _SWATCH * len(scale)
    edge = f"fill:none;stroke:{neutral('border', theme)}"
    outline = f'<rect x="{start:g}" y="-6" width="{length}" height="10" style="{edge}"/>'
    words = f"{high} · {meaning}"
    end = start + length + 5
    return Key(f"<g>{caption(low, 0)}{swatches}{outline}{caption(words, end)}</g>", end + LETTER * len(words))
