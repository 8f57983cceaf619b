"""The manifest of a run: which run it is, on which versions it was computed, and how long it took."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import StoreChoiceError, StoreError
from core.store.files import Files
from core.store.layout import LAYOUT, SCHEMA_VERSION
from core.store.seal import UNSEALED, has_place, is_whole, seal
from core.store.shards import schema_error
from core.store.work import RunIdentity

_NAMES = {"run", "group", "identity", "versions", "texts", "scores_only", "timing", "seal", "weights"}


@dataclass(frozen=True)
class Manifest:
    """What `manifest.json` says.

    Attributes
    ----------
    versions : libraries on which the run was begun.
    texts : language -> fingerprint of the texts that were computed.
    scores_only : whether third-party text was left out; such a run cannot be continued.
    created, updated : ISO 8601, UTC; empty where a lost manifest was read back from shards.
    seconds : computing time of all shards together, as of `updated`.
    weights : hash of the weights, where the identity's revision is an earlier version's and does not contain it.
    """

    identity: RunIdentity
    versions: Mapping[str, str] = field(default_factory=dict)
    scores_only: bool = False
    created: str = ""
    updated: str = ""
    seconds: float = 0.0
    texts: Mapping[str, str] = field(default_factory=dict)
    weights: str = ""

    def to_bytes(self) -> bytes:
        plain = {
            "run": self.identity.run_id,
            "group": self.identity.group,
            "identity": self.identity.to_json(),
            "versions": dict(self.versions),
            "texts": dict(self.texts),
            "scores_only": self.scores_only,
            "seal": UNSEALED,
            "timing": {"created": self.created, "updated": self.updated, "seconds": self.seconds},
        }
        if self.weights:
            plain["weights"] = self.weights
        return seal("seal", (json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Manifest":
        """Return what `to_bytes` wrote. Raises KeyError, TypeError, AttributeError or ValueError for anything else."""
        return cls(
            identity=RunIdentity.from_json(plain["identity"]),
            versions=dict(plain["versions"]),
            scores_only=bool(plain["scores_only"]),
            texts=dict(plain.get("texts", {})),
            weights=str(plain.get("weights", "")),
            **{name: plain["timing"][name] for name in ("created", "updated", "seconds")},
        )


def read_manifest(files: Files, run: str) -> Manifest | None:
    """Return a run's manifest, None where it is missing or damaged. Raises StoreError for a later schema version."""
    path = LAYOUT.manifest_path(run)
    try:
        with files.open(path) as file:
            raw = file.read()
        plain = json.loads(raw)
        # Manifests of earlier versions have no seal; a damaged name of it is a name that no version wrote.
        sealed = has_place("seal", raw)
        if (sealed and not is_whole("seal", raw)) or (not sealed and plain.keys() - _NAMES):
            return None
        version = plain["identity"]["schema_version"]
        if version != SCHEMA_VERSION and sealed:
            raise schema_error(path, version)
        manifest = Manifest.from_json(plain)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return manifest if manifest.identity.run_id == run else None


def write_manifest(files: Files, manifest: Manifest) -> None:
    """Write a run's manifest; readers see the old one or the new one."""
    files.replace(LAYOUT.manifest_path(manifest.identity.run_id), manifest.to_bytes())


def with_texts(manifest: Manifest, texts: Mapping[str, str]) -> Manifest:
    """Return the manifest with the texts of further languages.

    Raises StoreError where the run has other texts in a language: it would mix the scores of both.
    """
    other = [language for language, text in texts.items() if manifest.texts.get(language, text) != text]
    if other:
        raise StoreError(
            f"The run {manifest.identity.run_id} was computed on other texts in {' '.join(other)}: use the release of "
            "the data set that it was computed on, or another --store."
        )
    return replace(manifest, texts={**manifest.texts, **texts})


def require_writable(manifest: Manifest, address: str) -> None:
    """Raise StoreError for an export without text: new rows would add text to it."""
    if manifest.scores_only:
        raise StoreChoiceError(
            f"The store {address} holds an export without text of {manifest.identity.run_id}: "
            "name another folder with --store."
        )
