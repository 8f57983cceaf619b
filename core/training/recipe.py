"""How a checkpoint is trained: the presets, and what a user may change in them."""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from core.errors import OptionError


@dataclass(frozen=True)
class Recipe:
    """Every choice that changes the weights that come out.

    Attributes
    ----------
    epochs : passes over the training rows; may be a fraction.
    batch : rows a step, over all devices. schedule : "constant", or "linear" to zero after `warmup` (share of steps).
    lora_rank : rank of the adapters; 0 trains every weight. lora_alpha : their scale is lora_alpha / lora_rank.
    frozen_layers : the lowest encoder layers, which get no adapter (only with LoRA).
    dropout : share of hidden values; None keeps the model's own dropout, of hidden values and of attention.
    rdrop : weight of how far two readings of a row with other dropout are apart (R-Drop, Liang et al. 2021); 0 reads
        each row once.
    longest : leave out the training rows that have more tokens; None takes all.
    selections : how many times the checkpoint is scored on the development rows, and saved; the best one is kept.
    selection_rows : development rows to score on, a language; None takes all.
    joins_tokens : write the rows of a tokenised split as people write them.
    calibrates : fit scale and bias of a classifier's logits on the development rows (`core.training.calibration`),
        where those are of another split than the training rows.
    all_languages : score on the development rows of all the data set's languages, else of the training language.
    """

    name: str
    epochs: float
    learning_rate: float
    batch: int
    schedule: str
    warmup: float
    weight_decay: float
    lora_rank: int
    lora_alpha: int
    frozen_layers: int
    dropout: float | None
    longest: int | None
    selections: int
    selection_rows: int | None
    all_languages: bool
    joins_tokens: bool
    calibrates: bool
    rdrop: float = 0.0

    def __post_init__(self) -> None:
        checks = {
            "epochs": 0 < self.epochs <= 1000,
            "learning-rate": 0 < self.learning_rate <= 1,
            "batch": 1 <= self.batch <= 100_000,
            "dropout": self.dropout is None or 0 <= self.dropout < 1,
            "rdrop": 0 <= self.rdrop <= 100,
            "longest": self.longest is None or self.longest >= 1,
            "lora-rank": 0 <= self.lora_rank <= 1024,
            "frozen-layers": 0 <= self.frozen_layers <= 1000,
            "selections": 1 <= self.selections <= 1000,
        }
        wrong = [name for name, holds in checks.items() if not holds]
        if wrong:
            value = getattr(self, wrong[0].replace("-", "_"))
            raise OptionError(f"{wrong[0]} {value} is out of range. Leave it out to take the recipe's own.")

    def with_changes(self, **changes: Any) -> "Recipe":
        """Return a copy with the given choices replaced; None leaves a choice as it is."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})


RECIPES = MappingProxyType(
    {
        # Section 3.1 of the paper. Its batch is 32 for mBERT and the large models, 128 for XLM and XLM-R base.
        "paper": Recipe(
            name="paper",
            epochs=10,
            learning_rate=1e-5,
            batch=32,
            schedule="constant",
            warmup=0.0,
            weight_decay=0.0,
            lora_rank=0,
            lora_alpha=0,
            frozen_layers=0,
            dropout=None,
            longest=None,
            selections=10,
            selection_rows=None,
            all_languages=True,
            joins_tokens=False,
            calibrates=False,
        ),
        "compact": Recipe(
            name="compact",
            epochs=2,
            learning_rate=5e-4,
            batch=16,
            schedule="linear",
            warmup=0.06,
            weight_decay=0.01,
            lora_rank=16,
            lora_alpha=32,
            frozen_layers=0,
            dropout=0.0,
            longest=None,
            selections=4,
            selection_rows=None,
            all_languages=False,
            joins_tokens=True,
            calibrates=True,
        ),
    }
)
BATCH_128 = ("xlm-base", "xlm-r-base")


def get_recipe(name: str, model_name: str) -> Recipe:
    """Return the preset `name` as it applies to a model. Raises OptionError for an unknown preset."""
    if name not in RECIPES:
        raise OptionError(f"Unknown recipe {name!r}. Choose one of {', '.join(RECIPES)}.")
    recipe = RECIPES[name]
    return replace(recipe, batch=128) if name == "paper" and model_name in BATCH_128 else recipe
