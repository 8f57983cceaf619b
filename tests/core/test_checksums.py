"""Checksums of a folder: every bit counts, those of the record too."""

import pytest
import xxhash

from core.checksums import RECORD, checksum, checksum_of_file, damage_of, write_checksums


def test_a_checksum_is_that_of_xxh3():
    assert checksum(b"a", b"bc") == xxhash.xxh3_64_hexdigest(b"abc")


def test_a_file_longer_than_a_block(tmp_path):
    content = bytes(range(256)) * 9000
    (tmp_path / "a").write_bytes(content)
    assert checksum_of_file(tmp_path / "a") == xxhash.xxh3_64_hexdigest(content)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("a.json", "deep/b.bin"):
        (tmp_path / name).write_bytes(f"the content of {name}".encode())
    write_checksums(tmp_path)
    return tmp_path


def test_every_flipped_bit_is_found(folder):
    assert damage_of(folder) == ""
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        whole = path.read_bytes()
        for bit in range(8 * len(whole)):
            changed = bytearray(whole)
            changed[bit // 8] ^= 1 << bit % 8
            # Between the values of JSON, one space is as good as another.
            one = slice(bit // 8, bit // 8 + 1)
            blank = path.name == RECORD and not (whole[one] + changed[one]).strip()
            path.write_bytes(changed)
            assert damage_of(folder) or blank, (path, bit)
        path.write_bytes(whole)
    assert damage_of(folder) == ""


@pytest.mark.parametrize(("change", "said"), [("gone", "is missing"), ("short", "not as it was written")])
def test_what_is_damaged_is_named(folder, change, said):
    file = folder / "deep" / "b.bin"
    file.unlink() if change == "gone" else file.write_bytes(file.read_bytes()[:5])
    assert "deep/b.bin" in damage_of(folder) and said in damage_of(folder)


def test_a_folder_without_a_record_is_not_taken_for_whole(folder):
    (folder / RECORD).unlink()
    assert damage_of(folder) == "it has no checksums"
