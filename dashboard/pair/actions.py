"""The actions of the page "Translation pair": buttons, download, progress with Cancel."""

from typing import Any

import streamlit as st

from core.results import PairReport
from core.text.numbers import duration
from dashboard.downloads.bundle import bundle
from dashboard.downloads.comparison import comparison_bundle
from dashboard.downloads.singles import single_files
from dashboard.figures.colours import Theme
from dashboard.pair.choices import Choice
from dashboard.pair.session import PairSession
from dashboard.service.jobs import BackgroundTask, Stage
from dashboard.service.visitors import job_queue
from dashboard.shared.address import stay
from dashboard.shared.style import chart_theme

POLL_SECONDS = 0.5


def download_popover(reports: tuple[PairReport, ...]) -> None:
    """A popover with one file of everything about the pair shown, under one model or two."""
    with st.popover("Download", width="content", disabled=not reports):
        if not reports:
            return
        theme = chart_theme()
        st.download_button(
            "Everything (zip)",
            lambda: _pack(reports, theme),
            "ccta-pair.zip",
            "application/zip",
            type="primary",
            on_click="ignore",
            width="stretch",
        )
        # Of two models the zip alone has the files, each under the model's letter.
        singles = single_files(reports[0], theme) if len(reports) == 1 else {}
        for name, (mime, make) in singles.items():
            st.download_button(
                name, make, name, mime, on_click="ignore", width="stretch", type="tertiary", key=f"download-{name}"
            )


def _pack(reports: tuple[PairReport, ...], theme: Theme) -> bytes:
    if len(reports) == 2:
        return comparison_bundle(*reports, theme=theme)
    return bundle(reports[0], theme=theme)


def action_buttons(session: PairSession, choice: Choice) -> None:
    """Analyse, and add or remove a translation."""
    if st.button(
        "Analyse",
        type="primary" if session.is_changed(choice) else "secondary",
        shortcut="Ctrl+Enter",
        disabled=choice.model is None,
        on_click=stay,
        # Without a key its id would change with its type, and a press right after typing would be lost.
        key="analyse",
    ):
        session.run_at_once, session.link_error = True, ""
    if session.is_example:
        st.button("Paste your own", on_click=session.clear)
    if st.button("Add a translation", disabled=not session.draft.can_add(), on_click=stay):
        session.draft = session.draft.add_translation()
        st.rerun()
    if len(session.draft.translations) > 1 and st.button("Remove this translation", on_click=stay):
        session.draft = session.draft.remove_active()
        st.rerun()


def progress_or_message(session: PairSession) -> None:
    """The progress of the analysis at work, else why the last one gave no result."""
    if session.job is not None:
        job_progress(session.job, key="cancel-job")
    elif session.message is not None:
        line, is_error = session.message
        (st.error if is_error else st.info)(line)


def job_progress(job: BackgroundTask[Any], *, key: str) -> None:
    """Show the progress of a task and a Cancel button; rerun the page when it has finished."""

    @st.fragment(run_every=POLL_SECONDS)
    def poll() -> None:
        if job.finished:
            st.rerun()
        bar, cancel = st.columns([6, 1], vertical_alignment="center")
        place = job_queue().place(job)
        line = waiting_line(place) if place else progress_line(job.stage, job.stage.elapsed)
        bar.progress(job.stage.share, text="Cancelling" if job.cancelling else line)
        if cancel.button("Cancel", key=key, disabled=job.cancelling):
            job.cancel()

    poll()


def waiting_line(place: int) -> str:
    """`Waiting: 2 analyses before yours`; `place` counts from 1."""
    before = place - 1
    if not before:
        return "Waiting: yours is next"
    return f"Waiting: {before} {'analysis' if before == 1 else 'analyses'} before yours"


def progress_line(stage: Stage, elapsed: float) -> str:
    """`Attributing: 14 of 40 gradients, about 4 s left`; `elapsed` is in seconds since the stage began."""
    name = stage.name[:1].upper() + stage.name[1:]
    if not stage.expected:
        return name
    line = f"{name}: {stage.done} of {stage.expected}"
    if not stage.name.startswith("attributing"):
        return line
    left = elapsed / stage.done * (stage.expected - stage.done) if stage.done else 0.0
    return f"{line} gradients" + (f", about {duration(left)} left" if left >= 1 else "")
