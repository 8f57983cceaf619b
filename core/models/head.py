"""What the outputs of a classification head mean: from its own configuration or from the checkpoint's card."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.classes import read_class, task_of_class
from core.errors import TaskError
from core.models.catalogue import CARD_NAME, ModelSpec
from core.settings import get_task

SINGLE_LABEL = (None, "single_label_classification")
_DEFAULT_CLASSES = 2  # Transformers writes no names for a head of two


def head_names(config: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """Return the names of a head's classes in the order of its logits, as `config` (of the file `path`) has them.

    Raises
    ------
    TaskError : `id2label` is not a mapping from 0 to n - 1 to n different names, or contradicts `label2id`.
    """
    given = config.get("id2label")
    if given is None:
        number = config.get("num_labels")
        number = number if isinstance(number, int) and not isinstance(number, bool) else _DEFAULT_CLASSES
        return tuple(f"LABEL_{index}" for index in range(number))
    if not isinstance(given, dict) or {str(key) for key in given} != {str(index) for index in range(len(given))}:
        raise TaskError(
            f"id2label in {path} must map 0 to n - 1 to the names of the classes, and is "
            f"{json.dumps(given, ensure_ascii=False)[:120]}. Correct it."
        )
    by_index = {str(key): value for key, value in given.items()}
    names = [by_index[str(index)] for index in range(len(by_index))]
    if not all(isinstance(name, str) for name in names) or len({str(name).strip().casefold() for name in names}) < len(
        names
    ):
        raise TaskError(f"id2label in {path} names a class twice, or by no text: {names}. Correct it.")
    _require_inverse(names, config.get("label2id"), path)
    return tuple(names)


def _require_inverse(names: list[str], label2id: object, path: Path) -> None:
    """Raise TaskError where `label2id` gives a name of `id2label` another number."""
    for name, index in label2id.items() if isinstance(label2id, dict) else ():
        if name in names and str(names.index(name)) != str(index):
            raise TaskError(
                f"id2label in {path} has {name} at {names.index(name)}, label2id at {index}. Correct the wrong one."
            )


def class_names(spec: ModelSpec, config: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """Return the classes of a checkpoint's head in the order of its logits; () for a task without classes.

    The card's or the catalogue's `labels` where given, else the names in the head's configuration.

    Raises
    ------
    TaskError : the names are not the task's classes, their number is another, or card and head contradict each other.
    """
    task = get_task(spec.task)
    if not task.classes:
        return ()
    names = head_names(config, path)
    if config.get("problem_type") not in SINGLE_LABEL:
        raise TaskError(
            f"The head in {path} is one for {config['problem_type']}; the task {spec.task} has exactly one class a "
            "text. Choose another checkpoint."
        )
    stated = stated_classes(spec)
    read = [read_class(spec.task, name) for name in names]
    if len(names) != len(task.classes):
        raise TaskError(
            f"{spec.name} has {len(names)} classes ({', '.join(names)[:120]}), the task {spec.task} has "
            f"{len(task.classes)} ({', '.join(task.classes)}): "
            "the head does not fit, whatever its labels. Choose another checkpoint or task."
        )
    if stated:
        _require_agreement(spec, names, stated, path)
        return stated
    if set(read) != set(task.classes):
        raise TaskError(
            f"The classes of the head in {path} are {', '.join(names)[:120]}, those of the task {spec.task} "
            f"{', '.join(task.classes)}. {remedy(spec.task)}"
        )
    return tuple(str(name) for name in read)


def stated_classes(spec: ModelSpec) -> tuple[str, ...]:
    """Return the task's classes in the order that card or catalogue state; () where they state none.

    Raises
    ------
    TaskError : they state others than the task's.
    """
    task = get_task(spec.task)
    if not spec.labels or not task.classes:
        return ()
    read = [read_class(spec.task, name) for name in spec.labels]
    if len(read) != len(task.classes) or set(read) != set(task.classes):
        raise TaskError(
            f"The labels of {spec.name} are {', '.join(spec.labels)[:120]}: {len(read)} classes, the task {spec.task} "
            f"has {len(task.classes)}. {remedy(spec.task)}"
        )
    return tuple(str(name) for name in read)


def remedy(task: str) -> str:
    """How to state the classes of a head."""
    example = json.dumps({"task": task, "labels": list(get_task(task).classes)})
    return (
        f"If the head has these classes, state them in the order of its logits in {CARD_NAME}, for example {example}, "
        "or as labels in the catalogue."
    )


def _require_agreement(spec: ModelSpec, names: tuple[str, ...], stated: tuple[str, ...], path: Path) -> None:
    """Raise TaskError where a name in the head's configuration is a class, and not the one stated for its logit."""
    for name, label in zip(names, stated, strict=True):
        task = task_of_class(name)
        if task is not None and (task != spec.task or read_class(task, name) != label):
            raise TaskError(
                f"The labels of {spec.name} are {', '.join(spec.labels)}, but id2label in {path} says "
                f"{', '.join(names)}. Correct the wrong one."
            )
