"""The downstream tasks: their fields and classes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.errors import OptionError


@dataclass(frozen=True)
class Task:
    """A downstream task: its name, its fields in input order, and its classes in the field's terms.

    `cut_field` is the index of the field that is shortened when the input is too long. Rows of a data set that share
    one of `cluster_fields` (indices) are not independent of each other.
    """

    name: str
    title: str
    fields: tuple[str, ...]
    classes: tuple[str, ...] = ()
    cut_field: int = 0
    cluster_fields: tuple[int, ...] = ()


TASKS = MappingProxyType(
    {
        "meaning": Task("meaning", "Meaning (no trained head)", ("text",)),
        "nli": Task(
            "nli",
            "Natural language inference",
            ("premise", "hypothesis"),
            ("entailment", "neutral", "contradiction"),
            cluster_fields=(0,),
        ),
        "paraphrase": Task(
            "paraphrase",
            "Paraphrase identification",
            ("sentence1", "sentence2"),
            ("different", "paraphrase"),
            cluster_fields=(0, 1),
        ),
        "qa": Task("qa", "Question answering", ("question", "context"), cut_field=1, cluster_fields=(1,)),
    }
)


def get_task(name: str) -> Task:
    """Return the task called `name`. Raises OptionError for any other."""
    try:
        return TASKS[name]
    except KeyError:
        raise OptionError(f"Unknown task {name!r}. Choose one of {', '.join(TASKS)}.") from None


def explainable(task: str, gold: str | None) -> Mapping[str, str]:
    """What the page can explain for a task, first what it begins with."""
    if task == "meaning":
        return {}
    if task == "qa":
        return {"own": "The answer found in each text"} | ({"gold": "The gold label"} if gold else {})
    outputs = {"source": "What the source predicts", "own": "What each side predicts"}
    outputs |= {"gold": "The gold label"} if gold else {}
    return outputs | {name: f"Class: {name}" for name in get_task(task).classes}


def outputs_offered(task: str, gold: str | None) -> Mapping[str, str]:
    """What the page offers as F of a class; a task without classes has one output."""
    if not get_task(task).classes:
        return {}
    return {
        "logit": "its logit",
        "contrast": "minus the strongest other class",
        "log-odds": "its log-odds",
        "probability": "its probability",
    }
