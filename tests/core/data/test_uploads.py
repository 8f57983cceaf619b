"""Parallel texts that someone drops: kept under their content, by the name that was given, and nothing else of them."""

import pytest

from core.data import uploads
from core.data.files import read_parallel_file
from core.data.uploads import Uploaded, keep_files
from core.errors import DataError
from core.paths import uploads_folder

FIRST, SECOND = b"en,es\none,uno\n", b"en,es\ntwo,dos\n"
NLI = "premise.en,hypothesis.en,premise.de,hypothesis.de,label\na,b,c,d,{}\n"
DEEP = b'{"en": ' + b"[" * 100_000 + b"]" * 100_000 + b', "de": "tief"}\n'


def keep(name, content, called=""):
    return keep_files([Uploaded(name, content)], called)


def test_two_users_with_equal_file_names_keep_their_own_files(own_cache, monkeypatch):
    """The second file arrives while the first one is read."""
    read, kept = uploads.read_parallel_file, []

    def meanwhile(path):
        monkeypatch.setattr(uploads, "read_parallel_file", read)
        kept.append(keep("pairs.csv", SECOND).path)
        return read(path)

    monkeypatch.setattr(uploads, "read_parallel_file", meanwhile)
    kept.append(keep("pairs.csv", FIRST).path)
    assert [read_parallel_file(path).rows(["es"])["es"].texts for path in kept] == [(("dos",),), (("uno",),)]
    assert [path.name for path in kept] == ["pairs.jsonl", "pairs.jsonl"]
    assert {path.name for path in uploads_folder().iterdir()} == {path.parent.name for path in kept}


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("pairs.csv", NLI.format("perhaps").encode(), r"^pairs\.csv, line 2: the label 'perhaps'"),
        ("pairs.csv", b"en,de\nThe bus is late.,\n", r"^pairs\.csv, line 2: de is empty\. .* remove the row"),
        ("pairs.jsonl", b'{"en": "The bus is late.", "de": null}\n', r"^pairs\.jsonl, line 1: de is null, not text\. "),
        ("pairs.csv", b"en\nThe bus is late.\n", r"^pairs\.csv has texts in one language .* Add the same rows"),
        ("pairs.en", b"The bus is late.\n", r"^pairs\.en has texts in one language .* Add the same rows"),
        ("pairs.csv", b"", r"^pairs\.csv has no rows: it is empty\. Add"),
        ("pairs.csv", b"en,de\n", r"^pairs\.csv has no rows\. Add"),
        ("pairs.jsonl", DEEP, r"^pairs\.jsonl, line 1 cannot be read as JSON \(.*\)\. Correct it\.$"),
    ],
)
def test_what_cannot_be_compared_is_one_line_that_names_the_file_and_nothing_is_kept(own_cache, name, content, line):
    with pytest.raises(DataError, match=line) as caught:
        keep(name, content)
    assert "\n" not in str(caught.value) and "arrived" not in str(caught.value)
    assert list(uploads_folder().iterdir()) == []


def test_two_files_of_lines_are_one_set_of_texts(own_cache):
    kept = keep_files([Uploaded("news.en", b"The bus is late.\n"), Uploaded("news.de", b"Der Bus ist sp\xc3\xa4t.\n")])
    assert kept.path.name == "news.jsonl"
    assert (kept.file.languages, kept.file.n_rows) == (("en", "de"), 1)
    assert read_parallel_file(kept.path).rows(["de"])["de"].texts == (("Der Bus ist spät.",),)
    with pytest.raises(DataError, match=r"^texts\.txt: its name has no known language\. Name each file after"):
        keep_files([Uploaded("texts.txt", b"one\n"), Uploaded("texts.txt", b"eins\n")])


def test_notices_are_under_the_name_of_the_upload(own_cache):
    kept = keep("a,b.csv", "en;de;source\nThe café is open.;Das Café ist offen.;x\n".encode("cp1252"))
    read, unread = kept.file.notices
    assert read == "a,b.csv: a table with semicolons between cells, Windows-1252; 1 row in en, de."
    assert unread == "a,b.csv: columns not read: source."


def test_texts_have_the_name_that_they_were_given(own_cache):
    kept = keep("pairs.csv", FIRST, " Bus lines, spring ")
    assert kept.path.name == "Bus lines, spring.jsonl"
    assert kept.file.name == "Bus lines, spring"
    again = read_parallel_file(kept.path)
    assert (again.name, again.fingerprint) == (kept.file.name, kept.file.fingerprint)
    for name in ("a/b", "..", "x" * 81, "a\nb"):
        with pytest.raises(DataError, match="name"):
            keep("pairs.csv", FIRST, name)
