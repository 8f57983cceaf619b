"""Checksums of what the cache holds, so that a damaged file is made again and not read.

XXH3 (64 bits) reads memory about as fast as it can be copied. It finds what disks and interrupted writes do to a file;
it is no protection from people, who can change a checksum too.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import xxhash

RECORD = "checksums.json"
_BLOCK = 1 << 20


def checksum(*parts: bytes | memoryview) -> str:
    """Return the checksum of some bytes, one part after the other, as 16 hexadecimal digits."""
    return xxhash.xxh3_64_hexdigest(parts[0] if len(parts) == 1 else b"".join(parts))


def checksum_of_file(path: Path) -> str:
    """Return the checksum of a file. Raises OSError where it cannot be read."""
    digest = xxhash.xxh3_64()
    buffer = bytearray(_BLOCK)
    # Read into one small buffer: the pages of a mapped file would count as this process's memory.
    with path.open("rb", buffering=0) as file, memoryview(buffer) as view:
        while length := file.readinto(buffer):
            digest.update(view[:length])
    return digest.hexdigest()


def write_checksums(folder: Path, record: Path | None = None) -> None:
    """Write the checksum of every file in a folder, those of its subfolders too, into a record (by default in it)."""
    record = record or folder / RECORD
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != RECORD]
    files = {path.relative_to(folder).as_posix(): checksum_of_file(path) for path in paths}
    plain = {"xxh3_64": files, "record": _of_record(files)}
    record.write_text(json.dumps(plain, indent=1), encoding="utf-8")


def read_checksums(record: Path) -> dict[str, str] | None:
    """Return file -> checksum of a record; None where it is missing or damaged."""
    try:
        plain = json.loads(record.read_bytes())
        files = dict(plain["xxh3_64"])
        return files if plain["record"] == _of_record(files) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def differences(folder: Path, files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (file, what is wrong with it) for each file that is not as its checksum says."""
    for name, expected in files.items():
        try:
            if checksum_of_file(folder / name) != expected:
                yield name, "is not as it was written"
        except (OSError, ValueError):
            yield name, "is missing"


def damage_of(folder: Path) -> str:
    """Return what differs from the record in a folder, for a line of text; "" where nothing does."""
    files = read_checksums(folder / RECORD)
    if files is None:
        return f"{RECORD} cannot be read" if (folder / RECORD).exists() else "it has no checksums"
    return " ".join(next(differences(folder, files), ()))


def _of_record(files: Mapping[str, str]) -> str:
    return checksum("".join(f"{name} {value}\n" for name, value in files.items()).encode())
