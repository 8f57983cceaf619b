"""Everything about a result in one zip; equal results give equal bytes."""

import io
import textwrap
import zipfile
from collections.abc import Iterator

from core.report.verdict import verdict
from core.results import PairAnalysis, PairReport
from core.text.languages import get_language
from dashboard.downloads.files import TABLES, csv_bytes, html_bytes, json_bytes
from dashboard.downloads.pictures import PICTURES, picture_svg
from dashboard.downloads.png import PictureError, svg_to_png
from dashboard.figures.colours import Theme
from dashboard.figures.numbers import decimal

# The first moment that a zip can hold: the time of writing is no part of a result.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX, _READABLE = 3, 0o644 << 16

NOTES = (
    "",
    "Tables are UTF-8 with a byte order mark. A text that a spreadsheet would run as a formula begins with an",
    "apostrophe there, and unseen characters are spelt out, such as U+202E; result.json holds the exact texts.",
    "A letter that no font of the computer holds is missing in the PNG; an SVG shows it where such a font is",
    "installed.",
)
_ABOUT = {
    "result.json": "the whole result: settings, references, tokens with score and mass, similarity, plan",
    "report.html": "the report; open it in any browser, no network needed",
    "flows": "every flow: source, target, flow, similarity, what it adds to C",
    "tokens-source": "every source token with its score and mass",
    "tokens-target": "every target token with its score and mass",
    "flow": "the flow picture",
    "matrix": "the transport matrix with the mass of every token along its edges",
    "scale": "C and its references",
}


def bundle(report: PairReport, *, theme: Theme = "light", stamp: str = "") -> bytes:
    """Pack JSON, tables, pictures and report of a result.

    Parameters
    ----------
    report : PairReport
        For `qa` the names of tables and pictures end in `-start` and `-end`.
    theme : "light" | "dark"
        Colours of the pictures; the report follows its reader.
    stamp : str
        A line for report and README.txt, such as the date.

    Returns
    -------
    bytes
        A zip. Where this machine cannot draw PNG, README.txt says so; the SVG files are included.
    """
    problems: list[str] = []
    page = html_bytes(report, stamp=stamp)
    files = {"result.json": json_bytes(report), "report.html": page} | tables_and_pictures(report, theme, problems)
    files = {"README.txt": _readme(report, list(files), problems, stamp).encode(), **files}
    return zipped(files)


def tables_and_pictures(report: PairReport, theme: Theme, problems: list[str]) -> dict[str, bytes]:
    """Every table and picture of a report under its file name; a PNG that fails leaves its reason in `problems`."""
    files: dict[str, bytes] = {}
    for analysis in report.analyses:
        files |= _tables(analysis)
        files |= _pictures(analysis, theme, problems)
    return files


def _tables(analysis: PairAnalysis) -> dict[str, bytes]:
    return {f"{table}{end_suffix(analysis)}.csv": csv_bytes(analysis, table) for table in TABLES}


def _pictures(analysis: PairAnalysis, theme: Theme, problems: list[str]) -> dict[str, bytes]:
    """SVG and PNG of every picture; a PNG that fails leaves its reason in `problems`."""
    files: dict[str, bytes] = {}
    for picture in PICTURES:
        name = f"{picture}{end_suffix(analysis)}"
        svg = picture_svg(analysis, picture, theme)
        files[f"{name}.svg"] = svg.encode()
        try:
            files[f"{name}.png"] = svg_to_png(svg)
        except PictureError as error:
            problems.append(f"{name}.png is missing: {error}")
    return files


def end_suffix(analysis: PairAnalysis) -> str:
    """`-start` or `-end` for an answer's end, else nothing."""
    return f"-{analysis.end}" if analysis.end else ""


def _readme(report: PairReport, names: list[str], problems: list[str], stamp: str) -> str:
    width = max(map(len, names)) + 2
    lines = [*summary_lines(report, stamp), "", "Files", *(f"  {name:{width}}{_about(name)}" for name in names)]
    lines += ["", *problems] if problems else []
    return "\n".join([*lines, *NOTES]) + "\n"


def summary_lines(report: PairReport, stamp: str) -> Iterator[str]:
    """What the result is of, and its C."""
    first = report.analyses[0]
    source, target = (get_language(side.language).name for side in (first.source, first.target))
    yield f"CCTA Explorer: {source} -> {target}"
    if stamp:
        yield stamp
    yield f"Task {first.settings.task}, model {first.model.name}, revision {first.model.revision}"
    for analysis in report.analyses:
        what = f"Consistency C, answer {analysis.end}" if analysis.end else "Consistency C"
        yield f"{what}: {decimal(analysis.consistency)}"
        yield from textwrap.wrap(verdict(analysis.consistency, analysis.references).text, 110)


def _about(name: str) -> str:
    stem, _, ending = name.rpartition(".")
    plain = _ABOUT.get(name) or _ABOUT[stem.removesuffix("-start").removesuffix("-end")]
    if ending in ("svg", "png"):
        return f"{plain} ({'vectors' if ending == 'svg' else 'pixels'})"
    return plain


def zipped(files: dict[str, bytes]) -> bytes:
    """Files under their names as a zip; equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()
