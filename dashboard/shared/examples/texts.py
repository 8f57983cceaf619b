"""The texts of stored examples, joined by row from the local data set; without it, how to get it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from core.data.local import local_rows
from core.data.rows import ParallelRows
from core.errors import CctaError
from core.paths import data_folder
from core.store import RunIdentity
from core.store.manifest import Manifest
from core.text.display import display_text
from dashboard.figures.pieces import shorten

BETWEEN_FIELDS = " ⊥ "
LONGEST_CELL = 300
MOST_LANGUAGES = 48


@dataclass(frozen=True)
class LocalText:
    """The rows of a data set in one language, by row number."""

    rows: ParallelRows

    @cached_property
    def _index(self) -> dict[int, int]:
        return {row: index for index, row in enumerate(self.rows.rows)}

    @cached_property
    def _folded(self) -> list[str]:
        return [BETWEEN_FIELDS.join(fields).casefold() for fields in self.rows.texts]

    def fields(self, row: int) -> tuple[str, ...]:
        """The fields of a row. Raises KeyError if the data set lacks it."""
        return self.rows.texts[self._index[row]]

    def answers(self, row: int) -> tuple[str, ...]:
        """The gold answers of a row."""
        return tuple(answer.text for answer in self.rows.answers[self._index[row]])

    def answer_start(self, row: int) -> tuple[int, int] | None:
        """Character span of the first gold answer in the context; None without one."""
        answers = self.rows.answers[self._index[row]]
        return (answers[0].start, answers[0].start + len(answers[0].text)) if answers else None

    def whole(self, row: int) -> str:
        """The fields of a row as one text; "" if the data set lacks it."""
        return BETWEEN_FIELDS.join(self.fields(row)) if row in self._index else ""

    def cell(self, row: int) -> str:
        """A row as one line of a table, invisible characters spelt out; "" if the data set lacks it."""
        return shorten(display_text(self.whole(row)[:2000]), LONGEST_CELL)

    def containing(self, text: str) -> list[int]:
        """The rows that contain a text, whatever its case."""
        query = text.casefold()
        return [row for row, folded in zip(self.rows.rows, self._folded, strict=True) if query in folded]


@dataclass(frozen=True)
class Texts:
    """Language -> its texts; empty, with a reason, if the data set is not on this computer."""

    by_language: Mapping[str, LocalText]
    reason: str = ""

    def __bool__(self) -> bool:
        return bool(self.by_language)

    def fields(self, row: int) -> dict[str, tuple[str, ...]] | None:
        """Language -> the fields of a row."""
        if not self.by_language:
            return None
        return {code: text.fields(row) for code, text in self.by_language.items()}

    def containing(self, text: str) -> tuple[int, ...]:
        """The rows that contain a text in any of the languages."""
        return tuple(sorted({row for local in self.by_language.values() for row in local.containing(text)}))


def stored_text_line(manifest: Manifest) -> str:
    """Whether a run's store holds text: said in the same words wherever it matters."""
    if manifest.scores_only:
        return "The store holds no text: texts are read from the data set on this computer."
    return "The store holds the tokens; whole texts are read from the data set on this computer."


def local_texts(identity: RunIdentity, languages: Sequence[str]) -> Texts:
    """The texts of a run in some languages, read once per server."""
    by_language = {}
    folder = str(data_folder())
    for language in languages:
        text, reason = _local_text(
            identity.dataset, identity.split, identity.data_fingerprint, language, folder, _identity=identity
        )
        if text is None:
            return Texts({}, reason)
        by_language[language] = text
    return Texts(by_language)


@st.cache_resource(show_spinner="Reading the data set", max_entries=MOST_LANGUAGES, ttl=600)
def _local_text(
    dataset: str, split: str, fingerprint: str, language: str, folder: str, *, _identity: RunIdentity
) -> tuple[LocalText | None, str]:
    try:
        return LocalText(local_rows(_identity, language)), ""
    except CctaError as error:
        return None, str(error)
