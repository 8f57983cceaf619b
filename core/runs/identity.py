"""The identity of a run: everything that its numbers depend on, as plain values."""

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.attribution.lig import METHOD
from core.errors import DataError, TargetError
from core.models.identity import UNSAVED, earlier_revision_of, revision_of
from core.models.loaded import LoadedModel
from core.runs.data import RunData
from core.setting import settings_of
from core.settings import Settings
from core.spaces import space_parts
from core.spaces.base import Revise
from core.store import RunIdentity, Store
from core.store.manifest import Manifest

# Task and seed are fields of the identity itself; `gold` comes from the data.
_NOT_SETTINGS = ("task", "gold", "seed")


def identify(
    model: LoadedModel, data: RunData, settings: Settings, *, threads: int, revise: Revise = revision_of
) -> RunIdentity:
    """Return the identity of a run.

    A worker's `threads` and the kind of device are part of it: both change the last bits of a matrix product.
    `revise` gives the revision of a model in a folder.
    """
    usual = {one.name: one.default for one in settings_of(type(settings)) if one.added}
    chosen = {
        name: value
        for name, value in asdict(settings).items()
        if name not in _NOT_SETTINGS and (name not in usual or value != usual[name])
    }
    chosen["vectors"] = [[language, _digest(path)] for language, path in settings.vectors]
    chosen |= space_parts(model, settings, revise=revise)
    if data.task == "qa" and settings.explain == "gold":
        # Earlier versions explained an answer that occurs several times in its context at its first occurrence.
        chosen["gold_position"] = "answer_start"
    if settings.method == METHOD and settings.steps == "auto":
        # Earlier versions integrated without the correction by F's own differences, within the same tolerance.
        chosen["quadrature"] = "corrected"
    return RunIdentity(
        dataset=data.dataset,
        split=data.split,
        checkpoint=model.info.name,
        revision=_revision(model, revise),
        family=model.info.family,
        task=data.task,
        train_language=model.info.train_language,
        labels=model.classes if data.task == model.task else (),
        data_fingerprint=data.fingerprint,
        seed=settings.seed,
        settings=chosen | {"device": model.device.type, "threads": threads},
    )


def stored_identity(
    model: LoadedModel, data: RunData, settings: Settings, store: Store, *, threads: int
) -> RunIdentity:
    """Return the identity under which a store holds, or will hold, a run.

    Earlier versions recorded a fingerprint of a folder in place of the hash of its weights. A run of theirs is
    continued under its own identity unless its manifest says, since then, that its weights are others.
    """
    identity = identify(model, data, settings, threads=threads)
    earlier = identify(model, data, settings, threads=threads, revise=earlier_revision_of)
    runs = store.snapshot().runs
    manifest = runs.get(earlier.run_id)
    is_ours = manifest is not None and manifest.weights in ("", identity.revision)
    return earlier if is_ours and identity.run_id not in runs else identity


def require_explainable(model: LoadedModel, task: str, explain: str) -> None:
    """Raise TargetError unless every text of a run can be explained for what `explain` names."""
    offered = {"meaning": ("source", "own"), "qa": ("source", "own", "gold")}.get(
        task, ("source", "own", "gold", *model.classes)
    )
    if explain not in offered:
        raise TargetError(f"{model.info.name} cannot explain {explain!r} ({task}). Choose one of {', '.join(offered)}.")


def differences(identity: RunIdentity, other: Manifest) -> str:
    """Say in which settings another run of the same checkpoint and split differs: `steps 8, here auto`."""
    usual = {one.name: one.default for one in settings_of(Settings) if one.added}
    ours, theirs = usual | _flat(identity), usual | _flat(other.identity)
    changed = [name for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)]
    return ", ".join(f"{name} {theirs.get(name)}, here {ours.get(name)}" for name in changed)


def _flat(identity: RunIdentity) -> dict[str, Any]:
    plain = identity.to_json()
    return plain.pop("settings") | plain


def _revision(model: LoadedModel, revise: Revise) -> str:
    if model.spec.source == "directory" and revise is not revision_of:
        return revise(model.spec) or UNSAVED
    return model.info.revision


def _digest(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise DataError(f"The word vectors {path} cannot be read: {error.strerror}. Check --vectors.") from error
