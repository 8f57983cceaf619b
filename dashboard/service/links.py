"""Texts behind the token of an address: in memory for everyone, on disk only where a visitor asks for a link.

A token is random, so that nobody can find out from an address, or by trying, what was typed.
"""

import json
import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.errors import DataError
from dashboard.service.limits import ServiceLimits

TOKEN_BYTES = 16
# Texts of all sessions that are held in memory for a reload; the oldest go first.
HELD_CHARACTERS = 20_000_000
DRAFT = ".part"
DAY = 86_400.0
MEGABYTE = 1_000_000
NOT_HERE = (
    "The texts of this link are not on this server: nobody asked it to keep them, or their time is over. Paste the "
    "texts again."
)

Content = dict[str, Any]


class LinkError(DataError):
    """The texts of a link cannot be kept, or are not there."""


class LinkTexts:
    """The texts of one server; all methods may be called from any thread."""

    def __init__(self, folder: Path, limits: ServiceLimits, *, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._held: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def hold(self, content: Content) -> str:
        """Hold texts in memory, and return the token under which `recall` finds them."""
        text = json.dumps(content, ensure_ascii=False)
        token = secrets.token_hex(TOKEN_BYTES)
        with self._lock:
            self._held[token] = text
            self._characters += len(text)
            while self._characters > HELD_CHARACTERS and len(self._held) > 1:
                _, dropped = self._held.popitem(last=False)
                self._characters -= len(dropped)
        return token

    def recall(self, token: str) -> Content:
        """Return the texts of a token. Raises LinkError where there are none, or no longer."""
        with self._lock:
            text = self._held.get(token)
            if text is not None:
                self._held.move_to_end(token)
        try:
            if text is None:
                path = self._file(token)
                self._require_unexpired(path)
                text = path.read_text(encoding="utf-8")
            content = json.loads(text)
        except (OSError, ValueError, RecursionError) as error:
            raise LinkError(NOT_HERE) from error
        if not isinstance(content, dict):
            raise LinkError(NOT_HERE)
        return content

    def keep(self, token: str) -> None:
        """Write held texts to disk, readable by the server's user alone. What is too old, or too much, is removed.

        Raises
        ------
        LinkError : the server keeps no texts, they are not held, too large, or cannot be written.
        """
        if not self._limits.links:
            raise LinkError("This server keeps no texts.")
        content = json.dumps(self.recall(token), ensure_ascii=False).encode("utf-8", "replace")
        if len(content) > self._limits.link_megabytes * MEGABYTE:
            raise LinkError("These texts are larger than everything that this server keeps.")
        path = self._file(token)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._make_room(len(content))
            draft = path.with_suffix(DRAFT)
            draft.touch(mode=0o600)
            draft.write_bytes(content)
            draft.replace(path)
        except OSError as error:
            raise LinkError(f"The texts cannot be kept: {error.strerror or 'the disk refused them'}.") from error

    def erase(self, token: str) -> None:
        """Remove the texts of a token from disk. Raises LinkError where that fails."""
        try:
            self._file(token).unlink(missing_ok=True)
        except OSError as error:
            raise LinkError(f"The texts cannot be erased: {error.strerror or 'the disk refused it'}.") from error

    def is_kept(self, token: str) -> bool:
        """Whether the texts of a token are on disk."""
        try:
            self._require_unexpired(self._file(token))
        except (OSError, LinkError):
            return False
        return True

    def remove_expired(self) -> None:
        """Remove from disk what is older than the limit, half a file of a server that was killed included."""
        for path in [*self._kept(), *self._folder.glob(f"*{DRAFT}")]:
            try:
                self._require_unexpired(path)
            except LinkError:
                path.unlink(missing_ok=True)
            except FileNotFoundError:
                continue  # another server on this cache has removed it

    def _make_room(self, size: int) -> None:
        self.remove_expired()
        sizes: dict[Path, os.stat_result] = {}
        for path in self._kept():
            with suppress(FileNotFoundError):
                sizes[path] = path.stat()
        total = size + sum(stat.st_size for stat in sizes.values())
        for path, stat in sorted(sizes.items(), key=lambda entry: entry[1].st_mtime):
            if total <= self._limits.link_megabytes * MEGABYTE:
                return
            path.unlink(missing_ok=True)
            total -= stat.st_size

    def _kept(self) -> list[Path]:
        return list(self._folder.glob("*.json"))

    def _require_unexpired(self, path: Path) -> None:
        if self._clock() - path.stat().st_mtime > self._limits.link_days * DAY:
            raise LinkError(NOT_HERE)

    def _file(self, token: str) -> Path:
        """The file of a token; a name that is none leads to a file that never exists."""
        valid = token and len(token) <= 2 * TOKEN_BYTES and set(token) <= set("0123456789abcdef")
        return self._folder / f"{token if valid else 'none'}.json"
