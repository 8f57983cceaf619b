"""Agreement as others measure it: rank correlation and overlap of the two sides' scores over the links of a plan.

C asks how much similarity the importance of one side can meet on the other. The measures here ask whether linked units
have like scores, as Zaman and Belinkov do over word alignments (2022, A multilingual perspective towards the evaluation
of attribution methods in natural language inference). C is unique, the plan is not: where plans tie, these measures
depend on which one is taken.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from core.results import Array, PairAnalysis, TransportPlan

# Units are linked where at least this share of the mass of either one flows between them.
LINK_SHARE = 0.5
# A mass that is split evenly is linked to both halves, also where flows are read back rounded to 11 bits.
ROUNDING = 1e-3
TOP = 3
FEWEST_LINKS = 3


@dataclass(frozen=True)
class LinkAgreement:
    """How alike the scores of linked units are.

    Attributes
    ----------
    spearman : rank correlation of the two scores over the links; None below three links, or where all scores of a side
        are equal.
    overlap : share of a side's `top` units with the largest |score| that are linked to one of the other side's; the
        mean of both directions.
    n_links : number of links. top : how many units of each side `overlap` compares.
    """

    spearman: float | None
    overlap: float
    n_links: int
    top: int


def link_agreement(analysis: PairAnalysis, *, top: int = TOP) -> LinkAgreement:
    """Return the agreement of the two sides of a pair over the links of its plan."""
    return agreement_of(analysis.transport, analysis.source.scores, analysis.target.scores, top=top)


def agreement_of(plan: TransportPlan, source: Array, target: Array, *, top: int = TOP) -> LinkAgreement:
    """Return the agreement of scores, (n,) and (m,), over the links of a plan; fewer than `top` units are all taken."""
    linked = links_of_plan(plan.plan, plan.source_mass, plan.target_mass)
    rows, columns = np.nonzero(linked)
    top = min(top, *linked.shape)
    first, second = (np.argsort(-np.abs(scores), kind="stable")[:top] for scores in (source, target))
    among = linked[np.ix_(first, second)]
    overlap = float((among.any(axis=1).mean() + among.any(axis=0).mean()) / 2)
    return LinkAgreement(_spearman(source[rows], target[columns]), overlap, len(rows), top)


def links_of_plan(
    flow: Array, source_mass: Array, target_mass: Array, *, rounding: float = ROUNDING
) -> npt.NDArray[np.bool_]:
    """Return which units are linked, (n, m): at least half of the mass of either one flows between them.

    Parameters
    ----------
    flow : (n, m). source_mass, target_mass : (n,) and (m,); units without mass have no links.
    rounding : how far below a half the share may be.
    """
    smaller = np.minimum(source_mass[:, None], target_mass[None, :])
    linked: npt.NDArray[np.bool_] = (flow >= (LINK_SHARE - rounding) * smaller) & (smaller > 0)
    return linked


def _spearman(first: Array, second: Array) -> float | None:
    if len(first) < FEWEST_LINKS or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])
