"""The files of a store: a local folder, or any object store that fsspec supports.

A file appears whole or not at all, and `create` succeeds for one caller only. A shard's name follows from its rows, so
creating it claims them: of two workers with the same rows, one writes. Locally, `create` writes a temporary file, calls
fsync and makes a hard link to the final name, which fails where the name exists; in an object store it is one
conditional put (fsspec's mode "create").
"""

import errno
import glob
import os
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol

import fsspec
import pyarrow as pa

from core.errors import StoreChoiceError, StoreError
from core.store.layout import LAYOUT

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS)
# What fsspec's file systems call the state of an object.
CHANGED = ("ETag", "etag", "LastModified", "mtime", "created", "updated")
# A temporary file this old belongs to a writer that died.
ABANDONED_SECONDS = 3600.0


class Files(Protocol):
    """The few operations on files that a store needs; paths are relative, with slashes."""

    address: str

    def exists(self) -> bool: ...
    def list(self) -> dict[str, int]: ...
    def stamp(self, path: str) -> str: ...
    def has(self, path: str) -> bool: ...
    def open(self, path: str) -> IO[bytes]: ...
    def create(self, path: str, data: bytes | pa.Buffer) -> bool: ...
    def replace(self, path: str, data: bytes) -> None: ...
    def move(self, path: str, to: str) -> None: ...
    def delete(self, path: str) -> None: ...
    def url(self, path: str) -> str: ...
    def sweep(self) -> int: ...


