"""One file of a result at a time, as bytes for a download button."""

import json
from typing import Any, Literal, get_args

import regex

from core.consistency.export import flows_to_csv, report_to_json, tokens_to_csv
from core.results import PairAnalysis, PairReport
from core.text.display import display_text
from dashboard.downloads.pictures import Picture, picture_svg
from dashboard.downloads.png import svg_to_png
from dashboard.downloads.report import report_html
from dashboard.figures.colours import Theme

Table = Literal["flows", "tokens-source", "tokens-target"]
TABLES: tuple[Table, ...] = get_args(Table)
# Bidi overrides and other characters that change how a file reads without being seen, and lone surrogates.
_UNSEEN = regex.compile(r"[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]")


def json_bytes(report: PairReport) -> bytes:
    """The whole result as on the command line; unseen characters are written as JSON escapes."""
    return as_json(report_to_json(report))


def as_json(content: dict[str, Any]) -> bytes:
    """A JSON file; unseen characters are written as JSON escapes."""
    text = json.dumps(content, ensure_ascii=False, indent=1)
    return (_UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n").encode()


def csv_bytes(analysis: PairAnalysis, table: Table) -> bytes:
    """A table as UTF-8 with a byte order mark, without which spreadsheets garble other scripts.

    Cells that a spreadsheet would run as a formula begin with an apostrophe; unseen characters are spelt `U+202E`.
    """
    if table == "flows":
        return as_csv(flows_to_csv(analysis))
    return as_csv(tokens_to_csv(analysis.source if table == "tokens-source" else analysis.target))


def as_csv(table: str) -> bytes:
    """A CSV text as a file: unseen characters spelt out, a byte order mark in front."""
    return "\n".join(display_text(line) for line in table.split("\n")).encode("utf-8-sig")


def svg_bytes(analysis: PairAnalysis, picture: Picture, theme: Theme = "light") -> bytes:
    """A picture with its legend as SVG, in the colours of one theme."""
    return picture_svg(analysis, picture, theme).encode()


def png_bytes(analysis: PairAnalysis, picture: Picture, theme: Theme = "light") -> bytes:
    """The same picture as PNG, two pixels per px. Raises PictureError where this machine cannot draw one."""
    return svg_to_png(picture_svg(analysis, picture, theme))


def html_bytes(report: PairReport, *, stamp: str = "") -> bytes:
    """The report as one HTML file."""
    return report_html(report, stamp=stamp).encode()
