"""The model catalogue: which models may be loaded, from where, for which task."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from core.classes import read_class
from core.errors import ModelError, TaskError, UnknownModelError
from core.models import hub
from core.models.entries import CARD_NAME, ModelSpec, from_card, read_card, read_entries, read_json, require_types
from core.models.families import is_known
from core.paths import ASSETS, cache_folder, is_folder, operator_file, typed_path
from core.settings import TASKS

DEFAULT_MODEL = "multilingual-e5-small"
_RENAMED = ("google-bert/", "FacebookAI/")
# The training language to use where no checkpoint trained in the source text's language is listed.
FALLBACK_LANGUAGE = "en"


def load_catalogue() -> dict[str, ModelSpec]:
    """Return all listed models by name: the shipped ones, then the operator's (CCTA_CONFIG), which take precedence."""
    specs = read_entries(ASSETS / "models.toml")
    extra = operator_file()
    if extra is not None:
        specs |= read_entries(extra)
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
    card = read_card(folder)
    require_types(card, folder / CARD_NAME)
    adapter = folder / "adapter_config.json"
    if adapter.is_file():
        config = read_json(adapter)
        base = find_base(config, folder)
        family, task = base.family, card.get("task") or _adapter_task(config, folder)
    elif (folder / "config.json").is_file():
        config = read_json(folder / "config.json")
        family, task = _model_type(config, folder / "config.json"), card.get("task") or _config_task(config)
    else:
        raise UnknownModelError(f"{folder} contains no model: it has neither config.json nor adapter_config.json.")
    values: dict[str, Any] = {"title": name, "prefix": card.get("prefix", _default_prompt(folder))} | from_card(card)
    values |= {"task": task, "labels": tuple(values.get("labels", ()))}
    return ModelSpec(name=name, source="directory", family=family, location=str(folder), **values)


def _default_prompt(folder: Path) -> str:
    """The text that Sentence Transformers puts before every input of this checkpoint."""
    path = folder / "config_sentence_transformers.json"
    if not path.is_file():
        return ""
    config = read_json(path)
    name, prompts = config.get("default_prompt_name"), config.get("prompts")
    prompt = prompts.get(name) if name is not None and isinstance(prompts, dict) else None
    if name is not None and not isinstance(prompt, str):
        raise ModelError(f"{path} names the default prompt {str(name)[:80]!r}, which it does not contain. Correct it.")
    return prompt or ""


def _model_type(config: Mapping[str, Any], path: Path) -> str:
    """Raise ModelError unless the configuration is of an architecture that Transformers has itself."""
    kind = config.get("model_type")
    if not isinstance(kind, str) or not kind:
        raise ModelError(f"{path} names no model_type, the architecture to load. Restore the model's own file.")
    if config.get("auto_map") and not is_known(kind):
        raise ModelError(
            f"The model type {kind[:80]!r} of {path} needs code from the model's repository, which is never run. "
            "Choose a model of an architecture that Transformers has (`python -m core models --families`)."
        )
    return kind


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
