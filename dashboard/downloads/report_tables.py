"""The tables of the report: the rows of `figures.tables`, with every cell printed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from core.results import PairAnalysis, PairReport, Side
from core.text.languages import get_language
from dashboard.figures.numbers import counted, decimal
from dashboard.figures.tables import (
    DIFFERENCE_FORMATS,
    FLOW_FORMATS,
    difference_table,
    flow_table,
    quality_table,
    token_table,
)

TOP_FLOWS = 15


@dataclass(frozen=True)
class ReportTable:
    """A table of printed cells.

    Attributes
    ----------
    languages : one entry for each leading column of words: the language of its tokens, "" for our own words. The
        columns after them hold numbers.
    summary : the line under which the table is folded, "" where it is open.
    more : a line below. empty : what stands in place of a table without rows.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    languages: tuple[str, ...]
    summary: str = ""
    more: str = ""
    empty: str = ""


def top_flows(analysis: PairAnalysis) -> ReportTable:
    """The flows that add most to C, and a line saying how many more there are."""
    flows = flow_table(analysis).drop(columns=["i", "j"])
    left = len(flows) - TOP_FLOWS
    return _printed(
        flows.head(TOP_FLOWS),
        (analysis.source.language, analysis.target.language),
        FLOW_FORMATS,
        more=f"{counted(left, 'more flow')} in the file of flows." if left > 0 else "",
        empty="There is no flow.",
    )


def classes(report: PairReport) -> ReportTable:
    """C with both sides explained for each class, and what the model predicts; without rows for a task without them."""
    rows = []
    for analysis in report.classes:
        label = analysis.settings.explain
        probabilities = [decimal(side.prediction[label]) for side in (analysis.source, analysis.target)]
        percentile = f"{analysis.references.shuffled_percentile:.1f}%"
        title = analysis.source.attribution.target.title
        rows.append((title, decimal(analysis.consistency), percentile, *probabilities))
    first = report.analyses[0]
    names = tuple(f"Probability, {get_language(side.language).name}" for side in (first.source, first.target))
    return ReportTable(("Explained", "C", "Shuffles that give less", *names), tuple(rows), ("",))


def all_tokens(side: Side) -> ReportTable:
    """Every unit of a side, folded."""
    tokens = token_table(side)
    summary = f"{get_language(side.language).name}, all {counted(len(tokens), 'token')}"
    return _printed(tokens, (side.language, ""), summary=summary)


def differences(first: Side, second: Side) -> ReportTable:
    """Every unit of a text, folded, with its mass under models A and B and the difference in points."""
    frame = difference_table(first, second)
    summary = f"{get_language(first.language).name}, mass under A and B"
    return _printed(frame, (first.language, ""), DIFFERENCE_FORMATS, summary=summary)


def quality(analysis: PairAnalysis) -> ReportTable:
    """How well both sides were attributed, a column a side."""
    table = quality_table((analysis.source, analysis.target)).T
    sides, *rows = (tuple(map(str, (name, *cells))) for name, *cells in table.itertuples(name=None))
    return ReportTable(("", *sides[1:]), tuple(rows), ("",))


def _printed(
    frame: pd.DataFrame,
    languages: tuple[str, ...],
    formats: Mapping[str, Callable[[float], str]] | None = None,
    *,
    summary: str = "",
    more: str = "",
    empty: str = "",
) -> ReportTable:
    written = formats or {}
    columns = [[written.get(str(name), str)(value) for value in frame[name]] for name in frame.columns]
    rows = tuple(zip(*columns, strict=True))
    return ReportTable(tuple(map(str, frame.columns)), rows, languages, summary, more, empty)
