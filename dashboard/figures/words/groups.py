"""Whether two groups of examples differ in consistency, in one sentence; and confusion matrices."""

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from core.report.facets import GroupDifference
from dashboard.figures.colours import MASS
from dashboard.figures.numbers import count, decimal, percent, signed_interval


def difference_html(found: GroupDifference, above: GroupDifference | None, first: str, second: str) -> str:
    """Mean C of two groups, their difference with its interval, and the same above shuffled importance.

    Parameters
    ----------
    above : of C minus shuffled. first, second : the groups, as in "where the prediction is wrong".
    """
    verdict = "<b>No difference is shown</b>; one within the interval is not ruled out."
    if found.settled:
        verdict = f"C is <b>{'lower' if found.value < 0 else 'higher'} {escape(first)}</b>."
    line = (
        f"Mean C is {decimal(found.first)} {escape(first)} (n = {count(found.n_first)}) and {decimal(found.second)} "
        f"{escape(second)} (n = {count(found.n_second)}): difference "
        f"{signed_interval(found.value, found.low, found.high)}. {verdict}"
    )
    if above is not None:
        line += f" The difference in C minus shuffled is {signed_interval(above.value, above.low, above.high)}."
    return f'<p class="cell-line">{line}</p>'


def confusion_html(classes: pd.DataFrame, labels: Sequence[str], language: str, names: Mapping[str, str]) -> str:
    """Gold classes as rows, predicted ones as columns: number and share of the row, shaded by the share.

    Parameters
    ----------
    classes : columns gold, predicted. labels : the classes in order. names : class -> how it is written.
    """
    head = "".join(f'<th scope="col">{escape(names[label])}</th>' for label in labels)
    rows = []
    for gold in labels:
        of_gold = classes["predicted"][classes["gold"] == gold]
        cells = []
        for predicted in labels:
            n = int((of_gold == predicted).sum())
            share = n / len(of_gold) if len(of_gold) else 0.0
            cells.append(f'<td class="m{MASS.stop(share)}">{count(n)} <small>{percent(share, 0)}</small></td>')
        rows.append(f'<tr><th scope="row">{escape(names[gold])}</th>{"".join(cells)}</tr>')
    caption = f"<caption>{escape(language)}: gold in rows, predicted in columns</caption>"
    return (
        f'<div class="coverage confusion"><table>{caption}<thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
