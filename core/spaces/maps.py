"""Language means and rotations of a space: shipped ones in `assets/spaces`, learned ones in the user's cache.

One safetensors file per space and level: `mean.<language>` (embed,) float32, `map.<language>` (embed, embed) float16
to be multiplied from the right, and as metadata how they were learned, with a checksum of all of it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from core.checksums import RECORD, checksum, damage_of
from core.errors import SpaceError, reason_of
from core.paths import ASSETS, cache_folder
from core.results import Array
from core.spaces.base import file_name

PIVOT = "en"
SHIPPED = ASSETS / "spaces"
CHECKSUM = "checksum"


@dataclass(frozen=True, eq=False)
class SpaceMaps:
    """What was learned for one space and level of one model.

    Attributes
    ----------
    means : language -> (embed,), the centre of its lexicon words.
    rotations : language -> (embed, embed), orthogonal; `(vector - mean) @ rotation` is in the pivot's space.
    metadata : model, revision, space, level, pooling, pivot, lexicon, seed, versions, and per language the numbers of
        pairs and the precision at 1 on held-out words.
    """

    means: Mapping[str, Array]
    rotations: Mapping[str, Array]
    metadata: Mapping[str, Any]


def maps_file(folder: Path, model_name: str, space: str, level: str) -> Path:
    """Return the file of a model's maps within a folder of spaces."""
    return folder / file_name(model_name) / f"{space}-{level}.safetensors"


def learned_folder() -> Path:
    """The folder that `align-space` writes to; its maps take precedence over the shipped ones."""
    return cache_folder() / "spaces"


def find_maps(model_name: str, revision: str, space: str, level: str, pooling: str) -> SpaceMaps | None:
    """Return the maps of a model's space, learned ones before shipped ones; None where there are none.

    Maps learned from other weights or with another pooling are ignored.

    Raises
    ------
    SpaceError : a file is damaged.
    """
    path = find_maps_file(model_name, revision, space, level, pooling)
    return read_maps(path) if path else None


def find_maps_file(model_name: str, revision: str, space: str, level: str, pooling: str) -> Path | None:
    """Return the file that `find_maps` reads; raises as it does."""
    for folder in (learned_folder(), SHIPPED):
        path = maps_file(folder, model_name, space, level)
        if revision and path.is_file():
            metadata = read_maps(path).metadata
            if (metadata.get("revision"), metadata.get("pooling")) == (revision, pooling):
                return path
    return None


def read_maps(path: Path) -> SpaceMaps:
    """Read a maps file. Raises SpaceError when it is damaged."""
    return _read_cached(path, path.stat().st_mtime_ns)


def save_maps(path: Path, maps: SpaceMaps) -> None:
    """Write a maps file atomically."""
    tensors = {f"mean.{language}": mean.astype(np.float32) for language, mean in maps.means.items()}
    tensors |= {f"map.{language}": rotation.astype(np.float16) for language, rotation in maps.rotations.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".partial")
    described = json.dumps(dict(maps.metadata), sort_keys=True)
    scratch.write_bytes(save(tensors, metadata={"space": described, CHECKSUM: _checksum(described, tensors)}))
    scratch.replace(path)


@lru_cache(maxsize=8)
def _read_cached(path: Path, _modified: int) -> SpaceMaps:
    try:
        with safe_open(path, framework="numpy") as file:
            described = dict(file.metadata() or {})
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        expected = described.get(CHECKSUM)
        # Maps of earlier versions have no checksum; the shipped ones have a record beside them.
        is_damaged = expected is not None and expected != _checksum(described["space"], stored)
        is_damaged = is_damaged or ((path.parent / RECORD).is_file() and bool(damage_of(path.parent)))
        metadata = json.loads(described["space"])
        tensors = {name: tensor.astype(np.float64) for name, tensor in stored.items()}
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise _refusal(path, reason_of(error)) from error
    if is_damaged or described.keys() - {"space", CHECKSUM}:
        raise _refusal(path, "they are not as they were written")
    return SpaceMaps(_by_language(tensors, "mean."), _by_language(tensors, "map."), metadata)


def _refusal(path: Path, reason: str) -> SpaceError:
    remedy = "Restore the file" if SHIPPED in path.parents else "Delete it"
    return SpaceError(
        f"The maps {path} cannot be read: {reason}. {remedy}, or learn them again with `python -m core align-space`."
    )


def _checksum(described: str, tensors: Mapping[str, npt.NDArray[np.floating[Any]]]) -> str:
    """The checksum of what the maps' file says: description, names, types, shapes and numbers."""
    parts = [described.encode()]
    for name, tensor in sorted(tensors.items()):
        parts += [f"{name} {tensor.dtype.str} {tensor.shape}".encode(), np.ascontiguousarray(tensor).tobytes()]
    return checksum(*parts)


def _by_language(tensors: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
