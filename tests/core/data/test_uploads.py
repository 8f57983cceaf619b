"""A parallel file that someone drops: kept under its content's name, and nothing else of it."""

import pytest

from core.data import local
from core.data.files import read_parallel_file
from core.data.local import keep_file
from core.errors import DataError
from core.paths import uploads_folder

FIRST, SECOND = b"en,es\none,uno\n", b"en,es\ntwo,dos\n"


def test_two_users_with_equal_file_names_keep_their_own_files(own_cache, monkeypatch):
    """The second file arrives while the first one is read."""
    read, kept = local.read_parallel_file, []

    def meanwhile(path):
        monkeypatch.setattr(local, "read_parallel_file", read)
        kept.append(keep_file("pairs.csv", SECOND))
        return read(path)

    monkeypatch.setattr(local, "read_parallel_file", meanwhile)
    kept.append(keep_file("pairs.csv", FIRST))
    assert [read_parallel_file(path).rows(["es"])["es"].texts for path in kept] == [(("dos",),), (("uno",),)]
    assert [path.name for path in kept] == ["pairs.jsonl", "pairs.jsonl"]
    assert {path.name for path in uploads_folder().iterdir()} == {path.parent.name for path in kept}


def test_a_file_with_a_cell_that_does_not_fit_is_not_kept(own_cache):
    with pytest.raises(DataError, match=r"^pairs\.csv, line 2: the label 'perhaps'"):
        keep_file("pairs.csv", b"premise.en,hypothesis.en,label\na,b,perhaps\n")
    assert list(uploads_folder().iterdir()) == []
