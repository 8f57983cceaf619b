"""Which rows of which language each checkpoint has compared: a table in HTML, turned on a phone."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

from dashboard.figures.colours import MASS
from dashboard.figures.numbers import NOT_RUN, count

CAPTION = "Rows compared of all rows, by checkpoint and language"
Counts = Mapping[tuple[str, str], int]
Cell = Callable[[str, str], str]


def coverage_html(
    checkpoints: Sequence[str], languages: Sequence[str], done: Counts, failed: Counts, wholes: Mapping[str, int]
) -> str:
    """Draw the matrix twice, checkpoints as rows and, for narrow screens, languages as rows.

    Parameters
    ----------
    done, failed : (checkpoint, language) -> rows that are there, and those of them without a C.
    wholes : checkpoint -> rows that a full cell of it has.
    """

    def cell(checkpoint: str, language: str) -> str:
        n, bad = done.get((checkpoint, language), 0), failed.get((checkpoint, language), 0)
        if not n:
            return f'<td class="none" title="{escape(checkpoint)}, {language}: not run">{NOT_RUN}</td>'
        whole = wholes[checkpoint]
        stop = MASS.stop(n / whole if whole else 0.0)
        problems = f'<span class="bad" role="img" aria-label="{bad} without C">{count(bad)} ✗</span>' if bad else ""
        said = f"{checkpoint}, {language}: {count(n)} of {count(whole)} rows" + (f", {bad} without C" if bad else "")
        return f'<td class="m{stop}" title="{escape(said, quote=True)}">{count(n)}/{count(whole)}{problems}</td>'

    wide = _table(checkpoints, languages, cell, "coverage wide-only")
    turned = _table(
        languages, checkpoints, lambda language, checkpoint: cell(checkpoint, language), "coverage narrow-only"
    )
    return wide + turned


def _table(rows: Sequence[str], columns: Sequence[str], cell: Cell, css: str) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(row)}</th>{"".join(cell(row, column) for column in columns)}</tr>' for row in rows
    )
    return (
        f'<div class="{css}" role="region" tabindex="0" aria-label="{CAPTION}"><table>'
        f'<caption class="unseen">{CAPTION}</caption><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
