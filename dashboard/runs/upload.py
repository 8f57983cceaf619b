"""Texts of one's own in the form of the page "Runs": their files, their name, and how they were read."""

from dataclasses import dataclass
from hashlib import sha256

import streamlit as st

from core.data.uploads import Uploaded, keep_files
from core.errors import CctaError
from core.models.catalogue import DEFAULT_MODEL
from core.settings import TASKS
from dashboard.figures.names import language_name
from dashboard.figures.numbers import counted
from dashboard.service.audit import Deed
from dashboard.service.places import told
from dashboard.service.visitors import note, uploads, visitor
from dashboard.shared.help_texts import explained
from dashboard.shared.verbatim import verbatim

OWN_COMMAND = "python -m core run --dataset texts.csv --model {model} --limit 50 --store results"
COLUMNS = (
    "One file with a column per language (`en`, `de`; for NLI `premise.en`, `hypothesis.en`, `label`), or a file of "
    "lines for each language, named after it (`news.en`, `news.de`): choose both. See the help for other layouts."
)
FILE_HELP = explained(
    "A table (CSV, TSV), JSON Lines, a JSON list, TMX, lines with ||| between translations, the JSON of SQuAD, or one "
    "file for each language. Meaning: en, de. NLI: premise.en, hypothesis.en, premise.de, hypothesis.de, label. "
    "Paraphrase: sentence1.en, sentence2.en, label. "
    "Questions: question.en, context.en, answer.en, and answer_start.en where an answer occurs several times.",
    "explain",
)
NAME_HELP = "What results call these texts. The file’s name where this is empty."
_KEPT = "start-file-kept"


@dataclass(frozen=True)
class Texts:
    """The texts that are chosen, and the languages they have; `n_rows` is None for a data set of the catalogue."""

    dataset: str
    task: str
    languages: tuple[str, ...]
    n_rows: int | None


@dataclass(frozen=True)
class _Kept:
    """What became of an upload: its texts and how they were read, or why they cannot be used."""

    upload: str
    texts: Texts | None
    lines: tuple[str, ...]


def own_texts_elsewhere(off: str) -> None:
    """The command and the columns of a file: no upload is taken on a server that could not compute it."""
    st.info(f"{off} The command for your own computer:")
    st.code(OWN_COMMAND.format(model=DEFAULT_MODEL), language="sh", wrap_lines=True)
    st.caption(FILE_HELP)


def own_texts() -> Texts | None:
    """The fields for one's own texts; None until texts are there that can be used."""
    files = st.file_uploader("Parallel texts", accept_multiple_files=True, help=FILE_HELP, key="start-file")
    if not files:
        st.caption(COLUMNS)
        return None
    name = st.text_input("Name of these texts", placeholder="as the file", help=NAME_HELP, key="start-name")
    # Every run of the page returns the same upload: it is kept and read once under a name.
    upload = sha256(repr([name, *(file.file_id for file in files)]).encode()).hexdigest()
    kept: _Kept | None = st.session_state.get(_KEPT)
    if kept is None or kept.upload != upload:
        uploaded = [Uploaded(file.name, file.getvalue()) for file in files]
        kept = st.session_state[_KEPT] = _keep(upload, uploaded, name)
    if kept.texts is None:
        st.error(verbatim(kept.lines[0]))
        return None
    languages = ", ".join(map(language_name, kept.texts.languages))
    rows = counted(kept.texts.n_rows or 0, "row")
    st.caption(f"{TASKS[kept.texts.task].title}: {rows} in {languages}.")
    for line in kept.lines:
        st.caption(verbatim(line))
    return kept.texts


def _keep(upload: str, files: list[Uploaded], name: str) -> _Kept:
    try:
        uploads().admit(visitor())
        kept = keep_files(files, name)
    except CctaError as error:
        note(Deed("upload"), error)
        return _Kept(upload, None, (told(error),))
    file = kept.file
    uploads().make_room(kept.path)
    note(Deed("upload", file.task.name, rows=file.n_rows, languages=len(file.languages)))
    return _Kept(upload, Texts(str(kept.path), file.task.name, file.languages, file.n_rows), file.notices)
