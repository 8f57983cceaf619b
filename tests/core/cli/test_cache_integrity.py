"""A flipped bit anywhere in the cache changes no number: what it damages is named, or made again."""

import json
import random
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from core.cli.app import run
from core.data.local import local_rows
from core.errors import DataError
from core.models import pickles
from core.models.loader import load_model
from core.runs import jobs
from core.spaces.base import find_space_model, load_base
from core.spaces.maps import SpaceMaps, learned_folder, maps_file, save_maps
from core.spaces.sources import IsolatedSource
from core.spaces.table import open_table
from core.store import open_store
from tests.world.runs import QUICK
from tests.world.tiny import SIZE, pickle_weights, save_tiny

NUMBERS = ("consistency", "references", "similarity", "plan", "source", "target")


def convert_here(files, stem, draft, label, say):
    """Convert in this process, since a process of its own takes seconds to start."""
    save_file(torch.load(files[0], weights_only=True), draft / f"{stem}.safetensors", metadata={"format": "pt"})
    (draft / pickles.RECORD).write_text(json.dumps({"files": [file.name for file in files]}), encoding="utf-8")


def learn_maps(model):
    base = find_space_model(load_model(str(model), device="cpu"))
    draw = np.random.default_rng(0)
    means = {code: draw.normal(size=SIZE["hidden"]) / 10 for code in ("en", "es")}
    rotation = np.linalg.qr(draw.normal(size=(SIZE["hidden"],) * 2))[0]
    metadata = {"model": base.name, "revision": base.revision, "pooling": IsolatedSource.pooling}
    save_maps(maps_file(learned_folder(), base.name, "isolated", "token"), SpaceMaps(means, {"es": rotation}, metadata))


@pytest.fixture
def world(tmp_path, own_cache, monkeypatch):
    """A pickled model whose cache holds a conversion, hashes, vectors, maps and texts; and words that use them."""
    monkeypatch.setattr(pickles, "_convert", convert_here)
    model = pickle_weights(save_tiny(tmp_path / "mine", "bert"))
    learn_maps(model)
    (tmp_path / "ours.csv").write_text("en,es\nthe storm,la tormenta\nthe ferry,el ferri\n", encoding="utf-8")
    words = ["run", "--dataset", str(tmp_path / "ours.csv"), "--model", str(model), "--store", str(tmp_path / "store")]
    jobs.load.cache_clear()
    assert run([*words, *QUICK]) == 0
    return model


def numbers(model, capsys):
    """What `analyze` says on a computer that has read nothing yet; its error where it fails."""
    open_table.cache_clear()
    load_base.cache_clear()
    capsys.readouterr()
    words = ["--source-lang", "en", "--target-lang", "es", "--source", "the ferry", "--target", "el ferri"]
    code = run(["analyze", "--model", str(model), *words, "--steps", "6", "--permutations", "20", "--json", "-"])
    said = capsys.readouterr()
    if code:
        assert said.err.count("\n") == 1 and "Traceback" not in said.err
        return said.err
    found = json.loads(said.out)
    return {name: found[name] for name in NUMBERS}


def texts(store):
    (identity,) = [manifest.identity for manifest in open_store(store).read().runs.values()]
    try:
        return local_rows(identity, "es").texts
    except DataError as error:
        return str(error)


@pytest.mark.parametrize("n_flips", [8, pytest.param(50, marks=pytest.mark.slow)])
def test_no_flipped_bit_of_the_cache_changes_a_number(world, own_cache, tmp_path, capsys, n_flips):
    whole, whole_texts = numbers(world, capsys), texts(tmp_path / "store")
    pristine = shutil.copytree(own_cache, tmp_path / "pristine")
    files = sorted(path.relative_to(own_cache) for path in own_cache.rglob("*") if path.is_file())
    assert {"files", "hashes", "models", "spaces", "tables"} == {path.parts[0] for path in files}
    draw = random.Random(n_flips)
    named = 0
    for _ in range(n_flips):
        shutil.rmtree(own_cache)
        shutil.copytree(pristine, own_cache)
        name = draw.choice(files)
        content = bytearray((own_cache / name).read_bytes())
        place, bit = draw.randrange(len(content)), draw.randrange(8)
        content[place] ^= 1 << bit
        (own_cache / name).write_bytes(content)
        found, found_texts = numbers(world, capsys), texts(tmp_path / "store")
        refusals = [line for line in (found, found_texts) if isinstance(line, str)]
        named += len(refusals)
        assert all(name.name in line for line in refusals), (name, place, bit)
        assert isinstance(found, str) or found == whole, (name, place, bit)
        assert isinstance(found_texts, str) or found_texts == whole_texts, (name, place, bit)
        if not refusals:
            assert numbers(world, capsys) == whole, "it has healed"
    assert named < n_flips


def test_damaged_vectors_and_maps_are_said(world, own_cache, capsys, caplog):
    numbers(world, capsys)
    (table,), (maps,) = own_cache.glob("tables/*.sqlite3"), own_cache.glob("spaces/*/*.safetensors")
    table.write_bytes(table.read_bytes()[:5000])
    assert isinstance(numbers(world, capsys), dict)
    assert any(str(table) in record.getMessage() for record in caplog.records)
    maps.write_bytes(maps.read_bytes()[:-1])
    line = numbers(world, capsys)
    assert str(maps) in line and "align-space" in line
