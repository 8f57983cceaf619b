"""The current run on the page "Runs": its progress, Cancel, and the outcome of the last one."""

import streamlit as st

from core.runs.plan import steps_of
from core.runs.progress import pace, step_of
from core.runs.session import WHAT, rate_words
from core.store import Scope
from core.text.numbers import duration
from dashboard.figures.numbers import count, counted, decimal
from dashboard.runs.process import RunDesk, RunProcess, may_cancel
from dashboard.service.places import told, told_in_shell
from dashboard.shared.examples.run_choice import run_code
from dashboard.shared.navigation import page_titled
from dashboard.shared.store import Results
from dashboard.shared.verbatim import verbatim

POLL_SECONDS = 1.0
CANCEL = "Stop after the current chunk? Finished rows are kept; the same command continues the run."
STOPPING = "Stopping after the current chunk"


def work_in_progress(desk: RunDesk) -> None:
    """The progress of the current run, with Cancel, or the outcome of the last one."""
    run = desk.last
    if run is None:
        return

    @st.fragment(run_every=POLL_SECONDS if run.running else None)
    def poll() -> None:
        if not run.running:
            if st.session_state.get("run-watched") is run:
                # It ended while this page was open: the tables of the page need its rows.
                st.session_state["run-watched"] = None
                st.rerun()
            _ended(run)
            return
        st.session_state["run-watched"] = run
        with st.container(border=True, key="run-at-work"):
            bar, cancel = st.columns([6, 1], vertical_alignment="center")
            share, line = progress_words(run)
            bar.progress(share, text=verbatim(line))
            if may_cancel(run):
                if cancel.button("Cancel", key="cancel-run", disabled=run.stops > 1):
                    confirm_cancel(run)
            else:
                cancel.caption("Started by someone else, who may cancel it.")
            st.caption(verbatim(phases(run)))

    poll()


def progress_words(run: RunProcess) -> tuple[float, str]:
    """The share of the current step that is done, and that step in words.

    `tiny-nli, step 2 of 4: texts attributed, 45 of 48, 0.04 rows a second, about 81 s left of this step`
    """
    progress = run.progress()
    if progress is None:
        return 0.0, STOPPING if run.stops else f"Loading the checkpoint and the data set, {duration(run.seconds)}"
    current, step = pace(progress), step_of(progress, run.request)
    if run.stops:
        return current.share, STOPPING
    position = f" (checkpoint {step.checkpoint} of {step.checkpoints})" if step.checkpoints > 1 else ""
    line = (
        f"{progress.checkpoint}{position}, step {step.step} of {step.steps}: {WHAT[progress.kind]}, "
        f"{count(progress.done)} of {count(progress.of)}"
    )
    if current.rate is not None:
        line += f", {rate_words(current.rate)} rows a second"
    if current.left is not None:
        line += f", about {duration(current.left)} left of this step"
    if progress.problems:
        line += f", {count(progress.problems)} not computable"
    return current.share, line


def phases(run: RunProcess) -> str:
    """The steps of the current checkpoint with the rows done, and the time since the start; one line."""
    progress = run.progress()
    if progress is None:
        return told(run.lines[-1]) if run.lines else ""
    steps = steps_of(run.request.task)
    at = steps.index(progress.kind) if progress.kind in steps else 0
    now = f"{count(progress.done)} of {count(progress.of)}"
    states = ["✓" if place < at else now if place == at else "–" for place in range(len(steps))]
    words = [f"{WHAT[step]} {state}" for step, state in zip(steps, states, strict=True)]
    return f"{' · '.join(words)} · {duration(run.seconds)} so far"


@st.dialog("Cancel the run")
def confirm_cancel(run: RunProcess) -> None:
    """Ask before the run is stopped."""
    st.write(CANCEL)
    if st.button("Stop the run", type="primary"):
        run.cancel()
        st.rerun()


def _ended(run: RunProcess) -> None:
    took = duration(run.seconds)
    last = verbatim(told(run.lines[-1] if run.lines else ""))
    if run.stopped:
        st.info(f"The run was stopped after {took}. Finished rows are kept; the same command continues it:")
        st.code(told_in_shell(run.request.command()), language="sh", wrap_lines=True)
    elif run.failed:
        st.error(f"The run failed after {took}: {last}")
    else:
        st.success(f"The run was completed in {took}.")


def outcome(run: RunProcess | None, results: Results) -> None:
    """What a run that has ended left in the store, with a button to its examples for each checkpoint."""
    if run is None or run.running or run.failed:
        return
    for name in sorted(run.request.computed(results.runs)):
        grid = results.reader.grid(Scope(runs=(name,)))
        if grid.empty:
            continue
        n, problems = int(grid["n"].sum()), int(grid["problems"].sum())
        mean = float((grid["consistency"] * grid["n"]).sum() / n) if n else float("nan")
        line = f"{results.runs[name].identity.checkpoint}: {counted(n, 'pair')} with a C, mean {decimal(mean)}"
        line += f"; {counted(problems, 'pair')} could not be compared" if problems else ""
        with st.container(horizontal=True, vertical_alignment="center", key=f"outcome-{name[-12:]}"):
            st.markdown(verbatim(f"{line}."), width="content")
            page = page_titled("Results")
            if st.button("Open its results", key=f"open-{name[-12:]}") and page is not None:
                st.switch_page(page, query_params=run_code(results, name, "pairs"))
