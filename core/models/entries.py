"""One entry of the catalogue, and the files that hold entries: TOML catalogues and the cards of checkpoints."""

import json
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from core.errors import CatalogueError, ModelError, OptionError, reason_of
from core.models.families import is_known
from core.settings import get_task

SOURCES = ("embedded", "hub", "directory")
CARD_NAME = "ccta.json"
SERVICE, LOGIN = "service", "login"
"""The other tables of an operator's file; the dashboard reads them."""
_TEXT_KEYS = (
    "name",
    "title",
    "source",
    "family",
    "task",
    "location",
    "revision",
    "train_language",
    "prefix",
    "licence",
)


@dataclass(frozen=True)
class ModelSpec:
    """One entry of the catalogue (`assets/models.toml` explains each key).

    `labels` are the head's classes in the order of its logits; empty: the names in the head's configuration.
    """

    name: str
    title: str
    source: str
    family: str
    task: str = "meaning"
    location: str = ""
    revision: str = "main"
    train_language: str | None = None
    prefix: str = ""
    labels: tuple[str, ...] = ()
    licence: str = "unknown"

    def __post_init__(self) -> None:
        get_task(self.task)
        if self.source not in SOURCES:
            raise CatalogueError(f"Model {self.name}: source {self.source!r} is not one of {', '.join(SOURCES)}.")
        if not is_known(self.family):
            raise CatalogueError(
                f"Model {self.name}: Transformers has no family {self.family[:80]!r}. "
                "`python -m core models --families` lists those that are tested here."
            )


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file. Raises CatalogueError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"The catalogue {path} is not valid TOML: {error}.") from error
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or reason_of(error)
        raise CatalogueError(f"The catalogue {path} cannot be read: {why}. Correct CCTA_CONFIG or the file.") from error


def read_entries(path: Path) -> dict[str, ModelSpec]:
    """Return the models that a TOML catalogue lists, by name. Raises CatalogueError where it cannot be understood."""
    content = read_toml(path)
    unknown = content.keys() - {"model", SERVICE, LOGIN}
    entries = content.get("model", [])
    if unknown or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        surplus = f"; it has {', '.join(sorted(unknown))}" if unknown else ""
        raise CatalogueError(f"The catalogue {path} must list its models as [[model]] tables{surplus}.")
    specs: dict[str, ModelSpec] = {}
    for entry in entries:
        spec = _read_entry(entry, path)
        if spec.name in specs:
            raise CatalogueError(f"The catalogue {path} lists two models called {spec.name}. Rename one.")
        specs[spec.name] = spec
    return specs


def _read_entry(entry: dict[str, Any], path: Path) -> ModelSpec:
    require_types(entry, path)
    if entry.get("source") == "directory" and "location" in entry:
        folder = path.parent / entry["location"]
        card = read_card(folder)
        require_types(card, folder / CARD_NAME)
        entry = from_card(card) | entry
    keys = {field.name for field in fields(ModelSpec)}
    required = {"name", "title", "source", "family"} | ({"location"} if entry.get("source") != "embedded" else set())
    missing, unknown = required - entry.keys(), entry.keys() - keys
    if missing or unknown:
        problem = f"lacks {', '.join(sorted(missing))}" if missing else f"has unknown keys {', '.join(sorted(unknown))}"
        raise CatalogueError(f"A model in {path} {problem}.")
    entry = entry | {"labels": tuple(entry.get("labels", ()))}
    if entry["source"] == "directory":
        entry["location"] = str((path.parent / entry["location"]).resolve())
    try:
        return ModelSpec(**entry)
    except (OptionError, CatalogueError) as error:
        raise CatalogueError(f"{path}, model {entry['name']}: {error}") from error


def read_card(folder: Path) -> dict[str, Any]:
    """Return what the card of a checkpoint says; {} without one. Raises CatalogueError where it cannot be read."""
    try:
        found = (folder / CARD_NAME).is_file()
    except (OSError, ValueError) as error:
        raise CatalogueError(f"The folder {str(folder)[:120]!r} cannot be read: {reason_of(error)}.") from error
    return read_json(folder / CARD_NAME) if found else {}


def require_types(values: dict[str, Any], path: Path) -> None:
    """Raise CatalogueError where a catalogue's entry or a card has a value of another type than its key takes."""
    for key in _TEXT_KEYS:
        value = values.get(key)
        if value is not None and (not isinstance(value, str) or "\0" in value):
            raise CatalogueError(f"{key} in {path} must be text, and is {str(value)[:80]!r}. Correct it.")
    labels = values.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise CatalogueError(
            f'labels in {path} must be a list of classes, such as ["entailment", "neutral", "contradiction"], and is '
            f"{str(labels)[:80]}. Correct it."
        )


def from_card(card: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint's card under the catalogue's keys, so that a catalogue need not repeat what the card says."""
    values: dict[str, Any] = {key: card[key] for key in ("title", "task", "train_language", "labels") if key in card}
    if "base_licence" in card and "dataset_licence" in card:
        values["licence"] = f"{card['base_licence']}; trained on data under {card['dataset_licence']}"
    return values


def read_json(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file. Raises ModelError unless it holds an object."""
    content = _json_of(path)
    if not isinstance(content, dict):
        raise ModelError(f"{path} must hold a JSON object.")
    return content


def read_json_list(path: Path) -> list[dict[str, Any]]:
    """Return the content of a JSON file. Raises ModelError unless it holds a list of objects."""
    content = _json_of(path)
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise ModelError(f"{path} must hold a list of JSON objects.")
    return content


def _json_of(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read as JSON: {error}. Restore the file.") from error
