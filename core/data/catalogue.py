"""The catalogue of data sets: their names, how their columns map to a task, their languages and splits."""

from dataclasses import dataclass
from types import MappingProxyType

from core.errors import OptionError
from core.settings import get_task


@dataclass(frozen=True)
class DatasetSpec:
    """One data set.

    Attributes
    ----------
    name : also the name of its folder in a local data folder. hub : its id on the hub.
    columns : the columns with the task's fields, in the task's order.
    config : template of the configuration's name, with `{language}`; None where there is only one configuration.
    languages : codes in the paper's order; the data may have further ones.
    tokenised : the splits whose texts are stored as tokens separated by spaces.
    """

    name: str
    title: str
    task: str
    hub: str
    columns: tuple[str, ...]
    languages: tuple[str, ...]
    splits: tuple[str, ...]
    licence: str
    config: str | None = "{language}"
    tokenised: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The class of each integer label; empty for question answering."""
        return get_task(self.task).classes

    @property
    def usual_split(self) -> str:
        """The split that is evaluated by default: `test`, or `validation` where there is no test."""
        return "test" if "test" in self.splits else "validation"

    def config_of(self, language: str) -> str | None:
        return self.config.format(language=language) if self.config else None


DATASETS = MappingProxyType(
    {
        "xnli": DatasetSpec(
            "xnli",
            "XNLI",
            "nli",
            "facebook/xnli",
            ("premise", "hypothesis"),
            ("en", "ar", "bg", "de", "el", "es", "fr", "hi", "ru", "th", "tr", "vi", "zh"),
            ("train", "validation", "test"),
            "CC-BY-NC-4.0",
            tokenised=("train",),
        ),
        "paws-x": DatasetSpec(
            "paws-x",
            "PAWS-X",
            "paraphrase",
            "google-research-datasets/paws-x",
            ("sentence1", "sentence2"),
            ("en", "de", "es", "fr", "ko", "zh"),
            ("train", "validation", "test"),
            "free for any purpose, with attribution to Google LLC",
        ),
        "xquad": DatasetSpec(
            "xquad",
            "XQuAD",
            "qa",
            "google/xquad",
            ("question", "context"),
            ("en", "ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh"),
            ("validation",),
            "CC-BY-SA-4.0",
            config="xquad.{language}",
        ),
        "squad-en": DatasetSpec(
            "squad-en",
            "SQuAD",
            "qa",
            "rajpurkar/squad",
            ("question", "context"),
            ("en",),
            ("train", "validation"),
            "CC-BY-SA-4.0",
            config=None,
        ),
    }
)


def get_dataset(name: str) -> DatasetSpec:
    """Return the data set called `name`. Raises OptionError for any other."""
    try:
        return DATASETS[name]
    except KeyError:
        raise OptionError(f"Unknown data set {name!r}. Choose one of {', '.join(DATASETS)}.") from None


def dataset_for_task(task: str, split: str) -> DatasetSpec:
    """Return the first data set of `task` that has `split`. Raises OptionError where there is none."""
    for spec in DATASETS.values():
        if spec.task == task and split in spec.splits:
            return spec
    raise OptionError(f"No data set of the task {task} has a split {split!r}.")


def position_of(data_set: str) -> int:
    """The position of a data set in the catalogue, from 0; one that is not in it comes last."""
    names = list(DATASETS)
    return names.index(data_set) if data_set in names else len(names)
