"""The form that starts a run on the page "Runs": what to compute, its cost, and the command for it."""

import streamlit as st

from core.data.catalogue import DATASETS
from core.data.load import available_languages
from core.errors import CctaError
from core.models.catalogue import DEFAULT_MODEL, is_here, models_for_task
from core.paths import data_folder, most_pairs, store_location
from core.runs.estimate import cost_at_stored_rates
from core.runs.plan import EVERY, TRAIN
from core.runs.request import RunRequest
from core.settings import TASKS
from core.store.index import Snapshot
from core.text.numbers import duration
from dashboard.figures.names import language_name
from dashboard.figures.numbers import count, counted
from dashboard.runs.process import BUSY, RunDesk, RunProcess, measured_cost
from dashboard.runs.upload import Texts, own_texts, own_texts_elsewhere
from dashboard.service.audit import Deed
from dashboard.service.login import RUNS
from dashboard.service.places import told, told_in_shell
from dashboard.service.visitors import audit_log, lacks_login, visitor
from dashboard.shared.help_texts import explained
from dashboard.shared.store import no_results
from dashboard.shared.verbatim import verbatim

OWN_FILE = "a file of your own"
_COST = "start-cost"
SEED_HELP = explained("Chooses the rows; they are the same in every language.", "intervals")
PAIRS_HELP = explained(
    "The training language with each language, or every two languages, which comparing training languages on the same "
    "pairs needs. Further pairs take no further attributions.",
    "intervals",
)
PAIRS = {TRAIN: "one language with each", EVERY: "all pairs"}


def start_form(desk: RunDesk, snapshot: Snapshot | None) -> None:
    """The form, or the reason why no run can be started here; the command is shown in both cases."""
    limit, store = most_pairs(), store_location()
    with st.expander("Start a run", expanded=snapshot is None):
        off = _switched_off(limit, store)
        data = _choose_data(off)
        if data is None:
            return
        request = _choose_rest(data, store or "results")
        if request is None:
            return
        st.caption(verbatim(pairs_line(request)))
        line, known = _cost_line(request, snapshot)
        st.caption(line)
        refusal = off or _refusal(desk, request, data, limit)
        if not known and not refusal:
            _measure(request)
        if refusal:
            st.info(f"{refusal} The command for your own computer:")
        elif st.button("Start", type="primary"):
            try:
                _start(desk, request)
            except CctaError as error:
                st.error(verbatim(told(error)))
                return
            st.rerun()
        st.code(told_in_shell(request.command()), language="sh", wrap_lines=True)


def _start(desk: RunDesk, request: RunRequest) -> None:
    """Start a run of this visitor's, and log how it ends."""
    who, log = visitor(), audit_log()
    deed = Deed("run", request.task, request.checkpoints, rows=request.rows, languages=len(request.languages))

    def ended(run: RunProcess) -> None:
        log.write(who, deed, run.outcome, run.seconds)

    desk.start(request, owner=who, at_end=ended)


def nothing_yet() -> None:
    """The state without results: where runs are on it points to the form, else it names the command."""
    store = store_location()
    if most_pairs() and store is not None:
        st.info(verbatim(f"There are no results in {told(store)} yet: start a run with the form below."))
    else:
        no_results()


def _switched_off(limit: int, store: str | None) -> str:
    """Why this server starts no runs at all; "" if it does."""
    if not limit:
        return "Starting runs is off on this server."
    if store is None:
        return "The shipped results are read-only, and CCTA_STORE names no store of your own."
    if lacks_login(RUNS):
        return "Log in to start a run on this server."
    return ""


def _refusal(desk: RunDesk, request: RunRequest, texts: Texts, limit: int) -> str:
    for name, source in request.sources.items():
        if source and source not in texts.languages:
            return (
                f"These texts have no {language_name(source)}, in which {name} was trained: add it, or choose a "
                "checkpoint trained in another language."
            )
    if request.n_pairs > limit:
        return (
            f"{counted(request.n_pairs, 'pair')} are more than the {count(limit)} that this server allows: choose "
            "fewer rows, languages or checkpoints."
        )
    if desk.last is not None and desk.last.running:
        return BUSY
    return ""


def _choose_data(off: str) -> Texts | None:
    folder = data_folder()
    local = [name for name in DATASETS if folder is not None and (folder / name).is_dir() and name != "squad-en"]
    titles = {name: DATASETS[name].title for name in local} | {OWN_FILE: OWN_FILE}
    chosen = st.selectbox(
        "Data set", list(titles), format_func=titles.__getitem__, key="start-data", persist_state="session"
    )
    if chosen == OWN_FILE:
        if not off:
            return own_texts()
        own_texts_elsewhere(off)
        return None
    try:
        languages = tuple(available_languages(chosen, folder or ""))
    except CctaError as error:
        st.error(verbatim(told(error)))
        return None
    return Texts(chosen, DATASETS[chosen].task, languages, None)


