"""Downloads of the page "Runs": its table, the coverage of every run, and the pairs without C."""

import pandas as pd

from core.report.problems import reason
from core.store import Scope
from dashboard.downloads.tables import frame_csv, frame_latex
from dashboard.figures.numbers import percent
from dashboard.shared.page_actions import File, csv_file, latex_file
from dashboard.shared.store import Results

FAILURES = "Failures (CSV)"


def run_files(results: Results, runs: pd.DataFrame) -> list[File]:
    """The table of runs, their coverage, and their failures."""

    def failures() -> bytes:
        # Run by run: the store refuses a scope with two runs of one checkpoint.
        problems = pd.concat([results.problems("pairs", Scope(runs=(run,))) for run in results.runs])
        return frame_csv(problems.assign(reason=problems["problem"].map(reason)))

    return [
        csv_file("Runs (CSV)", "runs.csv", lambda: frame_csv(runs)),
        latex_file("Runs (LaTeX)", "runs.tex", lambda: frame_latex(runs, caption="Runs", formats={"Done": percent})),
        csv_file("Coverage (CSV)", "coverage.csv", lambda: frame_csv(results.coverage())),
        csv_file(FAILURES, "failures.csv", failures),
    ]
