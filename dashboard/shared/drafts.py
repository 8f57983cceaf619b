"""What a user types on the page "Translation pair", and how a link keeps it.

Each session has one draft, which the widgets show. A link holds no text but a fingerprint, under which the server's
cache holds the texts.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from core.consistency.pair import TextInput
from core.consistency.translations import MAX_TRANSLATIONS
from core.errors import DataError
from core.paths import cache_folder
from core.settings import get_task
from core.text.examples import Example
from core.text.languages import LANGUAGES, guess_language, is_sure_of_language

DETECT = "auto"
FINGERPRINT_LENGTH = 16


@dataclass(frozen=True)
class SideDraft:
    """One text as typed: the chosen language (or "auto"), and one text per field of the task."""

    language: str = DETECT
    texts: tuple[str, ...] = ("", "")

    def detected(self) -> str | None:
        """The language guessed from what is typed."""
        return guess_language(" ".join(self.texts))

    def is_unsure(self) -> bool:
        """Whether the guess is one among several: names, a word or two."""
        text = " ".join(self.texts)
        return self.detected() is not None and not is_sure_of_language(text)

    def resolved(self) -> str | None:
        """The chosen language, else the guessed one."""
        return self.detected() if self.language == DETECT else self.language

    def input(self, task: str, gold: str | None = None) -> TextInput:
        """The input of the analysis; English where no language is chosen or guessed."""
        return TextInput(self.resolved() or "en", self.texts[: len(get_task(task).fields)], gold)

    def is_empty(self, task: str) -> bool:
        return not any(text.strip() for text in self.texts[: len(get_task(task).fields)])


@dataclass(frozen=True)
class Draft:
    """The source and up to eight translations; `active` is the translation shown; `label` the gold class if known.

    `version` changes when the draft is replaced from outside, so that the widgets take the new texts.
    """

    source: SideDraft
    translations: tuple[SideDraft, ...]
    active: int = 0
    label: str | None = None
    version: int = 0

    @property
    def target(self) -> SideDraft:
        return self.translations[self.active]

    def with_source(self, source: SideDraft) -> "Draft":
        return replace(self, source=source)

    def with_target(self, target: SideDraft) -> "Draft":
        translations = list(self.translations)
        translations[self.active] = target
        return replace(self, translations=tuple(translations))

    def show(self, active: int) -> "Draft":
        return replace(self, active=min(max(active, 0), len(self.translations) - 1))

    def can_add(self) -> bool:
        return len(self.translations) < MAX_TRANSLATIONS

    def add_translation(self, side: SideDraft | None = None) -> "Draft":
        """Append an empty (or given) translation and show it."""
        if not self.can_add():
            return self
        translations = (*self.translations, side or SideDraft())
        return replace(self, translations=translations, active=len(translations) - 1)

    def remove_active(self) -> "Draft":
        """Remove the translation shown; the only one stays."""
        if len(self.translations) == 1:
            return self
        others = tuple(side for index, side in enumerate(self.translations) if index != self.active)
        return replace(self, translations=others, active=max(self.active - 1, 0), version=self.version + 1)

    def fingerprint(self, task: str) -> str:
        """A hash of the languages and texts: the `h` of a link."""
        content = json.dumps(self._content(task), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:FINGERPRINT_LENGTH]

    def _content(self, task: str) -> dict[str, object]:
        n_fields = len(get_task(task).fields)
        sides = (self.source, *self.translations)
        return {
            "task": task,
            "label": self.label,
            "sides": [[side.language, list(side.texts[:n_fields])] for side in sides],
        }


def example_draft(example: Example, source: str, targets: list[str], version: int) -> Draft:
    """Return the draft of an example in the chosen languages."""

    def side(language: str) -> SideDraft:
        detecting = SideDraft(DETECT, (*example.texts(language), "")[:2])
        # Detection stays on where it is right, so that it follows a text pasted over the example.
        return detecting if detecting.detected() == language else replace(detecting, language=language)

    return Draft(side(source), tuple(side(target) for target in targets), label=example.label, version=version)


def keep_texts(draft: Draft, task: str) -> str:
    """Write the texts to the server's cache under their fingerprint and return it; "" where they cannot be written."""
    fingerprint = draft.fingerprint(task)
    path = _text_file(fingerprint)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(draft), ensure_ascii=False), encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return fingerprint


def recall_texts(fingerprint: str, version: int) -> Draft:
    """Return the draft stored under a fingerprint. Raises DataError where there is none."""
    path = _text_file("".join(char for char in fingerprint if char in "0123456789abcdef"))
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        source, first, *more = (_side(entry) for entry in (content["source"], *content["translations"]))
        active, label = int(content.get("active", 0)), content.get("label")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            "The texts of this link are not on this server: a link opens where it was made. Paste the texts again."
        ) from error
    return Draft(source, (first, *more), label=label, version=version).show(active)


def _side(entry: dict[str, Any]) -> SideDraft:
    language = str(entry["language"])
    first, second = entry["texts"]
    return SideDraft(language if language in LANGUAGES else DETECT, (str(first), str(second)))


def _text_file(fingerprint: str) -> Path:
    return cache_folder() / "texts" / f"{fingerprint}.json"
