"""What a store holds of its runs, on the page "Runs": the table, one run's settings and coverage, the run at work."""

import pandas as pd
import streamlit as st

from core.runs.progress import COMPLETE, pair_coverage, run_table
from core.store import Scope
from dashboard.address import Address
from dashboard.downloads.tables import frame_csv, frame_latex
from dashboard.figures.colours import MASS
from dashboard.figures.coverage import coverage_html
from dashboard.figures.legend import head_html, legend_html
from dashboard.figures.numbers import count, counted, duration, percent
from dashboard.page_actions import File, csv_file, latex_file
from dashboard.results import Results
from dashboard.results_choice import dataset_title, language_name
from dashboard.run_process import RunDesk, RunProcess, is_at_work, run_desk
from dashboard.style import chart_theme, table_height

POLL_SECONDS = 1.0
AT_WORK = "at work"
BADGES = {COMPLETE: "✓ complete", AT_WORK: "▸ at work"}
MOST_PROBLEMS = 1000
KIND_NAMES = {"predictions": "texts predicted", "attributions": "texts attributed", "pairs": "pairs compared"}
CANCEL = "Stop after the current chunk? Finished rows are kept; the same command continues."


def runs_table(results: Results, address: Address) -> tuple[str, pd.DataFrame]:
    """The table of runs; returns the selected one, and the table as it can be downloaded."""
    table = run_table(results.reader, results.coverage())
    process = run_desk().last
    at_work = [is_at_work(process, results.reader, run) for run in table["run"]]
    states = [AT_WORK if working else state for working, state in zip(at_work, table["state"], strict=True)]
    shown = pd.DataFrame(
        {
            "Run": [run[-12:] for run in table["run"]],
            "Data set": [
                f"{dataset_title(name)} {split}" for name, split in zip(table["dataset"], table["split"], strict=True)
            ],
            "Checkpoint": table["checkpoint"],
            "Rows": table["rows"],
            "Languages": table["languages"],
            "Started": [str(moment)[:16].replace("T", " ") for moment in table["created"]],
            "State": [BADGES.get(state, state) for state in states],
            "Done": table["share"],
        }
    )
    key = f"runs-{results.version}"

    def pick() -> None:
        cells = st.session_state[key]["selection"]["cells"]
        if cells:
            address.set("run", str(table["run"][cells[0][0]]))

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
        run: f"{checkpoint} · {run[-12:]}" for run, checkpoint in zip(table["run"], table["checkpoint"], strict=True)
    }
    return address.select("run", "Run shown", names, always=True), shown


def run_details(results: Results, run: str) -> None:
    """Coverage of all checkpoints with the run's settings, what failed in it, and the settings themselves."""
    manifest = results.runs[run]
    coverage = results.coverage()
    _coverage(results, run, coverage)
    _problems(results, run)
    st.html(head_html("Settings and versions", note=f"Run {run}"))
    identity = manifest.identity
    plain = {name: value for name, value in identity.to_json().items() if name != "settings"}
    left, right = st.columns(2)
    left.dataframe(_pairs({**plain, **identity.settings}), hide_index=True, width="stretch")
    kept = {
        "started": manifest.created or "not known",
        "last written": manifest.updated or "not known",
        "computing time of all workers": duration(manifest.seconds),
        "texts": "left out (export)" if manifest.scores_only else "tokens are stored with the scores",
    }
    right.dataframe(
        _pairs({**kept, **{f"version of {name}": v for name, v in manifest.versions.items()}}),
        hide_index=True,
        width="stretch",
    )


