"""Texts behind links: random tokens, memory first, disk on request, expiry, quota, erasure."""

import os
import stat
import threading

import pytest

from dashboard.service import links
from dashboard.service.limits import ServiceLimits
from dashboard.service.links import DAY, LinkError, LinkTexts

TEXT = {"source": "The river rose overnight."}


class Clock:
    now = 1_800_000_000.0

    def __call__(self):
        return self.now


def texts(folder, **limits):
    return LinkTexts(folder / "texts", ServiceLimits(**limits))


def files(folder):
    return sorted((folder / "texts").glob("*")) if (folder / "texts").is_dir() else []


def test_held_texts_come_back_and_are_not_written(tmp_path):
    server = texts(tmp_path)
    token = server.hold(TEXT)
    assert server.recall(token) == TEXT
    assert not server.is_kept(token)
    assert files(tmp_path) == []
    with pytest.raises(LinkError, match="nobody asked it to keep them"):
        texts(tmp_path).recall(token)


def test_a_token_says_nothing_about_the_texts(tmp_path):
    server = texts(tmp_path)
    tokens = {server.hold(TEXT) for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(token) == 32 and set(token) <= set("0123456789abcdef") for token in tokens)


def test_kept_texts_outlive_the_server_and_belong_to_its_user(tmp_path):
    server = texts(tmp_path)
    token = server.hold(TEXT)
    server.keep(token)
    assert server.is_kept(token)
    assert texts(tmp_path).recall(token) == TEXT
    (path,) = files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_erased_texts_are_gone_from_disk(tmp_path):
    server = texts(tmp_path)
    token = server.hold(TEXT)
    server.keep(token)
    server.erase(token)
    server.erase(token)
    assert files(tmp_path) == []
    with pytest.raises(LinkError):
        texts(tmp_path).recall(token)


def test_texts_expire(tmp_path):
    server = texts(tmp_path, link_days=30)
    token = server.hold(TEXT)
    server.keep(token)
    (path,) = files(tmp_path)
    os.utime(path, (0, path.stat().st_mtime - 29 * DAY))
    assert texts(tmp_path, link_days=30).recall(token) == TEXT
    os.utime(path, (0, path.stat().st_mtime - 2 * DAY))
    later = texts(tmp_path, link_days=30)
    assert not later.is_kept(token)
    with pytest.raises(LinkError, match="their time is over"):
        later.recall(token)
    later.remove_expired()
    assert files(tmp_path) == []


def test_a_clock_that_went_backwards_removes_nothing(tmp_path):
    clock = Clock()
    server = LinkTexts(tmp_path / "texts", ServiceLimits(), clock=clock)
    token = server.hold(TEXT)
    server.keep(token)
    clock.now -= 4000 * DAY
    server.remove_expired()
    assert server.is_kept(token)


def test_the_oldest_texts_make_room(tmp_path):
    server = texts(tmp_path, link_megabytes=1)
    tokens = []
    for at in range(4):
        tokens.append(server.hold({"source": str(at) * 400_000}))
        server.keep(tokens[-1])
        for token in tokens:
            if server.is_kept(token):
                path = tmp_path / "texts" / f"{token}.json"
                os.utime(path, (0, path.stat().st_mtime - 10))
    assert [server.is_kept(token) for token in tokens] == [False, False, True, True]
    with pytest.raises(LinkError, match="larger than everything"):
        server.keep(server.hold({"source": "x" * 1_100_000}))


def test_memory_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(links, "HELD_CHARACTERS", 1000)
    server = texts(tmp_path)
    tokens = [server.hold({"source": "x" * 300}) for _ in range(5)]
    alive = []
    for token in tokens:
        try:
            server.recall(token)
            alive.append(token)
        except LinkError:
            pass
    assert alive == tokens[-3:]


def test_a_server_without_links_writes_nothing(tmp_path):
    server = texts(tmp_path, links=False)
    with pytest.raises(LinkError, match="This server keeps no texts"):
        server.keep(server.hold(TEXT))
    assert files(tmp_path) == []


@pytest.mark.parametrize("token", ["", "../../etc/passwd", "a" * 500, "\x00", "ABC", "none", "ñ" * 32, "%2e%2e"])
def test_a_hostile_token_reaches_no_file(tmp_path, token):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "secret.json").write_text("{}")
    server = texts(tmp_path)
    with pytest.raises(LinkError):
        server.recall(token)
    assert not server.is_kept(token)
    server.erase(token)
    assert [path.name for path in files(tmp_path)] == ["secret.json"]


@pytest.mark.parametrize("content", ["", "not JSON", "[]", "null", "\ufffd"])
def test_a_damaged_file_is_one_clear_error(tmp_path, content):
    server = texts(tmp_path)
    token = server.hold(TEXT)
    server.keep(token)
    files(tmp_path)[0].write_text(content, encoding="utf-8")
    with pytest.raises(LinkError) as caught:
        texts(tmp_path).recall(token)
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path):
    (tmp_path / "texts").write_text("")
    server = texts(tmp_path)
    with pytest.raises(LinkError, match="cannot be kept"):
        server.keep(server.hold(TEXT))


def test_a_file_that_is_nested_without_end_is_one_clear_error(tmp_path):
    server = texts(tmp_path)
    token = server.hold(TEXT)
    server.keep(token)
    files(tmp_path)[0].write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(LinkError, match="not on this server"):
        texts(tmp_path).recall(token)


def test_two_servers_on_one_cache_do_not_stumble_over_each_other(tmp_path, monkeypatch):
    """Both write more than there is room for, so that each removes what the other has just listed."""
    monkeypatch.setattr(links, "MEGABYTE", 2000)
    errors = []

    def keep_many():
        server = texts(tmp_path, link_megabytes=1)
        for number in range(60):
            token = server.hold({"source": f"{number} " * 80})
            try:
                server.keep(token)
                server.remove_expired()
            except (LinkError, OSError) as error:
                errors.append(error)

    threads = [threading.Thread(target=keep_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert not [path for path in files(tmp_path) if path.suffix != ".json"]
