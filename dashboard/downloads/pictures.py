"""Pictures as files: each carries its legend and caption, so that it can be read on its own."""

import textwrap
from dataclasses import dataclass
from typing import Literal, get_args
from xml.etree import ElementTree

from core.languages import get_language
from core.results import PairAnalysis
from dashboard.downloads.matrix_svg import largest_cell, matrix_svg
from dashboard.figures.colours import CONSISTENCY, MASS, Theme, neutral
from dashboard.figures.flow import flow_svg
from dashboard.figures.numbers import decimal, percent
from dashboard.figures.scale import scale_svg
from dashboard.figures.sentences import flow_caption, flow_note, matrix_note
from dashboard.figures.svg import FILE_MARGIN, FONT, plain

Picture = Literal["flow", "matrix", "scale"]
PICTURES: tuple[Picture, ...] = get_args(Picture)
_LINE, _LETTER = 16, 6.0
_SWATCH = 14
_NARROWEST = 324


@dataclass(frozen=True)
class _Key:
    """One line under a picture: ready SVG whose baseline is at 4 px, and its width in px."""

    svg: str
    width: float


def picture_svg(analysis: PairAnalysis, picture: Picture, theme: Theme = "light") -> str:
    """Draw one picture of an analysis as a standalone SVG with its legend underneath.

    Parameters
    ----------
    picture : "flow" | "matrix" | "scale"
    theme : "light" | "dark"
        Decides every colour, the background included.
    """
    name = f"{picture}-{theme}"
    names = [get_language(side.language).name for side in (analysis.source, analysis.target)]
    if picture == "flow":
        drawn = flow_svg(analysis, standalone_theme=theme, identity=name)
        keys = [_legend("1", "similarity", theme)]
        notes = [flow_note(), flow_caption(analysis)]
    elif picture == "matrix":
        drawn = matrix_svg(analysis, standalone_theme=theme, identity=name)
        keys = [_legend(percent(largest_cell(analysis)), "share of all mass (square-root colour)", theme)]
        notes = [matrix_note(*names)]
    else:
        drawn = scale_svg(analysis.consistency, analysis.references, standalone_theme=theme, identity=name)
        keys, notes = _scale_keys(analysis, theme), []
    return _framed(drawn, keys, notes, f"{names[0]} → {names[1]}, C {decimal(analysis.consistency)}", theme)


def _framed(drawn: str, keys: list[_Key], notes: list[str], title: str, theme: Theme) -> str:
    """Put the legend and lines of text under a picture."""
    root = ElementTree.fromstring(drawn)
    name = f"file-{root.attrib['id']}"
    inner_width, inner_height = int(root.attrib["width"]), int(root.attrib["height"])
    width = max(inner_width, _NARROWEST, *(round(key.width) + 2 * FILE_MARGIN for key in keys))
    letters = int((width - 2 * FILE_MARGIN) / _LETTER)
    lines = [key.svg for key in keys] + [_caption(line, 0) for note in notes for line in textwrap.wrap(note, letters)]
    height = inner_height + _LINE * len(lines) + FILE_MARGIN
    rows = "".join(
        f'<g transform="translate({FILE_MARGIN} {inner_height + _LINE * index + 8})">{line}</g>'
        for index, line in enumerate(lines)
    )
    muted, ground = neutral("muted", theme), neutral("bg", theme)
    style = f"#{name} .cap{{font-family:{FONT};font-size:11px;fill:{muted};font-variant-numeric:tabular-nums}}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="group" aria-label="{plain(title)}"><title>{plain(title)}</title>'
        f'<style>{style}</style><rect width="{width}" height="{height}" style="fill:{ground}"/>{drawn}{rows}</svg>\n'
    )


def _caption(text: str, x: float) -> str:
    return f'<text class="cap" x="{x:g}" y="4">{plain(text)}</text>'


def _legend(high: str, meaning: str, theme: Theme) -> _Key:
    """0, a swatch per stop, the value at the end of the scale, and what the number is."""
    start = 11
    swatches = "".join(
        f'<rect x="{start + _SWATCH * index}" y="-6" width="{_SWATCH}" height="10" style="fill:{colour}"/>'
        for index, colour in enumerate(MASS.stops(theme))
    )
    length = _SWATCH * len(MASS)
    edge = f"fill:none;stroke:{neutral('border', theme)}"
    outline = f'<rect x="{start}" y="-6" width="{length}" height="10" style="{edge}"/>'
    words = f"{high} · {meaning}"
    end = start + length + 5
    return _Key(f"<g>{_caption('0', 0)}{swatches}{outline}{_caption(words, end)}</g>", end + _LETTER * len(words))


def _scale_keys(analysis: PairAnalysis, theme: Theme) -> list[_Key]:
    """Mark and words of the three numbers on the scale."""
    beside, muted = analysis.references, neutral("muted", theme)
    double = f"{decimal(beside.shuffled_mean)} ± {decimal(2 * beside.shuffled_sd)}"
    plum, band = CONSISTENCY.at(0.75, theme), neutral("border", theme)
    marks = (
        (f'<path d="M5 -5l5 5l-5 5l-5 -5Z" style="fill:{plum}"/>', f"C {decimal(analysis.consistency)}"),
        (
            f'<rect y="-5" width="10" height="10" style="fill:{band}"/>'
            f'<path d="M5 -5v10" style="stroke:{muted};stroke-width:2"/>',
            f"importance shuffled, mean ± 2 sd: {double}",
        ),
        (
            f'<circle cx="5" r="4" style="fill:none;stroke:{muted};stroke-width:1.75"/>',
            f"equal importance: {decimal(beside.uniform)}",
        ),
    )
    return [_Key(f"<g>{mark}{_caption(words, 16)}</g>", 16 + _LETTER * len(words)) for mark, words in marks]
