"""The persistent table of vectors."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.spaces import table as table_module
from core.spaces.table import VectorTable


def vector(number):
    return np.arange(number, number + 4, dtype=np.float32)


def test_vectors_survive_reopening(tmp_path):
    path = tmp_path / "deep" / "table.sqlite3"
    VectorTable(path).put({"a": vector(1), "b": vector(2)})
    found = VectorTable(path).get(["a", "b", "c"])
    assert set(found) == {"a", "b"}
    np.testing.assert_array_equal(found["b"], vector(2))


def test_many_keys_are_read_at_once(tmp_path):
    path = tmp_path / "table.sqlite3"
    keys = [str(number) for number in range(1500)]
    VectorTable(path).put({key: vector(int(key)) for key in keys})
    assert len(VectorTable(path).get(keys)) == 1500


def test_threads_and_handles_share_one_file(tmp_path):
    path = tmp_path / "table.sqlite3"
    tables = [VectorTable(path), VectorTable(path)]

    def work(worker):
        own = tables[worker % 2]
        for number in range(30):
            own.put({str(number): vector(number)})
            np.testing.assert_array_equal(own.get([str(number)])[str(number)], vector(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(VectorTable(path).get([str(number) for number in range(30)])) == 30


def test_the_first_vector_of_a_key_stays_in_the_file(tmp_path):
    path = tmp_path / "table.sqlite3"
    VectorTable(path).put({"a": vector(1)})
    VectorTable(path).put({"a": vector(5)})
    np.testing.assert_array_equal(VectorTable(path).get(["a"])["a"], vector(1))


@pytest.mark.parametrize("obstacle", ["a file where the folder should be", "no file at all"])
def test_a_cache_that_cannot_be_used_degrades_to_memory(tmp_path, obstacle):
    path = tmp_path / "folder" / "table.sqlite3"
    if obstacle == "a file where the folder should be":
        (tmp_path / "folder").write_text("in the way")
    table = VectorTable(None if obstacle == "no file at all" else path)
    table.put({"a": vector(1)})
    np.testing.assert_array_equal(table.get(["a", "b"])["a"], vector(1))
    assert VectorTable(None if obstacle == "no file at all" else path).get(["a"]) == {}


@pytest.mark.parametrize("damage", ["no database", "cut short", "a bit of a vector", "a table of earlier versions"])
def test_damaged_vectors_are_computed_again(tmp_path, damage, caplog):
    path = tmp_path / "table.sqlite3"
    VectorTable(path).put({"a": vector(1), "b": vector(20)})
    content = path.read_bytes()
    if damage == "a table of earlier versions":
        path.unlink()
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL)")
            connection.execute("INSERT INTO vectors VALUES ('a', ?)", (vector(7).tobytes(),))
    elif damage == "a bit of a vector":
        at = content.index(vector(1).tobytes())
        path.write_bytes(content[: at + 6] + bytes([content[at + 6] ^ 1]) + content[at + 7 :])
    else:
        path.write_bytes(b"this is not a database" * 100 if damage == "no database" else content[:6000])
    table = VectorTable(path)
    found = table.get(["a", "b"])
    assert "a" not in found
    assert ("b" in found) == (damage == "a bit of a vector")
    assert caplog.records or damage == "a table of earlier versions"
    table.put({"a": vector(1)})
    np.testing.assert_array_equal(VectorTable(path).get(["a"])["a"], vector(1))


def test_a_disk_that_fills_up_is_given_up_quietly(tmp_path, monkeypatch):
    table = VectorTable(tmp_path / "table.sqlite3")

    def full(path):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(table, "_connect", full)
    table.put({"a": vector(1)})
    np.testing.assert_array_equal(table.get(["a"])["a"], vector(1))
    assert VectorTable(tmp_path / "table.sqlite3").get(["a"]) == {}


def test_memory_is_bounded_when_a_file_stands_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(table_module, "MAX_IN_MEMORY", 10)
    keys = [str(number) for number in range(25)]
    table = VectorTable(tmp_path / "table.sqlite3")
    table.put({key: vector(int(key)) for key in keys})
    assert len(table._memory) == 10
    assert len(table.get(keys)) == 25
