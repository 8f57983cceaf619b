"""The files of a result one by one, as its zip holds them; and any files of a page as one zip."""

from collections.abc import Callable, Sequence
from functools import partial

from core.errors import CctaError
from core.results import PairReport
from dashboard.downloads.bundle import end_suffix, zipped
from dashboard.downloads.files import TABLES, csv_bytes, html_bytes, json_bytes, svg_bytes
from dashboard.downloads.pictures import PICTURES
from dashboard.figures.colours import Theme

Make = Callable[[], bytes]


def single_files(report: PairReport, theme: Theme) -> dict[str, tuple[str, Make]]:
    """File name -> media type, and what makes its content: report, JSON, pictures and tables of a result."""
    files: dict[str, tuple[str, Make]] = {
        "report.html": ("text/html", partial(html_bytes, report)),
        "result.json": ("application/json", partial(json_bytes, report)),
    }
    for analysis in report.analyses:
        end = end_suffix(analysis)
        for picture in PICTURES:
            files[f"{picture}{end}.svg"] = ("image/svg+xml", partial(svg_bytes, analysis, picture, theme))
        for table in TABLES:
            files[f"{table}{end}.csv"] = ("text/csv", partial(csv_bytes, analysis, table))
    return files


def packed(files: Sequence[tuple[str, str, Make]], title: str) -> bytes:
    """Pack (label, file name, what makes it) into a zip with a list of them; what fails leaves its reason there."""
    contents: dict[str, bytes] = {}
    lines = [title, ""]
    for label, name, make in files:
        try:
            contents[name] = make()
            lines.append(f"{name}: {label}")
        except CctaError as error:
            lines.append(f"{name} is missing: {error}")
    return zipped({"README.txt": ("\n".join(lines) + "\n").encode(), **contents})
