"""Who is at the other end of a session, for queue and limits."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.paths import operator_file
from dashboard.service.limits import ServiceLimits, read_limits
from dashboard.service.queue import JobQueue

ALONE = "alone"
"""The session outside a server, as in a test."""


def service_limits() -> ServiceLimits:
    """The limits of this server, read once. Raises CatalogueError as `read_limits` does."""
    return _limits(operator_file())


@st.cache_resource(show_spinner=False)
def _limits(file: Path | None) -> ServiceLimits:
    return read_limits()


@st.cache_resource(show_spinner=False)
def job_queue() -> JobQueue:
    """The queue of this server, shared by all sessions."""
    return JobQueue(service_limits())


def session_id() -> str:
    """The id of the browser session that runs this script."""
    context = get_script_run_ctx()
    return context.session_id if context else ALONE


def visitor() -> str:
    """Who counts as one for the limits: an account where visitors log in, else a browser session.

    An address does not tell visitors apart: behind a proxy all have the same.
    """
    return str(st.user.email) if st.user.get("is_logged_in") and st.user.get("email") else session_id()


def presence() -> Callable[[], bool]:
    """A function that says, from any thread, whether the session that runs this script has its page open."""
    own = session_id()

    def is_here() -> bool:
        return not runtime.exists() or own == ALONE or runtime.get_instance().is_active_session(own)

    return is_here
