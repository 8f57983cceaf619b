"""Who is at the other end of a session, what they may do, and what they ask of the server."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import CctaError
from core.paths import cache_folder, operator_file, uploads_folder
from dashboard.service.audit import AuditLog, Deed
from dashboard.service.jobs import BackgroundTask
from dashboard.service.limits import ServiceLimits, read_limits
from dashboard.service.login import LoginRules, read_login
from dashboard.service.memory import MemoryWatch, give_back
from dashboard.service.queue import BusyError, JobQueue
from dashboard.service.uploads import Uploads

ALONE = "alone"
"""The session outside a server, as in a test."""
RUN_THREAD = "ccta-run"
"""The name of the thread that follows a run."""


def service_limits() -> ServiceLimits:
    """The limits of this server, read once. Raises CatalogueError as `read_limits` does."""
    return _limits(operator_file())


@st.cache_resource(show_spinner=False)
def _limits(file: Path | None) -> ServiceLimits:
    return read_limits()


def login_rules() -> LoginRules | None:
    """Who is admitted to this server, read once; None where nobody logs in. Raises CatalogueError as `read_login`."""
    return _login(operator_file())


@st.cache_resource(show_spinner=False)
def _login(file: Path | None) -> LoginRules | None:
    return read_login()


@st.cache_resource(show_spinner=False)
def job_queue() -> JobQueue:
    """The queue of this server, shared by all sessions."""
    return JobQueue(service_limits())


@st.cache_resource(show_spinner=False)
def keep_within_memory() -> MemoryWatch:
    """Watch the memory of this server, if the operator sets a ceiling; every call after the first does nothing."""
    queue = job_queue()
    watch = MemoryWatch(service_limits(), lambda: queue.is_idle and not _is_run_followed(), queue.close)
    watch.start()
    return watch


def _is_run_followed() -> bool:
    """Whether a run that a page started is at work: its output would end with this process."""
    return any(thread.name == RUN_THREAD for thread in threading.enumerate())


def audit_log() -> AuditLog:
    """The log of who asked for what on this server."""
    return _audit_log(cache_folder() / "audit")


@st.cache_resource(show_spinner=False)
def _audit_log(folder: Path) -> AuditLog:
    return AuditLog(folder, service_limits())


def uploads() -> Uploads:
    """The files that visitors of this server left for runs."""
    return _uploads(uploads_folder())


@st.cache_resource(show_spinner=False)
def _uploads(folder: Path) -> Uploads:
    files = Uploads(folder, service_limits())
    files.remove_expired()
    return files


def session_id() -> str:
    """The id of the browser session that runs this script."""
    context = get_script_run_ctx()
    return context.session_id if context else ALONE


def account() -> str:
    """The address of the account that is logged in and admitted, "" where there is none."""
    rules = login_rules()
    return rules.admitted(st.user.to_dict()) if rules else ""


def lacks_login(what: str) -> bool:
    """Whether this visitor would have to log in for something (`login.RUNS`, `login.TEXTS`)."""
    rules = login_rules()
    return rules is not None and rules.needs(what) and not account()


def visitor() -> str:
    """Who counts as one for the limits: an account where visitors log in, else a browser session.

    An address does not tell visitors apart: behind a proxy all have the same.
    """
    return account() or session_id()


def presence() -> Callable[[], bool]:
    """A function that says, from any thread, whether the session that runs this script has its page open."""
    own = session_id()

    def is_here() -> bool:
        return not runtime.exists() or own == ALONE or runtime.get_instance().is_active_session(own)

    return is_here


def submit(task: BackgroundTask[Any], deed: Deed) -> None:
    """Give a task of this visitor to the queue, and log how it ends. Raises BusyError as `JobQueue.submit` does."""
    who, log = visitor(), audit_log()

    def ended(done: BackgroundTask[Any]) -> None:
        give_back()
        log.write(who, deed, outcome(done.error), done.seconds, done.began_at)

    try:
        job_queue().submit(task, who, presence(), ended)
    except BusyError as error:
        log.write(who, deed, outcome(error))
        raise


def note(deed: Deed, error: CctaError | None = None) -> None:
    """Log what this visitor did, or tried to do."""
    audit_log().write(visitor(), deed, outcome(error))


def outcome(error: CctaError | None) -> str:
    """How something ended, in a word; of an error its kind alone, since its message may quote a text."""
    return "done" if error is None else type(error).__name__
