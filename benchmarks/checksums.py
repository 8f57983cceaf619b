"""What the checksums of the cache cost: the time of checking as a share of the load that contains it.

python -m benchmarks.checksums      loads and checks in turn; prints JSON
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.timing import REPEATS, seconds_of
from core.checksums import checksum, damage_of
from core.models.catalogue import DEFAULT_MODEL, embedded_folder
from core.models.embedded import ensure_converted
from core.models.loader import load_model
from core.spaces.maps import SHIPPED, maps_file, read_maps, save_maps
from core.spaces.table import VectorTable

N_VECTORS, EMBED = 2_000, 384


def bench_checksums() -> dict[str, float]:
    """Measure checks and loads in turn, each `REPEATS` times.

    Returns
    -------
    dict
        ``checksum_share_of_model``: of loading the embedded default, converted before.
        ``checksum_share_of_maps``: of reading the maps of a space as `align-space` writes them.
        ``checksum_share_of_vectors``: of reading 2,000 vectors from a table.
        ``model_load_seconds``, ``maps_load_seconds``, ``vectors_load_seconds``: these loads, checks included.
    """
    folder = ensure_converted(embedded_folder())
    with tempfile.TemporaryDirectory() as temporary:
        results = _share("model", lambda: damage_of(folder), lambda: load_model(DEFAULT_MODEL, device="cpu"))
        return results | _bench_maps(Path(temporary)) | _bench_vectors(Path(temporary))


def _bench_maps(folder: Path) -> dict[str, float]:
    maps = read_maps(maps_file(SHIPPED, DEFAULT_MODEL, "isolated", "token"))
    stored = [mean.astype(np.float32).tobytes() for mean in maps.means.values()]
    stored += [rotation.astype(np.float16).tobytes() for rotation in maps.rotations.values()]
    # A name for each load: maps that were read are kept.
    paths = iter([folder / f"{number}.safetensors" for number in range(REPEATS + 1)])
    for number in range(REPEATS + 1):
        save_maps(folder / f"{number}.safetensors", maps)
    return _share("maps", lambda: checksum(*stored), lambda: read_maps(next(paths)))


def _bench_vectors(folder: Path) -> dict[str, float]:
    path, vector = folder / "table.sqlite3", np.zeros(EMBED, dtype="<f4")
    keys = [f":{number}" for number in range(N_VECTORS)]
    VectorTable(path).put(dict.fromkeys(keys, vector))
    blob = vector.tobytes()
    return _share(
        "vectors",
        lambda: [checksum(key.encode(), blob) for key in keys],
        lambda: VectorTable(path).get(keys),
    )


def _share(name: str, check: Callable[[], object], load: Callable[[], object]) -> dict[str, float]:
    """The median share of a check in a load, and the median load; the first load, from a cold disk, does not count."""
    load()
    pairs = [(seconds_of(check), seconds_of(load)) for _ in range(REPEATS)]
    return {
        f"checksum_share_of_{name}": median(checked / loaded for checked, loaded in pairs),
        f"{name}_load_seconds": median(loaded for _, loaded in pairs),
    }


if __name__ == "__main__":
    print(json.dumps(bench_checksums()))
