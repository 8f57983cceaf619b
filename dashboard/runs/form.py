"""The form that starts a run on the page "Runs": what to compute, its cost, and the command for it."""

from dataclasses import dataclass

import streamlit as st

from core.data.catalogue import DATASETS
from core.data.files import read_parallel_file
from core.data.load import available_languages
from core.data.local import keep_file
from core.errors import CctaError
from core.models.catalogue import DEFAULT_MODEL, is_here, models_for_task
from core.paths import data_folder, most_pairs, store_location
from core.runs.estimate import cost_at_stored_rates
from core.runs.request import RunRequest
from core.settings import TASKS
from core.store.index import Snapshot
from core.text.numbers import duration
from dashboard.figures.names import language_name
from dashboard.figures.numbers import count, counted
from dashboard.runs.process import BUSY, RunDesk, RunProcess, measured_cost
from dashboard.service.audit import Deed
from dashboard.service.login import RUNS
from dashboard.service.places import told, told_in_shell
from dashboard.service.visitors import audit_log, lacks_login, note, uploads, visitor
from dashboard.shared.help_texts import explained
from dashboard.shared.store import no_results
from dashboard.shared.verbatim import verbatim

OWN_FILE = "a file of your own"
OWN_COMMAND = "python -m core run --dataset texts.csv --model {model} --limit 50 --store results"
_KEPT, _COST = "start-file-kept", "start-cost"
ENDINGS = ["csv", "tsv", "txt", "jsonl", "json", "tmx"]
COLUMNS = "One column per language (`en`, `de`); for NLI `premise.en`, `hypothesis.en`, `label`; see the help."
FILE_HELP = explained(
    "A table (CSV, TSV), JSON Lines, a JSON list or TMX. Meaning: en, de. NLI: premise.en, hypothesis.en, premise.de, "
    "hypothesis.de, label. Paraphrase: sentence1.en, sentence2.en, label. "
    "Questions: question.en, context.en, answer.en, and answer_start.en where an answer occurs several times.",
    "explain",
)
SEED_HELP = explained("Chooses the rows; they are the same in every language.", "intervals")


@dataclass(frozen=True)
class _Data:
    """The data chosen, and the languages they have."""

    dataset: str
    task: str
    languages: tuple[str, ...]
    n_rows: int | None


@dataclass(frozen=True)
class _Upload:
    """An upload: its data, or why it cannot be used."""

    file_id: str
    data: _Data | None
    problem: str = ""


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
        line, known = _cost_line(request, snapshot)
        st.caption(line)
        refusal = off or _refusal(desk, request, limit)
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


def _refusal(desk: RunDesk, request: RunRequest, limit: int) -> str:
    if request.n_pairs > limit:
        return (
            f"{counted(request.n_pairs, 'pair')} are more than the {count(limit)} that this server allows: choose "
            "fewer rows, languages or checkpoints."
        )
    if desk.last is not None and desk.last.running:
        return BUSY
    return ""


def _choose_data(off: str) -> _Data | None:
    folder = data_folder()
    local = [name for name in DATASETS if folder is not None and (folder / name).is_dir() and name != "squad-en"]
    titles = {name: DATASETS[name].title for name in local} | {OWN_FILE: OWN_FILE}
    chosen = st.selectbox(
        "Data set", list(titles), format_func=titles.__getitem__, key="start-data", persist_state="session"
    )
    if chosen == OWN_FILE:
        if not off:
            return _own_file()
        _own_file_elsewhere(off)
        return None
    try:
        languages = tuple(available_languages(chosen, folder or ""))
    except CctaError as error:
        st.error(verbatim(told(error)))
        return None
    return _Data(chosen, DATASETS[chosen].task, languages, None)


def _own_file_elsewhere(off: str) -> None:
    """The command and the columns of a file: no upload is taken on a server that could not compute it."""
    st.info(f"{off} The command for your own computer:")
    st.code(OWN_COMMAND.format(model=DEFAULT_MODEL), language="sh", wrap_lines=True)
    st.caption(FILE_HELP)


def _own_file() -> _Data | None:
    upload = st.file_uploader("Parallel texts", type=ENDINGS, help=FILE_HELP, key="start-file")
    if upload is None:
        st.caption(COLUMNS)
        return None
    # Every run of the page returns the same upload: it is kept and read once.
    kept: _Upload | None = st.session_state.get(_KEPT)
    if kept is None or kept.file_id != upload.file_id:
        kept = st.session_state[_KEPT] = _keep(upload.file_id, upload.name, upload.getvalue())
    if kept.data is None:
        st.error(verbatim(kept.problem))
        return None
    languages = ", ".join(map(language_name, kept.data.languages))
    st.caption(f"{TASKS[kept.data.task].title}: {counted(kept.data.n_rows or 0, 'row')} in {languages}.")
    return kept.data


def _keep(file_id: str, name: str, content: bytes) -> _Upload:
    try:
        uploads().admit(visitor())
        path = keep_file(name, content)
        file = read_parallel_file(path)
    except CctaError as error:
        note(Deed("upload"), error)
        return _Upload(file_id, None, told(error))
    uploads().make_room(path)
    note(Deed("upload", file.task.name, rows=file.n_rows, languages=len(file.languages)))
    return _Upload(file_id, _Data(str(path), file.task.name, file.languages, file.n_rows))


def _choose_rest(data: _Data, store: str) -> RunRequest | None:
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
    most = data.n_rows or 100_000
    rows = int(left.number_input("Rows", 1, most, min(data.n_rows or 50, most), key=f"{key}-rows-{data.dataset}"))
    seed = int(right.number_input("Seed", 0, 2**31 - 1, 0, key="start-seed", help=SEED_HELP))
    if not checkpoints or not languages:
        st.caption("Choose at least one checkpoint and one language.")
        return None
    folder = data_folder()
    source = str(folder) if folder is not None and data.n_rows is None else None
    return RunRequest(data.dataset, data.task, tuple(checkpoints), tuple(languages), rows, seed, store, source)


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


def _cost_line(request: RunRequest, snapshot: Snapshot | None) -> tuple[str, bool]:
    """`200 rows x 4 languages x 1 checkpoint: about 14 min, 6 MB`, and whether the cost is known."""
    size = (
        f"{counted(request.rows, 'row')} × {counted(len(request.languages), 'language')} × "
        f"{counted(len(request.checkpoints), 'checkpoint')}"
    )
    cost = None
    if snapshot is not None:
        tasks = {run: manifest.identity.task for run, manifest in snapshot.runs.items()}
        cost = cost_at_stored_rates(snapshot.shards, tasks, request.task, request.n_pairs)
    if cost is None:
        return f"{size}. No run of this task is stored yet; `--dry-run` times one row and prints the cost.", False
    return f"{size}: about {duration(cost.seconds)} on one core, {max(cost.bytes / 2**20, 0.1):.1f} MB", True
