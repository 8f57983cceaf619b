"""The types of the results of each step; frozen, with the lengths of parallel arrays checked when they are built.

texts -> TokenizedText -> TokenAttribution -> Side (units and mass) -> TransportPlan -> PairAnalysis

Dimensions: `seq` tokens the model reads (specials included), `unit` tokens or words that carry mass
(specials left out), `n` source units, `m` target units.
"""

from core.results.arrays import Array, unit_interval
from core.results.attributions import Answer, Norms, Side, Target, TokenAttribution, Unit
from core.results.pairs import ModelInfo, PairAnalysis, PairReport
from core.results.texts import Token, TokenizedText, Word
from core.results.transport import (
    LEAST_RANGE_SD,
    SAME_CONSISTENCY,
    Flow,
    Place,
    References,
    TransportPlan,
    share_of_attainable,
)

__all__ = [
    "LEAST_RANGE_SD",
    "SAME_CONSISTENCY",
    "Answer",
    "Array",
    "Flow",
    "ModelInfo",
    "Norms",
    "PairAnalysis",
    "PairReport",
    "Place",
    "References",
    "Side",
    "Target",
    "Token",
    "TokenAttribution",
    "TokenizedText",
    "TransportPlan",
    "Unit",
    "Word",
    "share_of_attainable",
    "unit_interval",
]
