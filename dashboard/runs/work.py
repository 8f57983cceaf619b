"""The run at work on the page "Runs": how far it is, Cancel, and what became of the last one."""

import streamlit as st

from core.runs.progress import pace, step_of
from core.runs.session import WHAT, rate_words
from core.text.numbers import duration
from dashboard.figures.numbers import count
from dashboard.runs.process import RunDesk, RunProcess
from dashboard.shared.verbatim import verbatim

POLL_SECONDS = 1.0
CANCEL = "Stop after the current chunk? Finished rows are kept; the same command continues."
STOPPING = "Stopping after what has begun"


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
            bar.progress(share, text=verbatim(line))
            if cancel.button("Cancel", key="cancel-run", disabled=run.asked > 1):
                confirm_cancel(run)
            if run.lines:
                st.caption(verbatim(run.lines[-1]))

    poll()


def progress_words(run: RunProcess) -> tuple[float, str]:
    """The share of a step that is done, and which step that is, in words.

    `tiny-nli, step 2 of 4: texts attributed, 45 of 48, 0.04 rows a second, about 81 s left of this step`
    """
    progress = run.progress()
    if progress is None:
        return 0.0, STOPPING if run.asked else f"Loading the checkpoint and the data set, {duration(run.seconds)}"
    now, step = pace(progress), step_of(progress, run.request)
    if run.asked:
        return now.share, STOPPING
    which = f" (checkpoint {step.checkpoint} of {step.checkpoints})" if step.checkpoints > 1 else ""
    line = (
        f"{progress.checkpoint}{which}, step {step.kind} of {step.kinds}: {WHAT[progress.kind]}, "
        f"{count(progress.done)} of {count(progress.of)}"
    )
    if now.rate is not None:
        line += f", {rate_words(now.rate)} rows a second"
    if now.left is not None:
        line += f", about {duration(now.left)} left of this step"
    if progress.problems:
        line += f", {count(progress.problems)} not computable"
    return now.share, line


@st.dialog("Cancel the run")
def confirm_cancel(run: RunProcess) -> None:
    """Ask before the run is stopped."""
    st.write(CANCEL)
    if st.button("Stop the run", type="primary"):
        run.cancel()
        st.rerun()


def _ended(run: RunProcess) -> None:
    took = duration(run.seconds)
    last = verbatim(run.lines[-1] if run.lines else "")
    if run.stopped:
        st.info(f"The run was stopped after {took}. Finished rows are kept; the same command continues:")
        st.code(run.request.command(), language="sh", wrap_lines=True)
    elif run.failed:
        st.error(f"The run ended after {took}: {last}")
    else:
        st.success(f"The run is complete, after {took}. {last}")
