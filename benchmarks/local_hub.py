"""A model hub on the loopback address, in the layout that `huggingface_hub` reads: for rehearsals and tests.

It answers `/api/models/{repository}/revision/{revision}`, `/api/models/{repository}/tree/{commit}` and
`/{repository}/resolve/{revision}/{file}` with the headers of the real one. Large files are redirected to `/blobs/`, as
the real hub redirects them to its storage.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

LARGE = 10_000_000
CHUNK = 1 << 20


@dataclass
class Repository:
    """A served repository.

    Attributes
    ----------
    revisions : folder of each branch or tag; its commit is made from the folder's path.
    gated : refuse every file to everyone.
    """

    revisions: dict[str, Path]
    gated: bool = False

    def find(self, revision: str) -> tuple[str, Path] | None:
        """The commit and the folder of a branch, a tag or a commit."""
        for name, folder in self.revisions.items():
            commit = commit_of(folder)
            if revision in (name, commit):
                return commit, folder
        return None


def commit_of(folder: Path) -> str:
    """The commit under which a folder is served: 40 hexadecimal digits."""
    return hashlib.sha1(str(folder).encode(), usedforsecurity=False).hexdigest()


@dataclass
class LocalHub:
    """The served repositories by name, and what was asked for: (method, path)."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, folder: Path, *, revision: str = "main", gated: bool = False) -> str:
        """Serve a folder as a revision of a repository; returns its commit."""
        repository = self.repositories.setdefault(name, Repository({}, gated))
        repository.revisions[revision] = folder
        return commit_of(folder)

    def downloaded(self) -> set[str]:
        """The names of the files that were fetched."""
        return {path.rpartition("/")[2] for method, path in self.requests if method == "GET" and "/api/" not in path}

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve on a free port of the loopback address; gives the value for HF_ENDPOINT."""
        hub = self

        class Handler(_Handler):
            served = hub

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    served: LocalHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """The requests are kept, not printed."""

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.served.requests.append((self.command, path))
        # A slash inside a revision is quoted, so the path is split before it is unquoted.
        match [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]:
            case ["api", "models", owner, name, "revision", revision]:
                self._with(f"{owner}/{name}", revision, "info")
            case ["api", "models", owner, name]:
                self._with(f"{owner}/{name}", "main", "info")
            case ["api", "models", owner, name, "tree", revision]:
                self._with(f"{owner}/{name}", revision, "tree")
            case [owner, name, "resolve", revision, *file]:
                self._with(f"{owner}/{name}", revision, "/".join(file))
            case ["blobs", owner, name, revision, *file]:
                self._with(f"{owner}/{name}", revision, "/".join(file), redirected=True)
            case _:
                self._fail(404, "", "Not found")

    def _with(self, name: str, revision: str, wanted: str, *, redirected: bool = False) -> None:
        repository = self.served.repositories.get(name)
        if repository is None:
            # The hub tells nobody which private repositories there are: 401 where there is none.
            self._fail(401, "RepoNotFound", "Invalid username or password.")
            return
        found = repository.find(revision)
        if found is None:
            self._fail(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return
        commit, folder = found
        if wanted == "info":
            self._json({"id": name, "modelId": name, "sha": commit, "private": False, "siblings": []})
        elif wanted == "tree":
            self._json([_tree_entry(path, folder) for path in _files(folder)])
        elif repository.gated:
            self._fail(403, "GatedRepo", f"Access to model {name} is restricted.")
        elif not (folder / wanted).is_file():
            self._fail(404, "EntryNotFound", "Entry not found", commit)
        else:
            self._file(folder / wanted, commit, f"/blobs/{name}/{commit}/{wanted}", redirected)

    def _file(self, path: Path, commit: str, blob: str, redirected: bool) -> None:
        size, etag = path.stat().st_size, f'"{_blob_id(path)}"'
        if size > LARGE and not redirected:
            self._head(302, 0, {"X-Repo-Commit": commit, "X-Linked-Size": str(size), "X-Linked-ETag": etag})
            self.send_header("Location", f"http://{self.headers['Host']}{blob}")
            self.end_headers()
            return
        self._head(200, size, {"X-Repo-Commit": commit, "ETag": etag})
        self.end_headers()
        if self.command == "GET":
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    self.wfile.write(chunk)

    def _json(self, content: object) -> None:
        body = json.dumps(content).encode()
        self._head(200, len(body), {"Content-Type": "application/json"})
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _fail(self, status: int, code: str, message: str, commit: str = "") -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message, "X-Repo-Commit": commit}
        self._head(status, 0, {name: value for name, value in headers.items() if value})
        self.end_headers()

    def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _tree_entry(path: Path, folder: Path) -> dict[str, object]:
    size = path.stat().st_size
    return {"type": "file", "path": path.relative_to(folder).as_posix(), "size": size, "oid": _blob_id(path)}


def _blob_id(path: Path) -> str:
    """Identifies a file's content; from size and time, since hashing gigabytes would be timed with the download."""
    stat = path.stat()
    return hashlib.sha1(f"{path} {stat.st_size} {stat.st_mtime_ns}".encode(), usedforsecurity=False).hexdigest()
