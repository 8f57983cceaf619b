"""Which weights a result was computed with: a hash of every tensor, of the tokenizer and of the configuration.

A folder's name says nothing: two trainings have a `checkpoint-500`, and a training that is repeated writes over its
own. The hash of a file is kept in the cache with the file's size, times and inode, so that gigabytes are read once.
Files are taken apart into tensors, so that shards, and what a file says of the program that wrote it, do not count.
"""

import contextlib
import hashlib
import json
import re
import secrets
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from core.checksums import checksum
from core.errors import CctaError
from core.models import embedded
from core.models.catalogue import CARD_NAME, ModelSpec, find_base
from core.models.entries import read_json
from core.paths import cache_folder

PREFIX = "weights:"
# The revision of a model whose weights are in no file.
UNSAVED = "unsaved"
_WEIGHTS = {".safetensors", ".bin"}
_TEXTS = {".json", ".txt", ".model"}
# What trainers and converters leave beside the files that are loaded; the card's prefix and labels count by themselves.
_UNREAD = {
    CARD_NAME,
    "all_results.json",
    "converted.json",
    "eval_results.json",
    "generation_config.json",
    "optimizer.bin",
    "requirements.txt",
    "train_results.json",
    "trainer_state.json",
    "training_args.bin",
}
# What a configuration says of its origin.
_ORIGIN = re.compile(
    rb'"(_name_or_path|auto_mapping|base_model_name_or_path|name_or_path|peft_version|revision|tokenizer_file|'
    rb'transformers_version)"\s*:\s*("[^"]*"|null)\s*,?'
)
_LENGTH = struct.Struct("<Q")
_LARGE = 1 << 20
# The limit of safetensors itself.
_LONGEST_HEADER = 100_000_000
# Of the fingerprint of earlier versions.
_BLOCKS, _BLOCK_BYTES = 256, 4096


def revision_of(spec: ModelSpec) -> str:
    """Identify a model's weights, tokenizer and configuration.

    By the embedded file's hash, the hub's commit, or the hash of what a folder holds. An adapter's revision contains
    that of its base. "" where a folder holds no weights.
    """
    if spec.source == "embedded":
        return embedded_revision()
    folder = model_folder(spec)
    base = _revision_of_base(folder)
    if spec.source == "hub":
        commit = folder.name if folder else spec.revision
        return f"{commit}+{_digest(base)}" if base else commit
    if folder is None or not any(path.suffix in _WEIGHTS for path in folder.glob("*")):
        return ""
    content = {"files": dict(_contents(folder)), "prefix": spec.prefix, "base": base}
    return f"{PREFIX}{_digest(json.dumps(content, sort_keys=True))}"


def embedded_revision() -> str:
    """Identify the embedded default."""
    return f"sha256:{embedded.FILE_SHA256[:12]}"


def earlier_revision_of(spec: ModelSpec) -> str:
    """Return the revision that earlier versions gave a model, under which they stored its runs and learned its maps.

    Of a folder, it samples the files and leaves out an adapter's base.
    """
    folder = model_folder(spec)
    if spec.source != "directory" or folder is None or not any(path.suffix in _WEIGHTS for path in folder.glob("*")):
        return folder.name if spec.source == "hub" and folder else revision_of(spec)
    return f"content:{_fingerprint(sorted(path for path in folder.iterdir() if path.suffix in _WEIGHTS | _TEXTS))}"


