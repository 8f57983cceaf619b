"""Pictures as files: each carries its title, legend and caption, so that it can be read on its own."""

from typing import Literal, get_args

from core.report.verdict import verdict
from core.results import PairAnalysis
from core.text.languages import get_language
from dashboard.downloads.framing import Key, Words, framed, marked, scale_key
from dashboard.figures.colours import CONSISTENCY, MASS, Theme, neutral
from dashboard.figures.flow.picture import flow_svg
from dashboard.figures.matrix.cells import largest_cell
from dashboard.figures.matrix.picture import matrix_svg
from dashboard.figures.numbers import decimal, percent
from dashboard.figures.scale import scale_rows, scale_svg
from dashboard.figures.words.sentences import flow_caption, flow_note, matrix_note

Picture = Literal["flow", "matrix", "scale"]
PICTURES: tuple[Picture, ...] = get_args(Picture)


def picture_svg(analysis: PairAnalysis, picture: Picture, theme: Theme = "light") -> str:
    """Draw one picture of an analysis as a standalone SVG with its title above and its legend underneath.

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
        keys = [scale_key(MASS, "0", "1", "similarity", theme)]
        notes = [flow_note(), flow_caption(analysis)]
    elif picture == "matrix":
        drawn = matrix_svg(analysis, standalone_theme=theme, identity=name)
        largest = percent(largest_cell(analysis))
        keys = [scale_key(MASS, "0", largest, "share of all mass (square-root colour)", theme)]
        notes = [matrix_note(*names)]
    else:
        drawn = scale_svg(analysis.consistency, analysis.references, standalone_theme=theme, identity=name)
        keys, notes = _scale_keys(analysis, theme), [verdict(analysis.consistency, analysis.references).text]
    title = f"{names[0]} → {names[1]}, C {decimal(analysis.consistency)}"
    about = f"{analysis.model.name}, task {analysis.settings.task}"
    about += f", answer {analysis.end}" if analysis.end else ""
    return framed(drawn, Words(title, about, tuple(keys), tuple(notes)), theme)


def _scale_keys(analysis: PairAnalysis, theme: Theme) -> list[Key]:
    """Mark and words of the numbers on the scale."""
    plum, band, muted, text = (
        CONSISTENCY.at(0.75, theme),
        *(neutral(name, theme) for name in ("border", "muted", "text")),
    )
    marks = (
        f'<path d="M5 -5l5 5l-5 5l-5 -5Z" style="fill:{plum}"/>',
        f'<rect y="-5" width="10" height="10" style="fill:{band}"/>',
        f'<path d="M5 -5v10" style="stroke:{muted};stroke-width:2"/>',
        f'<circle cx="5" r="4" style="fill:none;stroke:{muted};stroke-width:1.75"/>',
        f'<path d="M3 -5h4v10h-4" style="fill:none;stroke:{text};stroke-width:1.75"/>',
    )
    rows = scale_rows(analysis.consistency, analysis.references)
    return [marked(mark, f"{words} {number}") for mark, (_, words, number) in zip(marks, rows, strict=True)]