def _coverage(results: Results, run: str, coverage: pd.DataFrame) -> None:
    group = results.runs[run].identity.group
    runs = {
        name: manifest.identity.checkpoint
        for name, manifest in results.runs.items()
        if manifest.identity.group == group
    }
    table = pair_coverage(coverage, runs)
    if table.empty:
        st.info("This run holds predictions only: nothing was compared.")
        return
    held = run_table(results.reader, coverage)
    of_checkpoint = held.groupby(held["run"].map(runs))["rows"].max()
    wholes = {str(name): int(rows) for name, rows in of_checkpoint.items()}
    failed: dict[tuple[str, str], int] = {}
    problems = results.problems("pairs", Scope(runs=tuple(runs)))
    for (name, language), rows in problems.groupby(["run", "target_language"]):
        failed[runs[str(name)], str(language)] = len(set(rows["row"]))
    done = {
        (str(name), str(language)): int(table.loc[name, language]) for name in table.index for language in table.columns
    }
    st.html(
        head_html(
            "Coverage",
            legend_html(MASS, "0", "all", "of a checkpoint’s rows compared"),
            note="Rows: checkpoints with the same settings. Columns: languages compared with the training language.",
        )
    )
    st.html(coverage_html(list(map(str, table.index)), list(map(str, table.columns)), done, failed, wholes))


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
                "Reason": problems["problem"],
            }
        ).head(MOST_PROBLEMS),
        hide_index=True,
        width="stretch",
        height=table_height(len(problems), 7),
    )


def _pairs(values: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame({"Setting": list(values), "Value": [str(value) for value in values.values()]})


def run_files(shown: pd.DataFrame) -> list[File]:
    """The table of runs as files."""
    return [
        csv_file("Runs (CSV)", "runs.csv", lambda: frame_csv(shown)),
        latex_file("Runs (LaTeX)", "runs.tex", lambda: frame_latex(shown, caption="Runs", formats={"Done": percent})),
    ]


def work_in_progress(desk: RunDesk) -> None:
    """How far the run at work is, with Cancel; what became of the last one."""
    run = desk.last
    if run is None:
        return

    @st.fragment(run_every=POLL_SECONDS if run.running else None)
    def poll() -> None:
        if not run.running:
            if st.session_state.get("run-watched") is run:
                # It ended while this page was open: the tables above and below are to show it.
                st.session_state["run-watched"] = None
                st.rerun()
            _ended(run)
            return
        st.session_state["run-watched"] = run
        with st.container(border=True, key="run-at-work"):
            bar, cancel = st.columns([6, 1], vertical_alignment="center")
            share, line = progress_words(run)
            bar.progress(share, text=line)
            if cancel.button("Cancel", key="cancel-run", disabled=run.asked > 1):
                _confirm(run)
            if run.lines:
                st.caption(run.lines[-1])

    poll()


def progress_words(run: RunProcess) -> tuple[float, str]:
    """The share of the step that is done, and `texts attributed: 45 of 48, 0.04 rows a second, about 81 s left`."""
    if run.asked:
        return 0.0, "Stopping after what has begun"
    progress = run.progress()
    if progress is None:
        return 0.0, f"Loading the checkpoint and the data set, {duration(run.seconds)}"
    share = min(progress.done / progress.of, 1.0) if progress.of else 1.0
    line = f"{progress.checkpoint}: {KIND_NAMES[progress.kind]}, {count(progress.done)} of {count(progress.of)}"
    if progress.done and progress.seconds > 0:
        rate = progress.done / progress.seconds
        line += f", {rate:.2g} rows a second"
        if progress.done < progress.of:
            line += f", about {duration((progress.of - progress.done) / rate)} left"
    if progress.problems:
        line += f", {count(progress.problems)} not computable"
    return share, line


@st.dialog("Cancel the run")
def _confirm(run: RunProcess) -> None:
    st.write(CANCEL)
    if st.button("Stop the run", type="primary"):
        run.cancel()
        st.rerun()


def _ended(run: RunProcess) -> None:
    took = duration(run.seconds)
    last = run.lines[-1] if run.lines else ""
    if run.stopped:
        command = run.request.command()
        st.info(f"The run was stopped after {took}. Finished rows are kept; the same command continues: `{command}`")
    elif run.failed:
        st.error(f"The run ended after {took}: {last}")
    else:
        st.success(f"The run is complete, after {took}. {last}")
