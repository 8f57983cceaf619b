"""Which data sets are known: what they are called, how their columns map to a task, and their languages and splits."""

from dataclasses import dataclass
from types import MappingProxyType

from core.errors import OptionError
from core.settings import get_task


@dataclass(frozen=True)
class DatasetSpec:
    """One data set.

    Attributes
    ----------
    hub : its id on the hub; the last part of `name` is its folder under a local data folder.
    columns : the columns that hold the task's fields, in the task's order.
    config : template of the configuration's name, `{language}` filled in; None where there is only one.
    languages : codes in the order of the paper; further ones may be in the data.
    tokenised : the splits whose texts are stored as tokens with spaces between.
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
        """What is evaluated unless a split is named: `test`, or `validation` where there is no test."""
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


def place_of(data_set: str) -> int:
    """Where a data set stands in the catalogue, counted from 0; after all of them where it is not in it."""
    names = list(DATASETS)
    return names.index(data_set) if data_set in names else len(names)
