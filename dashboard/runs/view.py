"""The runs of a store on the page "Runs": their table, and one run's coverage, failures and settings."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from core.report.coverage import COMPLETE, group_coverage, group_runs, run_table
from core.report.problems import reason
from core.store import Scope
from core.text.numbers import duration
from dashboard.figures.colours import MASS
from dashboard.figures.grids.coverage import coverage_html
from dashboard.figures.legend import head_html, legend_html
from dashboard.figures.names import dataset_title, language_name
from dashboard.figures.numbers import count, counted
from dashboard.runs.files import FAILURES
from dashboard.runs.process import at_work, run_desk
from dashboard.shared.address import Address
from dashboard.shared.examples.texts import stored_text_line
from dashboard.shared.setting_rows import setting_rows
from dashboard.shared.store import Results
from dashboard.shared.style import chart_theme, table_height

RUNNING = "running"
BADGES = {COMPLETE: "✓ complete", RUNNING: "▸ running"}
MOST_PROBLEMS = 1000


def runs_table(results: Results, address: Address) -> tuple[str, pd.DataFrame]:
    """Draw the table of runs; returns the run selected, and the table for download, with run ids in full."""
    whole = _runs_frame(results)
    shown = whole.assign(
        Run=[run[-12:] for run in whole["Run"]], State=[BADGES.get(state, state) for state in whole["State"]]
    )
    key = f"runs-{results.version}"

    def pick() -> None:
        cells = st.session_state[key]["selection"]["cells"]
        if cells:
            address.set("run", str(whole["Run"][cells[0][0]]))

    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        height=table_height(len(shown), 8),
        selection_mode="single-cell",
        on_select=pick,
        key=key,
        alt="The runs of the store",
        column_config={
            "Done": st.column_config.ProgressColumn(
                format="percent", min_value=0.0, max_value=1.0, color=MASS.at(0.65, chart_theme())
            )
        },
    )
    names = {
        run: f"{checkpoint} · {run[-12:]}" for run, checkpoint in zip(whole["Run"], whole["Checkpoint"], strict=True)
    }
    return address.select("run", "Run shown", names, always=True), whole


def _runs_frame(results: Results) -> pd.DataFrame:
    """One line per run: data set, checkpoint, size, start, state, and the share that is done."""
    table = run_table(results.reader, results.coverage())
    running = at_work(run_desk().last, results.runs)
    titles = [
        f"{dataset_title(name, split)} {split}" for name, split in zip(table["dataset"], table["split"], strict=True)
    ]
    return pd.DataFrame(
        {
            "Run": table["run"],
            "Data set": titles,
            "Checkpoint": table["checkpoint"],
            "Rows": table["rows"],
            "Languages": table["languages"],
            "Started": [str(moment)[:16].replace("T", " ") for moment in table["created"]],
            "State": table["state"].mask(table["run"].isin(running), RUNNING),
            "Done": table["share"],
        }
    )


def run_details(results: Results, run: str) -> None:
    """Coverage of all checkpoints with the run's settings, its pairs without C, its settings and versions."""
    manifest = results.runs[run]
    _coverage(results, run)
    _problems(results, run)
    st.html(head_html("Settings and versions", note=f"Run {run}. {stored_text_line(manifest)}"))
    identity = manifest.identity
    fields = {name: value for name, value in identity.to_json().items() if name != "settings"}
    left, right = st.columns(2)
    left.dataframe(
        setting_rows({**fields, **identity.settings}), hide_index=True, width="stretch", alt="The settings of the run"
    )
    history = {
        "started": manifest.created or "not known",
        "last written": manifest.updated or "not known",
        "computing time of all workers": duration(manifest.seconds),
    }
    right.dataframe(
        setting_rows(history | {f"version of {name}": version for name, version in manifest.versions.items()}),
        hide_index=True,
        width="stretch",
        alt="When the run was computed, how long it took, and with which versions",
    )


def _coverage(results: Results, run: str) -> None:
    runs = group_runs(results.runs, run)
    coverage = group_coverage(results.coverage(), results.problems("pairs", Scope(runs=tuple(runs))), runs)
    if coverage is None:
        st.info("This run has predictions only: no translations were compared.")
        return
    others = _compared_with(results, runs)
    st.html(
        head_html(
            "Coverage",
            legend_html(MASS, "0", "all", "of a checkpoint’s rows compared"),
            note=f"Rows: checkpoints with the same settings. Columns: languages compared with {others}.",
        )
    )
    st.html(coverage_html(coverage.checkpoints, coverage.languages, coverage.done, coverage.failed, coverage.wholes))


def _compared_with(results: Results, runs: Iterable[str]) -> str:
    """`the training language`, or the languages with which checkpoints without one are compared."""
    if all(results.runs[run].identity.train_language for run in runs):
        return "the training language"
    pairs = results.coverage().query("run in @runs and kind == 'pairs'")
    names = map(language_name, pairs["source_language"].unique())
    return f"{', '.join(names)} (no training language)"


def _problems(results: Results, run: str) -> None:
    problems = results.problems("pairs", Scope(runs=(run,)))
    if problems.empty:
        return
    st.html(head_html(f"{counted(len(problems), 'pair')} without C"))
    st.dataframe(
        pd.DataFrame(
            {
                "Row": problems["row"],
                "Languages": [
                    f"{language_name(source)} → {language_name(target)}"
                    for source, target in zip(problems["source_language"], problems["target_language"], strict=True)
                ],
                "Reason": problems["problem"].map(reason),
            }
        ).head(MOST_PROBLEMS),
        hide_index=True,
        width="stretch",
        height=table_height(len(problems), 7),
        alt="The pairs of the run without C, and why",
    )
    if len(problems) > MOST_PROBLEMS:
        st.caption(f"The first {count(MOST_PROBLEMS)} are shown; the file {FAILURES} under Download has all of them.")
