"""What C would be if words carried other shares of the importance; the texts and their similarities stay."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.consistency.references import references
from core.consistency.transport import solve
from core.errors import OptionError
from core.results import Array, PairAnalysis, TransportPlan


def with_importance(analysis: PairAnalysis, units: Sequence[int], share: float, *, of_source: bool) -> TransportPlan:
    """Return the transport after some units of one text carry `share` of its importance.

    Among themselves they keep their proportions, and so do the other units, which carry the rest.

    Parameters
    ----------
    units : indices into the units of the source, or of the target where `of_source` is false.
    share : in [0, 1].

    Raises
    ------
    OptionError : the share is out of range, or there is no other unit to carry the rest.
    """
    if not 0.0 <= share <= 1.0:
        raise OptionError(f"A share of {share} is out of range: use 0 to 1.")
    source, target = analysis.source.mass, analysis.target.mass
    if of_source:
        source = _moved(source, units, share)
    else:
        target = _moved(target, units, share)
    return solve(source, target, analysis.transport.similarity, signs=analysis.transport.signs)


def with_equal_importance(analysis: PairAnalysis) -> TransportPlan:
    """Return the transport after all units of both texts carry equal shares."""
    n, m = analysis.transport.similarity.shape
    return solve(
        np.full(n, 1.0 / n), np.full(m, 1.0 / m), analysis.transport.similarity, signs=analysis.transport.signs
    )


def changed(analysis: PairAnalysis, plan: TransportPlan) -> PairAnalysis:
    """Return the analysis with the masses of `plan`, its C, and references from shuffles of these masses.

    The scores stay those that were attributed.
    """
    return replace(
        analysis,
        source=replace(analysis.source, mass=plan.source_mass),
        target=replace(analysis.target, mass=plan.target_mass),
        transport=plan,
        references=references(plan, n_permutations=analysis.settings.permutations, seed=analysis.settings.seed),
    )


def _moved(mass: Array, units: Sequence[int], share: float) -> Array:
    chosen = np.zeros(mass.size, dtype=bool)
    chosen[list(units)] = True
    moved = np.empty_like(mass)
    for group, total in ((chosen, share), (~chosen, 1.0 - share)):
        if not group.any() and total > 0:
            raise OptionError("There is no other word that could carry the rest of the importance.")
        held = mass[group].sum()
        moved[group] = total * (mass[group] / held if held > 0 else 1.0 / max(int(group.sum()), 1))
    return moved / moved.sum()
