"""The model catalogue: which models may be loaded, from where, for which task."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from core.classes import read_class
from core.errors import CatalogueError, ModelError, OptionError, TaskError, UnknownModelError, reason_of
from core.models import hub
from core.paths import ASSETS, cache_folder, is_folder, operator_file, typed_path
from core.settings import TASKS, get_task

DEFAULT_MODEL = "multilingual-e5-small"
SERVICE = "service"
"""The other table of an operator's file; the dashboard reads it."""
SOURCES = ("embedded", "hub", "directory")
FAMILIES = ("bert", "xlm", "xlm-roberta")
CARD_NAME = "ccta.json"
_RENAMED = ("google-bert/", "FacebookAI/")
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
# The training language to use where no checkpoint trained in the source text's language is listed.
FALLBACK_LANGUAGE = "en"


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
        if self.family not in FAMILIES:
            raise CatalogueError(
                f"Model {self.name}: family {self.family!r} is not supported; it must be one of {', '.join(FAMILIES)}."
            )


def load_catalogue() -> dict[str, ModelSpec]:
    """Return all listed models by name: the shipped ones, then the operator's (CCTA_CONFIG), which take precedence."""
    specs = _read_entries(ASSETS / "models.toml")
    extra = operator_file()
    if extra is not None:
        specs |= _read_entries(extra)
    return specs


def find_model(name: str) -> ModelSpec:
    """Return the catalogue entry called `name`, else one that describes the directory or the hub's model of that name.

    A hub id is `org/name` or `org/name@revision`; its configuration is downloaded unless it is on this computer.

    Raises
    ------
    UnknownModelError : neither listed, nor a directory with a config.json or adapter_config.json, nor on the hub.
    ModelError : the hub refuses access, or the model is of no supported kind.
    """
    catalogue = load_catalogue()
    if name in catalogue:
        return catalogue[name]
    folder = typed_path(name)
    if name and is_folder(folder):
        return describe_directory(folder)
    model = hub.parse_hub_id(name)
    if model is not None:
        return _find_hub_model(name, model, catalogue)
    raise _unknown(name, catalogue, "a local directory and a hub id (org/name) work too.")


def find_listed_model(name: str) -> ModelSpec:
    """Return the catalogue entry called `name`: what a visitor of the dashboard may load, and nothing else.

    Raises
    ------
    UnknownModelError : it is not listed.
    """
    catalogue = load_catalogue()
    if name not in catalogue:
        raise _unknown(name, catalogue, "the operator adds more in the file that CCTA_CONFIG names.")
    return catalogue[name]


def _unknown(name: str, catalogue: Mapping[str, ModelSpec], remedy: str) -> UnknownModelError:
    close = get_close_matches(name, catalogue)
    hint = f"Did you mean {' or '.join(close)}?" if close else f"The default is {DEFAULT_MODEL}."
    return UnknownModelError(
        f"Unknown model {name!r}. {hint} `python -m core models` lists all {len(catalogue)}; {remedy}"
    )


def _find_hub_model(name: str, model: hub.HubId, catalogue: Mapping[str, ModelSpec]) -> ModelSpec:
    """The entry of a repository that the catalogue lists, so that one model has one name; else what its files say."""
    for spec in catalogue.values():
        if spec.source == "hub" and (spec.location, spec.revision) == (model.repository, model.revision):
            return spec
    described = describe_directory(hub.description_folder(model), name=name)
    return replace(described, source="hub", location=model.repository, revision=model.revision)


def models_for_task(task: str) -> list[ModelSpec]:
    """Return the listed models that can explain `task`, those trained for it first."""
    specs = list(load_catalogue().values())
    if task == "meaning":
        return sorted(specs, key=lambda spec: spec.task != "meaning")
    return [spec for spec in specs if spec.task == task]


def default_model(task: str, source_language: str | None = None) -> ModelSpec:
    """Return the default model of a task: trained in the source text's language, else in English, else the first.

    Models on this computer take precedence over those that would have to be downloaded.

    Raises
    ------
    TaskError : no model for the task is listed.
    """
    listed = [spec for spec in load_catalogue().values() if spec.task == task]
    if not listed:
        another = "" if task == "meaning" else ", or choose the task meaning"
        raise TaskError(
            f"No model for the task {task} is listed. Name a checkpoint with --model or list one in the file that "
            f"CCTA_CONFIG names{another}."
        )
    preferred = [code for code in (source_language, FALLBACK_LANGUAGE) if code]

    def misfit(spec: ModelSpec) -> tuple[bool, int]:
        language = spec.train_language
        return not is_here(spec), preferred.index(language) if language in preferred else len(preferred)

    # `min` keeps the first of equals.
    return min(listed, key=misfit)


def is_here(spec: ModelSpec) -> bool:
    """Return whether the model loads without a network: installed, cached, or in an existing folder."""
    return spec.source == "embedded" or is_cached(spec)


def is_cached(spec: ModelSpec) -> bool:
    """Return whether the weights are ready to load; those of the embedded default only once they are converted."""
    if spec.source == "embedded":
        return (embedded_folder() / "model.safetensors").is_file()
    if spec.source == "directory":
        return Path(spec.location).is_dir()
    return hub.cached_snapshot(hub.HubId(spec.location, spec.revision)) is not None


def embedded_folder() -> Path:
    """The folder of the converted embedded default."""
    return cache_folder() / "models" / DEFAULT_MODEL


