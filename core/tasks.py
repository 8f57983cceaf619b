"""The downstream tasks: their fields and classes."""

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