def _fingerprint(files: Sequence[Path]) -> str:
    """Hash the sizes and evenly spaced blocks of files."""
    digest = hashlib.blake2b(digest_size=8)
    for path in files:
        size = path.stat().st_size
        digest.update(str(size).encode())
        with path.open("rb") as file:
            for block in range(_BLOCKS):
                file.seek(block * size // _BLOCKS)
                digest.update(file.read(_BLOCK_BYTES))
    return digest.hexdigest()


def model_folder(spec: ModelSpec) -> Path | None:
    """The folder of a model's files; None where they are not on this computer."""
    if spec.source == "directory":
        return Path(spec.location) if spec.location else None
    if spec.source == "hub":
        from huggingface_hub import try_to_load_from_cache

        for name in ("adapter_config.json", "config.json"):
            path = try_to_load_from_cache(spec.location, name, revision=spec.revision)
            if isinstance(path, str):
                return Path(path).parent
    return None


def _revision_of_base(folder: Path | None) -> str:
    """The revision of the model that the adapter in a folder changes; "" where there is no adapter."""
    if folder is None or not (folder / "adapter_config.json").is_file():
        return ""
    try:
        return revision_of(find_base(read_json(folder / "adapter_config.json"), folder))
    except CctaError:
        return ""  # whoever loads the adapter says why


def _contents(folder: Path) -> Iterator[tuple[str, str]]:
    """(name, hash) of every tensor and of every other file that is read, those of the modules after the encoder too."""
    has_safetensors = any(folder.glob("*.safetensors"))
    for path in sorted([*folder.glob("*"), *folder.glob("[0-9]_*/*")]):
        name = path.relative_to(folder).as_posix()
        if path.name in _UNREAD or path.name.endswith(".index.json") or not path.is_file():
            continue
        if path.suffix == ".bin" and path.parent == folder and has_safetensors:
            continue
        if path.suffix == ".safetensors":
            # The same tensor in another shard is the same tensor.
            place = "" if path.parent == folder else f"{path.parent.name}/"
            yield from ((f"{place}{tensor}", digest) for tensor, digest in _kept(path).items())
        elif path.suffix == ".json":
            yield name, _digest_of_json(path)
        elif path.suffix in _TEXTS | _WEIGHTS:
            yield name, _kept(path)[""]


def _digest_of_json(path: Path) -> str:
    if path.stat().st_size > _LARGE:
        return _kept(path)[""]
    return _digest(_ORIGIN.sub(b"", path.read_bytes()))


def _kept(path: Path) -> Mapping[str, str]:
    """Tensor (or "" for the whole file) -> hash, from the cache while the file is the same."""
    stat = path.stat()
    # The time of the latest change of the inode cannot be set back, unlike that of the content.
    state = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    kept = cache_folder() / "hashes" / f"{_digest(str(path.resolve()))}.json"
    try:
        record = json.loads(kept.read_text(encoding="utf-8"))
        if record["state"] == state and record["checksum"] == _checksum_of(record["hashes"]):
            return dict(record["hashes"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass  # not there, of an earlier version, or damaged
    hashes = _hashes(path)
    _keep(kept, {"state": state, "hashes": hashes, "checksum": _checksum_of(hashes)})
    return hashes


def _checksum_of(hashes: Mapping[str, str]) -> str:
    return checksum("".join(f"{name} {digest}\n" for name, digest in hashes.items()).encode())


def _keep(path: Path, record: Mapping[str, Any]) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(record), encoding="utf-8")
        draft.replace(path)
    except OSError:  # a full or read-only cache costs time, not the result
        with contextlib.suppress(OSError):
            draft.unlink()


def _hashes(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        if path.suffix == ".safetensors":
            try:
                return _tensor_hashes(file)
            except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error):
                file.seek(0)  # not of that format: the loader says so
        return {"": hashlib.file_digest(file, _new_hash).hexdigest()}


def _tensor_hashes(file: IO[bytes]) -> dict[str, str]:
    """The hash of each tensor of a safetensors file: its type, its shape and its bytes."""
    (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
    header = json.loads(file.read(min(length, _LONGEST_HEADER)))
    header.pop("__metadata__", None)
    first = _LENGTH.size + length
    hashes = {}
    # Read in small pieces: the pages of a mapped file would count as this process's memory.
    buffer = bytearray(_LARGE)
    with memoryview(buffer) as view:
        for name, tensor in header.items():
            begin, end = tensor["data_offsets"]
            digest = _new_hash(f"{tensor['dtype']} {tensor['shape']}".encode())
            file.seek(first + begin)
            left = end - begin
            while left > 0 and (read := file.readinto(view[: min(left, _LARGE)])):  # type: ignore[attr-defined]
                digest.update(view[:read])
                left -= read
            hashes[name] = digest.hexdigest()
    return hashes


def _new_hash(content: bytes = b"") -> Any:
    return hashlib.blake2b(content, digest_size=16)


def _digest(content: str | bytes) -> str:
    return str(_new_hash(content.encode() if isinstance(content, str) else content).hexdigest())[:16]
