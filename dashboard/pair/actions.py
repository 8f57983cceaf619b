"""The actions of the page "Translation pair": link, download, progress with Cancel."""

import streamlit as st

from core.results import PairReport
from core.text.numbers import duration
from dashboard.downloads.bundle import bundle
from dashboard.downloads.comparison import comparison_bundle
from dashboard.figures.colours import Theme
from dashboard.pair.job import PairResult
from dashboard.shared.jobs import BackgroundTask, Stage
from dashboard.shared.style import chart_theme

POLL_SECONDS = 0.5


def download_popover(result: PairResult | None, active: int) -> None:
    """A popover with everything about the pair shown, in one file; of two models, where two are compared."""
    with st.popover("Download", width="content", disabled=result is None):
        if result is None:
            return
        reports = result.reports(active)
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


def _pack(reports: tuple[PairReport, ...], theme: Theme) -> bytes:
    if len(reports) == 2:
        return comparison_bundle(*reports, theme=theme)
    return bundle(reports[0], theme=theme)


def progress_fragment(job: BackgroundTask[PairResult]) -> None:
    """Show how far a job is, with a Cancel that works; rerun the page when it has ended."""

    @st.fragment(run_every=POLL_SECONDS)
    def poll() -> None:
        if job.finished:
            st.rerun()
        bar, cancel = st.columns([6, 1], vertical_alignment="center")
        bar.progress(
            job.stage.share, text="Cancelling" if job.cancelling else progress_line(job.stage, job.stage.elapsed)
        )
        if cancel.button("Cancel", key="cancel-job", disabled=job.cancelling):
            job.cancel()

    poll()


def progress_line(stage: Stage, elapsed: float) -> str:
    """`Attributing: 14 of 40 gradients, about 4 s left`; `elapsed` is in seconds, since the stage began."""
    name = stage.name[:1].upper() + stage.name[1:]
    if not stage.expected:
        return name
    line = f"{name}: {stage.done} of {stage.expected}"
    if not stage.name.startswith("attributing"):
        return line
    left = elapsed / stage.done * (stage.expected - stage.done) if stage.done else 0.0
    return f"{line} gradients" + (f", about {duration(left)} left" if left >= 1 else "")
