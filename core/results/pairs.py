"""The comparison of a text with its translation, with all that it was computed from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.results.arrays import require_parallel
from core.results.attributions import Side
from core.results.transport import References, TransportPlan
from core.settings import Settings


@dataclass(frozen=True)
class ModelInfo:
    """The model behind a result. `train_language` is None for a model without a task head.

    `pooling` says how `meaning` makes one vector of a text.
    """

    name: str
    revision: str
    family: str
    task: str
    train_language: str | None
    title: str
    device: str = "cpu"
    pooling: str = ""


@dataclass(frozen=True)
class PairAnalysis:
    """Consistency C of one source text with one translation, for one target, with all that it was computed from.

    `end` is "start" or "end" for question answering, None otherwise. `seconds` is the time of the comparison.
    """

    source: Side
    target: Side
    transport: TransportPlan
    references: References
    settings: Settings
    model: ModelInfo
    space: Mapping[str, str | float]
    end: str | None = None
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_parallel("source units", len(self.source.units), "plan rows", self.transport.plan.shape[0])
        require_parallel("target units", len(self.target.units), "plan columns", self.transport.plan.shape[1])

    @property
    def consistency(self) -> float:
        return self.transport.consistency


@dataclass(frozen=True)
class PairReport:
    """All analyses of one pair: one, or two (answer start, answer end) for question answering.

    `notices` are lines for the user: what was cut or removed, identical texts, differing targets. `classes` has the
    pair with both sides explained for each class of the model, where that was asked for.
    """

    analyses: tuple[PairAnalysis, ...]
    notices: tuple[str, ...] = ()
    classes: tuple[PairAnalysis, ...] = ()
