"""Files that visitors leave for runs: how many, how long, how much; a refused one is not written."""

import os
import time
from pathlib import Path

import pytest

from core.data import uploads
from core.data.uploads import Uploaded, keep_files
from core.errors import DataError
from dashboard.service.limits import ServiceLimits
from dashboard.service.links import DAY, LinkTexts
from dashboard.service.uploads import UploadLimitError, Uploads


def keep_file(name, content):
    return keep_files([Uploaded(name, content)]).path


def texts(number, size=20):
    return f"en,es\nline {number} {'x' * size},línea {number}\n".encode()


def age(path, days):
    then = time.time() - days * DAY
    os.utime(path, (then, then))


def test_a_visitor_brings_so_many_files_a_day(tmp_path):
    now = [1000.0]
    files = Uploads(tmp_path, ServiceLimits(uploads_a_day=2), clock=lambda: now[0])
    files.admit("ada")
    files.admit("ada")
    with pytest.raises(UploadLimitError, match="2 files a day"):
        files.admit("ada")
    files.admit("grace")
    now[0] += DAY
    files.admit("ada")


def test_files_expire_and_the_latest_stay(own_cache):
    old, new = keep_file("a.csv", texts(1)), keep_file("b.csv", texts(2))
    age(old, 31)
    Uploads(uploads.uploads_folder(), ServiceLimits(upload_days=30)).remove_expired()
    assert not old.exists() and new.exists()


def test_the_oldest_files_make_room_but_not_the_one_just_brought(own_cache, monkeypatch):
    monkeypatch.setattr("dashboard.service.uploads.MEGABYTE", 1000)
    files = Uploads(uploads.uploads_folder(), ServiceLimits(uploads_megabytes=1))
    kept = [keep_file("a.csv", texts(number, 400)) for number in range(4)]
    for number, path in enumerate(kept):
        age(path, 4 - number)
    files.make_room(kept[-1])
    assert [path.exists() for path in kept] == [False, False, True, True]
    large = keep_file("large.csv", texts(9, 4000))
    files.make_room(large)
    assert large.exists() and not any(path.exists() for path in kept)


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="no folder in memory on this computer")
def test_a_file_that_is_refused_is_not_written_to_the_disk(own_cache, monkeypatch):
    seen = []
    read = uploads.read_parallel_file

    def watching(path):
        seen.append(path)
        return read(path)

    monkeypatch.setattr(uploads, "read_parallel_file", watching)
    with pytest.raises(DataError, match=r"secret\.csv"):
        keep_file("secret.csv", b"en\nA secret sentence.\n")
    assert str(seen[0]).startswith("/dev/shm/")
    assert not Path(seen[0]).exists()
    assert [path for path in own_cache.rglob("*") if path.is_file()] == []


def test_no_name_on_the_disk_has_a_word_of_a_text(own_cache):
    link_texts = LinkTexts(own_cache / "texts", ServiceLimits())
    link_texts.keep(link_texts.hold({"source": "Secret merger"}))
    keep_file("texts.csv", b"en,es\nSecret merger,Fusi\xc3\xb3n secreta\n")
    names = [str(path.relative_to(own_cache)).lower() for path in own_cache.rglob("*")]
    assert len(names) >= 4
    assert not [name for name in names if "secret" in name or "merger" in name or "fusi" in name]
