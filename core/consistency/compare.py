"""Two attributed texts of one language pair: similarity, transport, and C with its references."""

import time

from core.callbacks import ShouldCancel
from core.consistency.references import references
from core.consistency.transport import solve
from core.results import Array, ModelInfo, PairAnalysis, Side, TransportPlan
from core.settings import Settings
from core.spaces import SharedSpace
from core.spaces.similarity import cosine_similarity
from core.versions import library_versions


def compare(
    model: ModelInfo,
    source: Side,
    target: Side,
    space: SharedSpace,
    settings: Settings,
    *,
    plan: TransportPlan | None = None,
    should_cancel: ShouldCancel | None = None,
) -> PairAnalysis:
    """Return the consistency C of two sides (Eq. 2) with its references.

    The similarity of two units comes from the shared space, their mass from the model's attributions. `plan` is what
    `transport` returned for the sides, where it is known already.
    """
    begun = time.perf_counter()
    plan = plan or transport(source, target, space)
    plan_references = references(
        plan, n_permutations=settings.permutations, seed=settings.seed, should_cancel=should_cancel
    )
    kind = source.attribution.target.kind
    return PairAnalysis(
        source=source,
        target=target,
        transport=plan,
        references=plan_references,
        settings=settings,
        model=model,
        space=space.describe([source.language, target.language]),
        end=kind if kind in ("start", "end") else None,
        seconds=time.perf_counter() - begun,
        versions=library_versions(),
    )


def transport(source: Side, target: Side, space: SharedSpace) -> TransportPlan:
    """Return the optimal transport of the source's mass onto the target's, similarity in the shared space (Eq. 2)."""
    similarity = cosine_similarity(space.vectors(source.text, source.units), space.vectors(target.text, target.units))
    return plan_of(source, target, similarity)


def plan_of(source: Side, target: Side, similarity: Array) -> TransportPlan:
    """Return the optimal transport for (n, m) similarities; between equal signs alone under the mass rule `signed`."""
    signs = None if source.signs is None or target.signs is None else (source.signs, target.signs)
    return solve(source.mass, target.mass, similarity, signs=signs)
