"""Where the values of single examples come from."""

from dataclasses import dataclass
from typing import Literal, Protocol

from core.statistics import ExampleGrid

Quantity = Literal["consistency", "uniform", "shuffled", "mismatched", "performance", "exact_match"]
RowKind = Literal["models", "languages", "checkpoints"]


@dataclass(frozen=True)
class Wanted:
    """Which grid of values is asked for.

    Attributes
    ----------
    data_set : `xnli`, `paws-x` or `xquad`.
    quantity : C; C with equal importance, mean C with shuffled importance, C with a mismatched translation;
        performance, which is accuracy, and F1 for `xquad`; or exact match, for `xquad` alone.
    rows : `models`: checkpoints trained on English, under the paper's name where it is one of the paper's models.
        `languages`: the checkpoints of one model, one a training language, under the code of that language.
        `checkpoints`: every checkpoint there is, under its own name.
    part : `start` or `end` of the answer for `xquad`, else None.
    """

    data_set: str
    quantity: Quantity
    rows: RowKind
    part: str | None = None


class RowValues(Protocol):
    """Returns what was computed, or None where nothing was; a store or a notebook's arrays can stand behind it."""

    def __call__(self, wanted: Wanted) -> ExampleGrid | None: ...


def nothing_computed(wanted: Wanted) -> ExampleGrid | None:
    """Tables with this hold the paper's values alone."""
    del wanted
    return None
