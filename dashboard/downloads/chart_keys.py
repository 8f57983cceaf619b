"""The marks of the pages' charts in words, for their files; on the pages the section heads say the same in HTML."""

import math
from collections.abc import Iterable

from dashboard.downloads.framing import Key, marked, scale_key
from dashboard.figures.colours import CONSISTENCY, LANGUAGE_GROUPS, Theme, neutral
from dashboard.figures.grids.cells import GIVEN, GridValues
from dashboard.figures.grids.overall_dots import PAPER, WITH, WITHOUT, dots_colour
from dashboard.figures.legend import grid_ends
from dashboard.figures.numbers import NOT_RUN
from dashboard.figures.readings import dots
from dashboard.figures.readings.maps import CellMap

_NOT_RUN = f"{NOT_RUN} not run"
_SHAPES = {
    "circle": "M1 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z",
    "square": "M1 -4h8v8h-8Z",
    "diamond": "M5 -5l4 5l-4 5l-4 -5Z",
    "triangle-up": "M5 -4l5 8h-10Z",
    "cross": "M3.5 -5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5Z",
    "triangle-down": "M0 -4h10l-5 8Z",
}


def grid_keys(grid: GridValues, meaning: str, theme: Theme) -> tuple[Key, ...]:
    """The colour scale of a language grid, and the cells that it does not colour."""
    keys = [scale_key(*grid_ends(grid.kind, chance=grid.chance, limit=grid.limit), meaning, theme)]
    if grid.own != "value":
        dashed = f"fill:{neutral('surface', theme)};stroke:{neutral('strong', theme)};stroke-dasharray:2 2"
        keys.append(marked(f'<path d="M0.5 -4.5h9v9h-9ZM0.5 4.5l9 -9" style="{dashed}"/>', GIVEN[grid.own]))
    if any(value is None or math.isnan(value) for line in grid.values for value in line):
        keys.append(marked(f'<rect y="-5" width="10" height="10" style="fill:{neutral("surface", theme)}"/>', _NOT_RUN))
    return tuple(keys)


def dots_keys(theme: Theme, *, signed: bool, paper: bool) -> tuple[Key, ...]:
    """A dot with its interval, with and without the diagonal, and the paper's tick."""
    colour = dots_colour(theme, signed=signed)
    line = f"stroke:{colour};stroke-width:1.5"
    dot = f'<path d="M-1 0h12" style="{line}"/><circle cx="5" r="3.5" style="{line};fill:'
    keys = [marked(f'{dot}{colour}"/>', "95% interval" if signed else f"{WITH}, 95% interval")]
    if not signed:
        keys.append(marked(f'{dot}{neutral("bg", theme)}"/>', f"{WITHOUT}, 95% interval"))
    if paper:
        keys.append(marked(f'<path d="M5 -6v12" style="stroke:{neutral("text", theme)};stroke-width:2"/>', PAPER))
    return tuple(keys)


def map_keys(shown: CellMap, meaning: str, theme: Theme) -> tuple[Key, ...]:
    """The colour scale of a map of pairs, and the line below some of its numbers."""
    ends = grid_ends(shown.kind, limit=shown.limit)
    keys = [scale_key(*ends, meaning, theme)]
    if any(cell.underlined for cell in shown.cells):
        line = f'<path d="M0 3h10" style="stroke:{neutral("text", theme)};stroke-width:1.5"/>'
        keys.append(marked(line, "the pair contains the training language"))
    return tuple(keys)


def reading_dots_keys(theme: Theme, *, signed: bool, seeds: bool, paper: bool) -> tuple[Key, ...]:
    """A dot with its interval, the rings of training seeds, and the paper's tick."""
    colour = dots_colour(theme, signed=signed)
    line = f"stroke:{colour};stroke-width:1.5"
    keys = [marked(f'<path d="M-1 0h12" style="{line}"/><circle cx="5" r="3.5" style="fill:{colour}"/>', dots.MEAN)]
    if seeds:
        keys.append(marked(f'<circle cx="5" r="2.5" style="fill:none;{line}"/>', dots.SEED))
    if paper:
        keys.append(marked(f'<path d="M5 -6v12" style="stroke:{neutral("text", theme)};stroke-width:2"/>', dots.PAPER))
    return tuple(keys)


def distribution_keys(bars: str, outline: str, theme: Theme) -> tuple[Key, ...]:
    """What the bars count, and what the outline does; "" if there is none."""
    fill, line = CONSISTENCY.at(0.5, theme), neutral("bar", theme)
    keys = [marked(f'<rect y="-5" width="10" height="10" style="fill:{fill}"/>', bars)]
    if outline:
        keys.append(marked(f'<path d="M0 0h10" style="stroke:{line};stroke-width:1.5"/>', outline))
    return tuple(keys)


def scatter_keys(groups: Iterable[str], ring: str, theme: Theme, *, line: bool) -> tuple[Key, ...]:
    """Shape and name of every language group there, the ring, the intervals, and the line with its band."""
    there = set(groups)
    keys = [
        marked(f'<path d="{_SHAPES[group.shape]}" style="fill:{group.colour(theme)}"/>', name)
        for name, group in LANGUAGE_GROUPS.items()
        if name in there
    ]
    text, strong = neutral("text", theme), neutral("strong", theme)
    if ring:
        keys.append(marked(f'<circle cx="5" r="4" style="fill:none;stroke:{text};stroke-width:2"/>', ring))
    cross = f'<path d="M0 0h10M5 -5v10" style="stroke:{text};stroke-opacity:0.4"/>'
    keys.append(marked(cross, "95% intervals"))
    if line:
        band = f'<rect y="-4" width="10" height="8" style="fill:{strong};fill-opacity:0.18"/>'
        stroke = f'<path d="M0 0h10" style="stroke:{strong};stroke-width:1.5"/>'
        keys.append(marked(band + stroke, "least squares, 95% band"))
    return tuple(keys)