class LocalFiles:
    """A folder of this computer or of a shared file system."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.address = str(root)

    def exists(self) -> bool:
        return self.root.is_dir()

    def list(self) -> dict[str, int]:
        """Return path -> size of every file at most two folders deep, without temporary ones."""
        with _store_errors(self.address, "read"):
            return {path: size for path, size in self._walk() if not path.endswith(LAYOUT.temporary)}

    def stamp(self, path: str) -> str:
        """Return what changes whenever a file does; "" where it is not there."""
        try:
            stat = (self.root / path).stat()
        except OSError:
            return ""
        return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ino}"

    def has(self, path: str) -> bool:
        return (self.root / path).exists()

    def open(self, path: str) -> IO[bytes]:
        return (self.root / path).open("rb")

    def create(self, path: str, data: bytes | pa.Buffer) -> bool:
        """Write a new file; False where the name is taken. Raises StoreError where the disk refuses."""
        final = self.root / path
        with self._written(final, data) as temporary:
            try:
                os.link(temporary, final)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno not in NO_HARD_LINKS:
                    raise
                if final.exists():
                    return False
                temporary.replace(final)
        return True

    def replace(self, path: str, data: bytes) -> None:
        """Write a file in the place of an earlier one."""
        final = self.root / path
        with self._written(final, data) as temporary:
            temporary.replace(final)

    def move(self, path: str, to: str) -> None:
        with _store_errors(self.address, "written"), suppress(FileNotFoundError):
            (self.root / path).replace(self.root / to)

    def delete(self, path: str) -> None:
        with _store_errors(self.address, "written"):
            (self.root / path).unlink(missing_ok=True)

    def url(self, path: str) -> str:
        """Return what DuckDB opens: it reads every path as a pattern, hence the escapes."""
        return glob.escape(str(self.root / path))

    def sweep(self) -> int:
        """Delete the temporary files of writers that died; returns how many."""
        with _store_errors(self.address, "written"):
            left = [path for path, _ in self._walk() if path.endswith(LAYOUT.temporary)]
            old = [path for path in left if time.time() - _modified(self.root / path) > ABANDONED_SECONDS]
        for path in old:
            self.delete(path)
        return len(old)

    def _walk(self, folder: str = "", depth: int = 2) -> Iterator[tuple[str, int]]:
        # A file or a folder may be deleted meanwhile, and a new store has no folder yet.
        with suppress(FileNotFoundError), os.scandir(self.root / folder) as entries:
            for entry in entries:
                path = f"{folder}{entry.name}"
                if not entry.is_dir():
                    with suppress(FileNotFoundError):
                        yield path, entry.stat().st_size
                elif depth:
                    yield from self._walk(f"{path}/", depth - 1)

    @contextmanager
    def _written(self, final: Path, data: bytes | pa.Buffer) -> Iterator[Path]:
        """A temporary file in the folder of `final` that holds `data` on disk; deleted afterwards in every case."""
        temporary = final.with_name(f".{final.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}{LAYOUT.temporary}")
        with _store_errors(self.address, "written"):
            final.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                yield temporary
                _sync_folder(final.parent)
            finally:
                temporary.unlink(missing_ok=True)


class ObjectFiles:
    """An object store (or any other file system) behind fsspec."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        try:
            # No listing is kept: what another process has written since would not be found in it.
            self.system, root = fsspec.core.url_to_fs(self.address, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise StoreChoiceError(f"The store {address} cannot be opened: {' '.join(str(error).split())}.") from error
        self._root = str(root).rstrip("/")
        self._stamps: dict[str, str] = {}

    def exists(self) -> bool:
        with _store_errors(self.address, "read"):
            return bool(self.system.exists(self._root))

    def list(self) -> dict[str, int]:
        """Return path -> size of every file."""
        with _store_errors(self.address, "read"):
            self.system.invalidate_cache()
            found: dict[str, Any] = self.system.find(self._root, maxdepth=3, detail=True)
        entries = {path[len(self._root) + 1 :]: entry for path, entry in found.items()}
        self._stamps = {
            path: " ".join(str(entry.get(name, "")) for name in ("size", *CHANGED)) for path, entry in entries.items()
        }
        return {path: int(entry["size"]) for path, entry in entries.items()}

    def stamp(self, path: str) -> str:
        """Return what changes whenever a file does, as of the latest listing."""
        return self._stamps.get(path, "")

    def has(self, path: str) -> bool:
        with _store_errors(self.address, "read"):
            return bool(self.system.exists(self._full(path)))

    def open(self, path: str) -> IO[bytes]:
        opened: IO[bytes] = self.system.open(self._full(path), "rb")
        return opened

    def create(self, path: str, data: bytes | pa.Buffer) -> bool:
        """Write a new object; False where the name is taken. Raises StoreError where the store refuses.

        A put whose answer is lost is sent again, and then finds the object that it has made itself: its bytes are ours,
        which no other writer's are, since a shard says when it was computed.
        """
        ours = bytes(data)
        with _store_errors(self.address, "written"):
            self._make_folder(path)
            try:
                self.system.pipe_file(self._full(path), ours, mode="create")
            except FileExistsError:
                return bool(self.system.cat_file(self._full(path)) == ours)
        return True

    def replace(self, path: str, data: bytes) -> None:
        """Write an object in the place of an earlier one; a put is whole or not at all."""
        with _store_errors(self.address, "written"):
            self._make_folder(path)
            self.system.pipe_file(self._full(path), data, mode="overwrite")

    def move(self, path: str, to: str) -> None:
        with _store_errors(self.address, "written"), suppress(FileNotFoundError):
            self.system.mv(self._full(path), self._full(to))

    def delete(self, path: str) -> None:
        with _store_errors(self.address, "written"), suppress(FileNotFoundError):
            self.system.rm_file(self._full(path))

    def url(self, path: str) -> str:
        """Return what DuckDB opens through the registered file system."""
        return str(self.system.unstrip_protocol(self._full(path)))

    def sweep(self) -> int:
        """Nothing to do: there are no temporary objects."""
        return 0

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _make_folder(self, path: str) -> None:
        self.system.makedirs(self._full(path).rpartition("/")[0], exist_ok=True)


def open_files(location: str | os.PathLike[str]) -> LocalFiles | ObjectFiles:
    """Return the files of a folder or of an fsspec address (`s3://bucket/results`, `memory://store`)."""
    text = os.fspath(location)
    if text.startswith("file://"):
        return LocalFiles(Path(text.removeprefix("file://")))
    return ObjectFiles(text) if "://" in text else LocalFiles(Path(text).expanduser())


@contextmanager
def _store_errors(address: str, done: str) -> Iterator[None]:
    """Turn an OSError, or an error of S3's library, into one line with a remedy.

    Missing files and existing names pass through.
    """
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except _refusals() as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        if getattr(error, "errno", None) in FULL:
            raise StoreError(
                f"The store {address} is full ({reason}): free some space and run the same command again; "
                "everything written before is kept."
            ) from error
        raise StoreError(f"The store {address} cannot be {done} ({reason}): check its address and rights.") from error


def _refusals() -> tuple[type[Exception], ...]:
    """What a store that cannot be reached raises; S3's library, where it is in use, has errors of its own."""
    botocore = sys.modules.get("botocore.exceptions")
    return (OSError,) if botocore is None else (OSError, botocore.BotoCoreError, botocore.ClientError)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _sync_folder(folder: Path) -> None:
    # A new name survives a power cut only once its folder is on disk too; Windows cannot open a folder.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