def describe_directory(folder: Path, *, name: str = "") -> ModelSpec:
    """Return the entry that describes a checkpoint directory, from its configuration and its card (`ccta.json`).

    Its name is `name`, or that of the folder.
    """
    name = name or folder.name
    hub.refuse_pointers(folder)
    card = _read_card(folder)
    _require_types(card, folder / CARD_NAME)
    adapter = folder / "adapter_config.json"
    if adapter.is_file():
        config = read_json(adapter)
        base = find_base(config, folder)
        family, task = base.family, card.get("task") or _adapter_task(config, folder)
    elif (folder / "config.json").is_file():
        config = read_json(folder / "config.json")
        family, task = str(config.get("model_type")), card.get("task") or _config_task(config)
    else:
        raise UnknownModelError(f"{folder} contains no model: it has neither config.json nor adapter_config.json.")
    values: dict[str, Any] = {"title": name, "prefix": str(card.get("prefix", ""))} | _from_card(card)
    values |= {"task": task, "labels": tuple(values.get("labels", ()))}
    return ModelSpec(name=name, source="directory", family=family, location=str(folder), **values)


def find_base(config: Mapping[str, Any], folder: Path) -> ModelSpec:
    """Return the base of the adapter in `folder`: by catalogue name, hub id, or path relative to the adapter or here.

    Raises
    ------
    UnknownModelError : it is none of them. ModelError : the adapter names no base, or another adapter.
    """
    name = config.get("base_model_name_or_path")
    if not isinstance(name, str) or not name.strip():
        raise ModelError(
            f"{folder / 'adapter_config.json'} names no base model. State it as base_model_name_or_path: a name of the "
            "catalogue, a hub id, or a folder."
        )
    catalogue = load_catalogue()
    by_id = {spec.location: spec for spec in catalogue.values() if spec.source == "hub"}
    # The hub still knows these models by the names they had before they belonged to an organisation.
    by_id |= {id_.partition("/")[2]: spec for id_, spec in by_id.items() if id_.startswith(_RENAMED)}
    found = catalogue.get(name) or by_id.get(name)
    if found is not None:
        return found
    beside = folder / name
    path = beside if is_folder(beside) else typed_path(name)
    if is_folder(path) and (path / "adapter_config.json").is_file():
        raise ModelError(f"The base of the adapter {folder} is the adapter {path}. Merge one of them first.")
    try:
        return find_model(str(path))
    except UnknownModelError:
        if is_folder(path):
            raise
        raise UnknownModelError(
            f"Unknown model {name!r}, the base of the adapter {folder}. Correct base_model_name_or_path in its "
            "adapter_config.json: a name of the catalogue (`python -m core models`), a hub id, or a folder."
        ) from None


def _read_card(folder: Path) -> dict[str, Any]:
    try:
        found = (folder / CARD_NAME).is_file()
    except (OSError, ValueError) as error:
        raise CatalogueError(f"The folder {str(folder)[:120]!r} cannot be read: {reason_of(error)}.") from error
    return read_json(folder / CARD_NAME) if found else {}


def _require_types(values: dict[str, Any], path: Path) -> None:
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


def _from_card(card: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint's card under the catalogue's keys, so that a catalogue need not repeat what the card says."""
    values: dict[str, Any] = {key: card[key] for key in ("title", "task", "train_language", "labels") if key in card}
    if "base_licence" in card and "dataset_licence" in card:
        values["licence"] = f"{card['base_licence']}; trained on data under {card['dataset_licence']}"
    return values


def _config_task(config: dict[str, Any]) -> str:
    architecture = str(config.get("architectures"))
    if "QuestionAnswering" in architecture:
        return "qa"
    if "SequenceClassification" not in architecture:
        return "meaning"
    names = config.get("id2label")
    labels = list(names.values()) if isinstance(names, dict) else []
    for task in ("nli", "paraphrase"):
        if any(isinstance(label, str) and read_class(task, label) not in (None, "neutral") for label in labels):
            return task
    # The loader refuses a head whose classes are not the task's.
    return "nli" if len(labels) == len(TASKS["nli"].classes) else "paraphrase"


def _adapter_task(config: dict[str, Any], folder: Path) -> str:
    kind = config.get("task_type")
    if kind == "QUESTION_ANS":
        return "qa"
    if kind == "SEQ_CLS":
        raise ModelError(
            f"The adapter {folder} does not state its task: add {CARD_NAME} with "
            '{"task": "nli", "labels": ["entailment", "neutral", "contradiction"]}.'
        )
    return "meaning"


def read_json(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file. Raises ModelError unless it holds an object."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} must hold a JSON object.")
    return content


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file. Raises CatalogueError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"The catalogue {path} is not valid TOML: {error}.") from error
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or reason_of(error)
        raise CatalogueError(f"The catalogue {path} cannot be read: {why}. Correct CCTA_CONFIG or the file.") from error


def _read_entries(path: Path) -> dict[str, ModelSpec]:
    content = read_toml(path)
    unknown = content.keys() - {"model", SERVICE}
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
    _require_types(entry, path)
    if entry.get("source") == "directory" and "location" in entry:
        folder = path.parent / entry["location"]
        card = _read_card(folder)
        _require_types(card, folder / CARD_NAME)
        entry = _from_card(card) | entry
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
