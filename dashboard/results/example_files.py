"""Downloads of an opened example on the page "Results": its tokens, its flow, or everything in one archive."""

from functools import partial

from core.consistency.export import tokens_to_csv
from core.results import PairReport, Side
from dashboard.downloads.bundle import bundle
from dashboard.downloads.files import as_csv, csv_bytes, png_bytes, svg_bytes
from dashboard.downloads.singles import single_files
from dashboard.figures.names import language_name
from dashboard.results.choices import ResultsChoice
from dashboard.results.opened import Opened
from dashboard.shared.page_actions import EVERYTHING, ZIP, File, csv_file, png_file, svg_file
from dashboard.shared.style import chart_theme


def example_files(choice: ResultsChoice, opened: Opened | None) -> list[File]:
    """The files of an opened example; none without scores."""
    if opened is None or opened.sides is None:
        return []
    name = f"{choice.identity.dataset}-row-{choice.row}-{choice.source}-{choice.target}"
    analysis, theme = opened.analysis, chart_theme()
    if analysis is not None:
        report = PairReport((analysis,))
        singles = single_files(report, theme).items()
        return [
            File(EVERYTHING, f"{name}.zip", ZIP, lambda: bundle(report, theme=theme)),
            *(File(single, f"{name}-{single}", mime, make) for single, (mime, make) in singles),
        ]
    files = [
        csv_file(f"Tokens, {language_name(side.language)} (CSV)", f"{name}-tokens-{role}.csv", partial(_tokens, side))
        for role, side in zip(("source", "target"), opened.sides, strict=True)
    ]
    if opened.kept is not None:
        flow = opened.kept
        files += [
            csv_file("Flows (CSV)", f"{name}-flows.csv", lambda: csv_bytes(flow, "flows")),
            svg_file("Flow (SVG)", f"{name}-flow.svg", lambda: svg_bytes(flow, "flow", theme)),
            png_file("Flow (PNG)", f"{name}-flow.png", lambda: png_bytes(flow, "flow", theme)),
        ]
    return files


def _tokens(side: Side) -> bytes:
    """The table of tokens, as for a live analysis."""
    return as_csv(tokens_to_csv(side))
