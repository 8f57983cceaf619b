"""One pair under two models, as files: a report, what differs, and a folder with everything about each model."""

from typing import Any

from markupsafe import Markup

from core.consistency.two_models import comparison_notices, comparison_to_json, differences_to_csv
from core.results import PairAnalysis, PairReport
from core.settings import get_task
from core.spaces.base import file_name
from core.text.display import display_text
from core.text.languages import get_language
from dashboard.downloads.bundle import NOTES, end_suffix, summary_lines, tables_and_pictures, zipped
from dashboard.downloads.files import as_csv, as_json, json_bytes
from dashboard.downloads.report import ENDS, answer_of, articles
from dashboard.downloads.report_tables import differences
from dashboard.downloads.templating import document
from dashboard.figures.chips.paired import DIFFERENCE, paired_card_html, paired_chips_html
from dashboard.figures.colours import Theme
from dashboard.figures.compare_scale import compare_scale_svg
from dashboard.figures.legend import attribution_legend, head_html
from dashboard.figures.names import language_names, model_title, short_names
from dashboard.figures.numbers import decimal, signed
from dashboard.figures.tables import settings_groups
from dashboard.figures.words.sentences import attribution_meaning, section_title
from dashboard.figures.words.two_models import (
    compare_keys_html,
    compare_meaning,
    compare_numbers_html,
    compare_text_html,
)


def comparison_bundle(first: PairReport, second: PairReport, *, theme: Theme = "light", stamp: str = "") -> bytes:
    """Pack a pair under two models.

    Parameters
    ----------
    first, second : PairReport
        The reports of models A and B. Their tables and pictures are in folders named after the models.
    theme, stamp : as in `bundle`.

    Returns
    -------
    bytes
        A zip; equal results give equal bytes.
    """
    files = {
        "comparison.json": as_json(comparison_to_json(first, second)),
        "report.html": comparison_html(first, second, stamp=stamp).encode(),
    }
    names = (first.analyses[0].model.name, second.analyses[0].model.name)
    for one, other in zip(first.analyses, second.analyses, strict=True):
        for side in ("source", "target"):
            table = differences_to_csv(getattr(one, side), getattr(other, side), names)
            files[f"differences-{side}{end_suffix(one)}.csv"] = as_csv(table)
    problems: list[str] = []
    for letter, report in zip("AB", (first, second), strict=True):
        folder = f"{letter}-{file_name(report.analyses[0].model.name)}"
        content = {"result.json": json_bytes(report)} | tables_and_pictures(report, theme, problems)
        files |= {f"{folder}/{name}": data for name, data in content.items()}
    return zipped({"README.txt": _readme(first, second, problems, stamp).encode(), **files})


def comparison_html(first: PairReport, second: PairReport, *, stamp: str = "") -> str:
    """Write both models' results as one page: what they share and differ in, then each by itself."""
    one, other = first.analyses[0], second.analyses[0]
    heading = " → ".join(language_names(one))
    values = " and ".join(decimal(each.consistency) for each in (one, other))
    models = [
        {
            "heading": f"{letter}: {_title(report.analyses[0])}",
            "articles": articles(report, prefix=f"{letter.lower()}-"),
            "settings": settings_groups(report.analyses[0]),
        }
        for letter, report in zip("AB", (first, second), strict=True)
    ]
    return document(
        "comparison.html",
        title=f"{heading}: C {values}",
        heading=heading,
        about=[get_task(one.settings.task).title, f"A: {_title(one)}", f"B: {_title(other)}", stamp],
        notices=list(dict.fromkeys((*comparison_notices(one, other), *first.notices, *second.notices))),
        ends=[_together(first, second, at) for at in range(len(first.analyses))],
        models=models,
    )


def _together(first: PairReport, second: PairReport, at: int) -> dict[str, Any]:
    """The card of both C, both models' chips, and the differences, for one end."""
    one, other = first.analyses[at], second.analyses[at]
    left, right = map(display_text, short_names(one.model, other.model))
    scale = compare_scale_svg(one, other, identity=f"scale-both-{one.end or 'pair'}") + compare_keys_html(one, other)
    meanings = [display_text(attribution_meaning(each.source.attribution.target)) for each in (one, other)]
    chips_head = head_html(
        section_title(one.settings.task),
        attribution_legend(display_text(compare_meaning(one, other, (meanings[0], meanings[1])))),
        note=f"Upper line A, {left}; lower line B, {right}; under them {DIFFERENCE} in points.",
    )
    return {
        "title": ENDS[one.end] if one.end else "",
        "numbers": Markup(compare_numbers_html(one, other, (left, right))),
        "words": Markup(compare_text_html(one, other, (left, right), language_names(one))),
        "scale": Markup(scale),
        "chips_head": Markup(chips_head),
        "chips": [Markup(_side(first, second, at, side)) for side in ("source", "target")],
        "differences": [differences(one.source, other.source), differences(one.target, other.target)],
    }


def _side(first: PairReport, second: PairReport, at: int, name: str) -> str:
    sides = [getattr(report.analyses[at], name) for report in (first, second)]
    answers = [
        answer_of([getattr(each, name) for each in report.analyses], report.analyses[0].settings.explain)
        for report in (first, second)
    ]
    chips = paired_chips_html(sides[0], sides[1], answers=(answers[0], answers[1]))
    return paired_card_html(get_language(sides[0].language).name, (sides[0], sides[1]), chips)


def _title(analysis: PairAnalysis) -> str:
    return f"{model_title(analysis.model)} ({analysis.model.name})"


def _readme(first: PairReport, second: PairReport, problems: list[str], stamp: str) -> str:
    lines = [*summary_lines(first, stamp), "", *summary_lines(second, "")]
    for one, other in zip(first.analyses, second.analyses, strict=True):
        end = f", answer {one.end}" if one.end else ""
        lines.append(f"Difference A - B{end}: {signed(one.consistency - other.consistency)}")
    lines += [
        "",
        "Files",
        "  comparison.json       both results, A first, and their differences in C and in the mass of every token",
        "  report.html           the report; open it in any browser, no network needed",
        "  differences-*.csv     every token with its mass under A, under B, and A - B",
        "  A-..., B-...          the result, tables and pictures of each model",
    ]
    lines += ["", *problems] if problems else []
    return "\n".join([*lines, *NOTES]) + "\n"
