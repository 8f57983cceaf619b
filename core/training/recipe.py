"""Training recipes: the presets, and the choices that a user may change in them."""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from core.errors import OptionError


@dataclass(frozen=True)
class Recipe:
    """Every choice that affects the trained weights.

    Attributes
    ----------
    epochs : passes over the training rows; may be fractional.
    batch : rows per step, over all devices. schedule : "constant", or "linear" decay to zero after `warmup` (share of
        the steps).
    lora_rank : rank of the adapters; 0 trains every weight. lora_alpha : their scale is lora_alpha / lora_rank.
    frozen_layers : number of lowest encoder layers without adapters (only with LoRA).
    dropout : rate for hidden values, with none in attention; None keeps both of the model's rates.
    rdrop : weight of the divergence between two passes with different dropout (R-Drop, Liang et al. 2021); 0 makes
        one pass per row.
    longest : training rows with more tokens are left out; None takes all.
    selections : number of times that the checkpoint is scored on the development rows and saved; the best is kept.
    selection_rows : development rows per language to score on; None takes all.
    joins_tokens : detokenise the rows of a tokenised split (`core.data.written`).
    calibrates : fit scale and bias of a classifier's logits on the development rows (`core.training.calibration`),
        unless the training rows are from the same split.
    all_languages : score on the development rows of all languages of the data set, not only the training language.
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
            raise OptionError(f"{wrong[0]} {value} is out of range. Leave it out to use the recipe's value.")

    def with_changes(self, **changes: Any) -> "Recipe":
        """Return a copy with these choices replaced; None keeps a choice."""
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
    """Return the preset `name`, adapted to a model. Raises OptionError for an unknown preset."""
    if name not in RECIPES:
        raise OptionError(f"Unknown recipe {name!r}. Choose one of {', '.join(RECIPES)}.")
    recipe = RECIPES[name]
    return replace(recipe, batch=128) if name == "paper" and model_name in BATCH_128 else recipe
