"""What a user types on the page "Translation pair", and how a link keeps it.

Each session has one draft, which the widgets show. An address holds no text but a random token, under which the server
holds the texts in memory, or on disk where the visitor asks for a link (`dashboard/service/links.py`).
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st

from core.consistency.pair import TextInput
from core.paths import cache_folder
from core.settings import get_task
from core.text.examples import Example
from core.text.languages import LANGUAGES, guess_language, is_sure_of_language
from dashboard.service.links import NOT_HERE, LinkError, LinkTexts
from dashboard.service.visitors import service_limits

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
        return len(self.translations) < service_limits().translations

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
        """A hash of the languages and texts: equal drafts have equal ones."""
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


def hold_texts(draft: Draft) -> str:
    """Hold the texts in the server's memory, and return the token that stands for them in the address."""
    return link_texts().hold(asdict(draft))


def recall_texts(token: str, version: int) -> Draft:
    """Return the draft of a token. Raises LinkError where there is none."""
    content = link_texts().recall(token)
    try:
        source, first, *more = (_side(entry) for entry in (content["source"], *content["translations"]))
        active, label = int(content.get("active", 0)), content.get("label")
    except (ValueError, KeyError, TypeError) as error:
        raise LinkError(NOT_HERE) from error
    return Draft(source, (first, *more), label=label, version=version).show(active)


@st.cache_resource(show_spinner=False)
def _link_texts(folder: Path) -> LinkTexts:
    texts = LinkTexts(folder, service_limits())
    texts.remove_expired()
    return texts


def link_texts() -> LinkTexts:
    """The texts of this server, shared by all sessions."""
    return _link_texts(cache_folder() / "texts")


def _side(entry: dict[str, Any]) -> SideDraft:
    language = str(entry["language"])
    first, second = entry["texts"]
    return SideDraft(language if language in LANGUAGES else DETECT, (str(first), str(second)))
