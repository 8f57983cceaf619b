"""What a user can choose, and the tasks: one validated, hashable record that travels with every result."""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from core.errors import OptionError

MASS_RULES = ("abs", "positive")
SPACES = ("isolated", "static", "vectors", "contextual")
LEVELS = ("token", "word")
METHODS = (
    "integrated-gradients",
    "saliency",
    "input-x-gradient",
    "gradient-shap",
    "occlusion",
)
PRECISIONS = ("fp32", "tf32", "bf16")
DEVICES = ("auto", "cpu", "cuda", "mps")
MAX_STEPS = 1000


@dataclass(frozen=True)
class Task:
    """A downstream task: its name, its fields in input order, and its classes in the field's terms.

    `cut_field` is the index of the field that is shortened when the input is too long.
    """

    name: str
    title: str
    fields: tuple[str, ...]
    classes: tuple[str, ...] = ()
    cut_field: int = 0


TASKS = MappingProxyType(
    {
        "meaning": Task("meaning", "Meaning (no trained head)", ("text",)),
        "nli": Task(
            "nli",
            "Natural language inference",
            ("premise", "hypothesis"),
            ("entailment", "neutral", "contradiction"),
        ),
        "paraphrase": Task(
            "paraphrase",
            "Paraphrase identification",
            ("sentence1", "sentence2"),
            ("different", "paraphrase"),
        ),
        "qa": Task("qa", "Question answering", ("question", "context"), cut_field=1),
    }
)


def get_task(name: str) -> Task:
    """Return the task called `name`. Raises OptionError for any other."""
    try:
        return TASKS[name]
    except KeyError:
        raise OptionError(f"Unknown task {name!r}. Choose one of {', '.join(TASKS)}.") from None


@dataclass(frozen=True)
class Settings:
    """Every choice that changes a number, with the defaults of DESIGN section 2.

    Attributes
    ----------
    steps : "auto" certifies the token error (`tolerance`); an integer is plain Gauss-Legendre with that many nodes.
    tolerance : largest token error over the largest |score| at which `auto` stops (0.01 = 1%).
    explain : "source", "own", "gold" or the name of a class.
    gold : the label, where known (a class, or an answer text per side for `qa`); needed for explain="gold".
    """

    task: str = "meaning"
    explain: str = "source"
    steps: int | str = "auto"
    tolerance: float = 0.01
    mass: str = "abs"
    space: str = "isolated"
    centred: bool = True
    procrustes: bool = True
    level: str = "token"
    method: str = "integrated-gradients"
    precision: str = "fp32"
    permutations: int | None = None
    seed: int = 0
    vectors: tuple[tuple[str, str], ...] = ()
    gold: str | None = None

    def __post_init__(self) -> None:
        get_task(self.task)
        _one_of("mass rule", self.mass, MASS_RULES)
        _one_of("space", self.space, SPACES)
        _one_of("level", self.level, LEVELS)
        _one_of("method", self.method, METHODS)
        _one_of("precision", self.precision, PRECISIONS)
        _check_steps(self.steps)
        if not 1e-6 <= self.tolerance <= 0.5:
            raise OptionError(f"tolerance {self.tolerance} is out of range: use a share between 0.000001 and 0.5.")
        if self.permutations is not None and not 2 <= self.permutations <= 100_000:
            raise OptionError(f"permutations {self.permutations} is out of range: use 2 to 100,000.")

    def with_changes(self, **changes: Any) -> "Settings":
        """Return a copy with some choices replaced, validated again."""
        return replace(self, **changes)


def parse_steps(text: str) -> int | str:
    """Return "auto" or the number in `text`. Raises OptionError for anything else."""
    if text == "auto":
        return text
    try:
        return int(text)
    except ValueError:
        raise OptionError(f"steps {text!r} is not a number: use auto or a number from 1 to {MAX_STEPS}.") from None


def _check_steps(steps: int | str) -> None:
    if steps == "auto":
        return
    if not isinstance(steps, int) or not 1 <= steps <= MAX_STEPS:
        raise OptionError(f"steps {steps!r} is out of range: use auto or a number from 1 to {MAX_STEPS}.")


def _one_of(what: str, value: str, offered: tuple[str, ...]) -> None:
    if value not in offered:
        raise OptionError(f"Unknown {what} {value!r}. Choose one of {', '.join(offered)}.")
