"""The small pictures of the first screen: leaders of the readings, and the words that lose most; HTML."""

from collections.abc import Sequence
from html import escape

import pandas as pd

from core.text.display import display_text
from dashboard.figures.numbers import decimal, percent
from dashboard.figures.words.readings import ReadingRow


def readings_html(rows: Sequence[ReadingRow]) -> str:
    """The language with the largest value in each reading, and in how many resamples it is first."""
    lines = "".join(
        f"<span>{escape(row.title)}</span>"
        f'<span class="track"><i class="c5" style="width:{100 * row.first:.0f}%"></i></span>'
        f'<span class="end">{escape(row.largest)} {percent(row.first, 0)}</span>'
        for row in rows
        if not row.lacks
    )
    return f'<div class="door">{lines}</div>'


def words_html(lines: pd.DataFrame, lang: str) -> str:
    """Words with what they carry: green adds to C, orange is lost; the number is what is lost."""
    largest = max(float(lines["mass"].max()), 1e-9)
    cells = "".join(
        f'<span lang="{escape(lang)}"><bdi>{escape(display_text(str(line.name_)))}</bdi></span>'
        f'<span class="track"><i class="m5" style="width:{100 * line.adds / largest:.1f}%"></i>'
        f'<i class="a3" style="width:{100 * line.lost / largest:.1f}%"></i></span>'
        f'<span class="end">{decimal(line.lost)}</span>'
        for line in lines.rename(columns={"name": "name_"}).itertuples()
    )
    return f'<div class="door">{cells}</div>'