def _choose_rest(data: Texts, store: str) -> RunRequest | None:
    names = checkpoints_for(data.task)
    if not names:
        st.error(
            f"No checkpoint for {TASKS[data.task].title.lower()} is on this computer. Train one with `python -m core "
            "train`, or list one in the file that CCTA_CONFIG names."
        )
        return None
    left, right = st.columns(2)
    key = f"start-{data.task}"
    checkpoints = left.multiselect("Checkpoints", names, default=names[:1], key=f"{key}-models")
    languages = right.multiselect(
        "Languages",
        data.languages,
        default=data.languages[:4],
        format_func=language_name,
        key=f"{key}-languages-{data.dataset}",
    )
    pairs = _choose_pairs()
    left, right = st.columns(2)
    most = data.n_rows or 100_000
    rows = int(left.number_input("Rows", 1, most, min(data.n_rows or 50, most), key=f"{key}-rows-{data.dataset}"))
    seed = int(right.number_input("Seed", 0, 2**31 - 1, 0, key="start-seed", help=SEED_HELP))
    if not checkpoints or not languages:
        st.caption("Choose at least one checkpoint and one language.")
        return None
    folder = data_folder()
    source = str(folder) if folder is not None and data.n_rows is None else None
    return RunRequest(data.dataset, data.task, tuple(checkpoints), tuple(languages), rows, seed, store, source, pairs)


def _choose_pairs() -> str:
    chosen = st.segmented_control(
        "Pairs",
        list(PAIRS),
        format_func=PAIRS.__getitem__,
        default=TRAIN,
        required=True,
        key="start-pairs",
        help=PAIRS_HELP,
    )
    return chosen or TRAIN


def checkpoints_for(task: str) -> list[str]:
    """The catalogue's checkpoints of a task that are on this computer, the default model first."""
    specs = [spec for spec in models_for_task(task) if is_here(spec) and (task != "meaning" or spec.task == "meaning")]
    return sorted((spec.name for spec in specs), key=lambda name: name != DEFAULT_MODEL)


def _measure(request: RunRequest) -> None:
    """The button that times one row, before the first run of a task; its answer stays while the form is the same."""
    if st.button("Time one row"):
        with st.spinner("Timing one row and one language pair"):
            try:
                answer = measured_cost(request)
            except CctaError as error:
                st.error(verbatim(told(error)))
                return
        st.session_state[_COST] = (request, answer)
    asked, answer = st.session_state.get(_COST, (None, ""))
    if asked == request:
        st.caption(f"From one row, timed on this server: {answer}.")


def pairs_line(request: RunRequest) -> str:
    """Which languages are compared, for each training language of the checkpoints that are chosen."""
    if request.pairs == EVERY:
        codes = dict.fromkeys([*filter(None, request.sources.values()), *request.languages])
        return f"Every two of {', '.join(map(language_name, codes))} are compared."
    lines = []
    for source in dict.fromkeys(request.sources.values()):
        names = ", ".join(name for name, other in request.sources.items() if other == source)
        first = language_name(source or request.languages[0])
        why = f"in which {names} was trained" if source else f"the first chosen ({names}: no training language)"
        lines.append(f"{first}, {why}, is compared with each.")
    return " ".join(lines)


def _cost_line(request: RunRequest, snapshot: Snapshot | None) -> tuple[str, bool]:
    """`200 rows x 4 languages x 1 checkpoint: about 14 min, 6 MB`, and whether the cost is known."""
    size = (
        f"{counted(request.rows, 'row')} × {counted(len(request.languages), 'language')} × "
        f"{counted(len(request.checkpoints), 'checkpoint')}"
    )
    size += f", {counted(request.n_pairs, 'pair')}" if request.pairs == EVERY else ""
    cost = None
    if snapshot is not None:
        tasks = {run: manifest.identity.task for run, manifest in snapshot.runs.items()}
        cost = cost_at_stored_rates(
            snapshot.shards, tasks, request.task, n_texts=request.n_texts, n_pairs=request.n_pairs
        )
    if cost is None:
        return f"{size}. No run of this task is stored yet; `--dry-run` times one row and prints the cost.", False
    return f"{size}: about {duration(cost.seconds)} on one core, {max(cost.bytes / 2**20, 0.1):.1f} MB", True
