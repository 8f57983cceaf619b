"""The actions of the page "Translation pair": link, download, progress with Cancel."""

from urllib.parse import urlencode

import streamlit as st

from core.translations import TranslationSet
from dashboard.downloads.bundle import bundle
from dashboard.figures.numbers import duration
from dashboard.jobs import Job, Stage
from dashboard.style import chart_theme

POLL_SECONDS = 0.5


def copy_link() -> None:
    """A popover with the address that restores this view."""
    with st.popover("Copy link", width="content"):
        address = str(st.context.url or "").split("?")[0]
        query = urlencode(st.query_params.to_dict())
        st.code(f"{address}?{query}" if query else address, language=None, wrap_lines=True)
        st.caption("The link holds the settings and a fingerprint of the texts. It opens on this server only.")


def download_popover(found: TranslationSet | None, active: int) -> None:
    """A popover with everything about the pair shown, in one file."""
    with st.popover("Download", width="content", disabled=found is None):
        if found is None:
            return
        report = found.reports.get(active + 1) or next(iter(found.reports.values()))
        theme = chart_theme()
        st.download_button(
            "Everything (zip)",
            lambda: bundle(report, theme=theme),
            "ccta-pair.zip",
            "application/zip",
            type="primary",
            on_click="ignore",
            width="stretch",
        )


def progress_fragment(job: Job[TranslationSet]) -> None:
    """Show how far a job is, with a Cancel that works; rerun the page when it has ended."""

    @st.fragment(run_every=POLL_SECONDS)
    def poll() -> None:
        if job.finished:
            st.rerun()
        bar, cancel = st.columns([6, 1], vertical_alignment="center")
        bar.progress(job.stage.share, text="Cancelling" if job.cancelling else progress_line(job.stage, job.elapsed))
        if cancel.button("Cancel", key="cancel-job", disabled=job.cancelling):
            job.cancel()

    poll()


def progress_line(stage: Stage, elapsed: float) -> str:
    """`Attributing: 14 of 40 gradients, about 4 s left`."""
    if not stage.expected:
        return stage.name
    line = f"{stage.name.capitalize()}: {stage.done} of {stage.expected}"
    if stage.name != "attributing":
        return line
    left = elapsed / stage.done * (stage.expected - stage.done) if stage.done else 0.0
    return f"{line} gradients" + (f", about {duration(left)} left" if left >= 1 else "")
