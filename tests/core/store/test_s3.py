"""Stores in an S3-compatible server: written, shared, merged, checked and read like folders; what fails is one line."""

import http.client
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fsspec
import pytest

from core.cli.app import run as run_command
from core.errors import StoreError
from core.store import open_store
from core.store.check import check
from core.store.compact import compact
from core.store.export import export
from core.store.layout import KINDS
from core.store.store import Store
from tests.world.records import identity, records
from tests.world.runs import content, until
from tests.world.stores import fill, plan


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """A folder with the same plan, and what it holds."""
    folder = tmp_path_factory.mktemp("folder")
    return folder, check(fill(folder)).total


def test_a_bucket_works_like_a_folder(s3, expected, tmp_path):
    folder, total = expected
    store = fill(s3.address, units=plan(size=3))
    assert list(store.run(identity()).missing(plan())) == []
    assert check(store).total == total
    assert store.read().grid().equals(open_store(folder).read().grid())
    assert compact(store).after == len(KINDS)
    assert check(open_store(s3.address)).total == total
    export(store, open_store(tmp_path / "out", create=True), scores_only=True)
    assert check(open_store(tmp_path / "out")).total == total
    assert run_command(["store", "export", str(folder), "--output", f"{s3.address}-copy"]) == 0
    assert check(open_store(f"{s3.address}-copy")).total == total


def test_two_writers_at_once_double_nothing(s3, expected):
    """Both find everything missing, and write the same units in opposite orders."""
    units = plan()
    writers = [open_store(s3.address, create=True).run(identity(), {"torch": "2"}) for _ in range(2)]
    orders = [list(units), list(reversed(units))]
    written: list[list[bool]] = [[], []]

    def write(number):
        for unit in orders[number]:
            written[number].append(writers[number].write(unit, records(unit), seconds=1.0 + number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for writer in writers:
        writer.finish()
    store = open_store(s3.address)
    assert sum(map(sum, written)) == len(units) == len(store.snapshot().shards)
    assert check(store).total == expected[1]


class LostAnswers:
    """A proxy that passes everything on, and loses the first answer to every conditional put."""

    def __init__(self, endpoint):
        self.lost: set[str] = set()
        outer, target = self, endpoint.removeprefix("http://")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                connection = http.client.HTTPConnection(target, timeout=20)
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                if self.headers.get("If-None-Match") and self.path not in outer.lost:
                    outer.lost.add(self.path)
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                        self.send_header(name, value)
                length = answer.getheader("Content-Length") if self.command == "HEAD" else len(content)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on  # noqa: N815

            def log_message(self, format, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_a_put_whose_answer_was_lost_is_sent_again_and_counts_once(s3, expected, monkeypatch):
    proxy = LostAnswers(s3.endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    # `fill` requires that every write is the writer's own.
    store = fill(s3.address)
    proxy.server.shutdown()
    proxy.server.server_close()
    assert len(proxy.lost) >= len(plan())
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    store = open_store(s3.address)
    assert len(store.snapshot().shards) == len(plan())
    assert check(store).total == expected[1]


def one_line(capsys, *words, code):
    assert run_command([*words]) == code
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1, said.err
    return said.err


def test_missing_credentials_are_one_line(s3, monkeypatch, capsys, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    line = one_line(capsys, "store", "check", s3.address, code=1)
    assert "Unable to locate credentials" in line and "check its address and rights" in line


def test_wrong_credentials_are_one_line(s3, capsys):
    """From now on the server checks who asks."""
    reset = f"{s3.endpoint}/moto-api/reset-auth"
    plain = {"Content-Type": "text/plain"}
    urllib.request.urlopen(urllib.request.Request(reset, b"0", plain, method="POST"))
    try:
        line = one_line(capsys, "store", "check", s3.address, code=1)
        assert "check its address and rights" in line
        with pytest.raises(StoreError, match="check its address and rights"):
            fill(s3.address)
    finally:
        urllib.request.urlopen(urllib.request.Request(reset, b"inf", plain, method="POST"))


def test_a_server_that_is_not_there_is_one_line(s3, monkeypatch, capsys):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    line = one_line(capsys, "store", "check", s3.address, code=1)
    assert "127.0.0.1:9" in line


def test_a_bucket_that_is_not_there_is_one_line(s3, capsys):
    line = one_line(capsys, "store", "check", "s3://no-such-bucket/results", code=2)
    assert "There is no store at s3://no-such-bucket/results" in line


@pytest.mark.slow
def test_killed_runs_and_two_at_once_end_like_one_that_was_not(s3, command, whole, tmp_path):
    words = command("ignored")
    words[words.index("--store") + 1] = s3.address

    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_DATASETS_CACHE": str(tmp_path / "hf")}

    def start():
        command = [sys.executable, "-m", "core", *words]
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    def shards():
        return len(Store(open_store(s3.address, create=True).files).snapshot().shards)

    for written in (1, 5):
        process = start()
        until(process, lambda n=written: shards() >= n)
        process.send_signal(signal.SIGKILL)
        process.wait()
    pair = [start(), start()]
    said = [process.communicate(timeout=240)[1] for process in pair]
    assert [process.returncode for process in pair] == [0, 0], said
    assert content(s3.address) == content(whole)


def test_what_another_process_has_written_since_a_listing_is_found(s3):
    files = open_store(s3.address, create=True).files
    assert files.create("run/a", b"1")
    files.list()
    elsewhere = fsspec.core.url_to_fs(s3.address, skip_instance_cache=True)[0]
    elsewhere.pipe_file(f"{s3.address}/run/b", b"2")
    assert files.has("run/b")
    with files.open("run/b") as file:
        assert file.read() == b"2"
    assert not files.create("run/b", b"3")
