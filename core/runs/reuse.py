"""Take over what another run of the store has computed of the same texts.

Runs that differ only in how scores are compared (aggregate, mass rule, space, level, permutations) have equal
predictions and attributions. The second of them copies those of the first, and computes its pairs alone.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.runs.plan import CheckpointPlan
from core.setting import COMPARISON, settings_of
from core.settings import Settings
from core.store import Run, RunIdentity
from core.store.index import Shard, Snapshot, work_of
from core.store.layout import ATTRIBUTIONS, TEXT_KINDS
from core.store.manifest import Manifest
from core.store.shards import UNREADABLE, has_values

# Parts of a run's identity that concern the space alone, beside the settings of the comparison.
SPACE_PARTS = ("maps",)


def take_over(plan: CheckpointPlan, run: Run) -> int:
    """Copy stored predictions and attributions of the plan's languages from such runs; returns the copied rows.

    A run that was computed on other texts in one of these languages is left out. Damaged shards are left out.
    """
    snapshot = run.store.snapshot()
    texts = plan.data.texts(plan.languages)
    copied = 0
    for name, manifest in sorted(snapshot.runs.items()):
        if name != run.run_id and not manifest.scores_only and attributed_alike(run.identity, _revised(manifest, plan)):
            languages = {code for code in texts if manifest.texts.get(code) == texts[code]}
            wanted = _wanted(snapshot, name, run, languages)
            copied += sum(run.copy(shard) for shard in wanted if _has_aggregate(shard, plan, run))
    return copied


def _revised(manifest: Manifest, plan: CheckpointPlan) -> RunIdentity:
    """The identity of a run, with the revision that this version gives the weights of a run of an earlier one."""
    is_ours = manifest.identity.revision == plan.earlier and manifest.weights in ("", plan.weights)
    return replace(manifest.identity, revision=plan.run.identity.revision) if is_ours else manifest.identity


def attributed_alike(ours: RunIdentity, theirs: RunIdentity) -> bool:
    """Return whether two runs have the same predictions and attributions: they differ in the comparison at most."""
    return _without_comparison(ours) == _without_comparison(theirs)


def _without_comparison(identity: RunIdentity) -> Mapping[str, Any]:
    compared = {declared.name for declared in settings_of(Settings) if declared.group == COMPARISON} | set(SPACE_PARTS)
    plain = identity.to_json()
    return plain | {"settings": {name: value for name, value in plain["settings"].items() if name not in compared}}


def _has_aggregate(shard: Shard, plan: CheckpointPlan, run: Run) -> bool:
    """Whether a shard has the scores that this run compares: runs from before the norms were kept have sums alone."""
    if shard.kind != ATTRIBUTIONS.name or plan.settings.aggregate == "sum":
        return True
    try:
        return has_values(run.store.files, shard.path, plan.settings.aggregate)
    except UNREADABLE:
        return False


def _wanted(snapshot: Snapshot, name: str, run: Run, languages: set[str]) -> list[Shard]:
    """The shards of another run, all of whose units are in these languages, with a row that this run lacks."""
    stored = snapshot.stored()
    return [
        shard
        for kind in TEXT_KINDS
        for shard in snapshot.of(name, kind)
        if all(set(unit.languages) <= languages for unit in shard.info.units)
        and any(not set(unit.rows) <= stored.get(work_of(run.run_id, unit), set()) for unit in shard.info.units)
    ]
