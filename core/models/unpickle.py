"""Convert pickle checkpoints into safetensors: a script for a process of its own; `pickles.py` starts it and says why.

Usage: python unpickle.py TARGET_FOLDER FILE.bin=NAME.safetensors ...

It prints one line of JSON for each file, or one with an `error` and exits. It imports nothing of this package.
"""

import contextlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

GIGABYTE = 1 << 30
# Audit events (docs.python.org/3/library/audit_events.html) that reading tensors and writing one file never need.
FORBIDDEN = (
    *("socket.", "subprocess.", "pty.", "shutil.", "urllib.", "ftplib.", "http.", "smtplib.", "webbrowser."),
    *("os.system", "os.exec", "os.spawn", "os.fork", "os.posix_spawn", "os.startfile", "os.putenv"),
    *("os.symlink", "os.link", "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.truncate"),
)


class UnsupportedError(Exception):
    """The file holds something other than named dense tensors."""


def main(target: Path, files: list[tuple[Path, str]]) -> None:
    """Convert each file to its name in `target`."""
    import safetensors.torch
    import torch

    torch.set_num_threads(1)
    _limit_resources(max(file.stat().st_size for file, _ in files))
    _forbid_actions()
    for file, name in files:
        tensors = _read(file, torch)
        safetensors.torch.save_file(tensors, target / name, metadata={"format": "pt"})
        size = sum(tensor.nbytes for tensor in tensors.values())
        print(json.dumps({"file": name, "names": list(tensors), "bytes": size}), flush=True)


def _limit_resources(largest: int) -> None:
    """Bound memory and file size by those of honest weights, so that a small file cannot fill memory or disk."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limits; a lower one may be set
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # Tied tensors are stored twice; 1 GB more for what they need to be small.
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * largest + GIGABYTE,) * 2)
        resource.setrlimit(resource.RLIMIT_DATA, (3 * largest + 4 * GIGABYTE,) * 2)


def _forbid_actions() -> None:
    """Refuse network, processes and writing from Python code, even if the unpickler were led to call some."""
    sys.dont_write_bytecode = True

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event.startswith(FORBIDDEN):
            raise UnsupportedError(f"it tries to do {event}{' for writing' if writes else ''}")

    sys.addaudithook(refuse)


def _read(file: Path, torch: Any) -> dict[str, Any]:
    """The named tensors of a checkpoint, each dense, contiguous and in memory of its own, as safetensors requires.

    A tensor under two names (tied weights) is kept under both: which of them a head needs is not known here, and a
    module that ties its weights ties them again when it is loaded.
    """
    # Files of PyTorch before 1.6 (XLM's, for example) are no zip archives, and cannot be mapped.
    is_archive = is_zipfile(file)
    if is_archive and any(entry.compress_type for entry in ZipFile(file).infolist()):
        raise UnsupportedError("its archive is compressed, which PyTorch never does")
    content = torch.load(file, map_location="cpu", weights_only=True, mmap=is_archive)
    if not isinstance(content, dict):
        raise UnsupportedError(f"it holds a {type(content).__name__} instead of named weights")
    tensors, storages = {}, set()
    for name, tensor in content.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise UnsupportedError(f"its entry {name!r} is not a tensor, so it is not the weights of a model alone")
        if tensor.layout != torch.strided or tensor.is_quantized:
            raise UnsupportedError(f"its tensor {name} is not dense")
        storage = tensor.untyped_storage().data_ptr()
        shared = storage in storages
        storages.add(storage)
        plain = tensor.detach()
        tensors[name] = plain.clone(memory_format=torch.contiguous_format) if shared else plain.contiguous()
    if not tensors:
        raise UnsupportedError("it holds no weights")
    return tensors


def _report(_kind: type[BaseException], error: BaseException, _traceback: Any) -> None:
    """Print why the conversion ended. A broken or hostile file may raise anything, and that is an answer here."""
    print(json.dumps({"error": _reason(error)}), flush=True)


def _reason(error: BaseException) -> str:
    """What PyTorch says, without its advice to read the file unsafely."""
    if isinstance(error, UnsupportedError):
        return str(error)
    text = str(error)
    if blocked := re.search(r"[Uu]nsupported (?:global: )?(?:GLOBAL|class|operand) ([\w.]+)", text):
        return f"it refers to {blocked[1]}, which is not part of weights and could run code"
    if detail := re.search(r"WeightsUnpickler error: (.+)", text):
        return detail[1].strip().rstrip(".")
    lines = [line.strip() for line in text.splitlines()]
    reasons = [line for line in lines if line and not line.startswith(("Weights only load failed", "Check the doc"))]
    return reasons[0].rstrip(".") if reasons else type(error).__name__


if __name__ == "__main__":
    sys.excepthook = _report
    pairs = [argument.rpartition("=") for argument in sys.argv[2:]]
    main(Path(sys.argv[1]), [(Path(file), name) for file, _, name in pairs])
