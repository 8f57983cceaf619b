"""Checkpoints in PyTorch's pickle format (`pytorch_model.bin`), converted once into safetensors in the user's cache.

A pickle is a program: reading one without restrictions runs whatever its author wrote. So it is read

- only where a user chose it: a model of the catalogue, or one named on the command line. The dashboard's visitors
  choose among the catalogue's models;
- with `torch.load(weights_only=True)`, whose unpickler builds tensors and refuses every other name, with PyTorch 2.10
  or newer: earlier ones could be led to run code (CVE-2025-32434, fixed in 2.6; CVE-2026-24747, fixed in 2.10);
- in a process of its own (`unpickle.py`) without this one's tokens and keys, whose memory and file sizes are limited
  and whose Python code cannot open sockets, start processes or write to files. That is a second line of defence, not a
  sandbox: an error in the unpickler's own code would run with the user's rights;
- once: later loads read the safetensors, which hold numbers and nothing else.

Whatever is refused on the way is an error; nothing is read in a less safe way instead.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from core.callbacks import MessageCallback
from core.errors import WeightsError
from core.models.drafts import complete_folder, is_whole
from core.models.weights import weight_files
from core.paths import cache_folder

SCRIPT = Path(__file__).with_name("unpickle.py")
SAFE_TORCH = (2, 10)
# What was converted, by which PyTorch.
RECORD = "converted.json"
STEMS = {"model": "pytorch_model", "adapter_model": "adapter_model"}
COPIED = {".json", ".txt", ".model"}
# What Python and PyTorch need to start; access tokens and keys are in other variables.
ENVIRONMENT = (
    *("PATH", "HOME", "LANG", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE", "APPDATA"),
    *("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
)


def as_safetensors(folder: Path, label: str, progress: MessageCallback | None = None) -> Path:
    """Return `folder` if its weights are safetensors or in no format read here, else that of their conversion.

    Parameters
    ----------
    folder : a checkpoint's folder, of the hub's cache or the user's.
    label : the model's name in progress lines.

    Raises
    ------
    WeightsError : the pickle is refused, damaged or incomplete, PyTorch is too old, or the cache cannot be written.
    """
    stem = "adapter_model" if (folder / "adapter_config.json").is_file() else "model"
    if any(folder.glob(f"{stem}*.safetensors")):
        return folder
    files = weight_files(folder, STEMS[stem], ".bin")
    if not files:
        return folder
    converted = _converted_folder(folder)
    if is_whole(converted):
        return converted
    _require_safe_torch(files[0])
    try:
        with complete_folder(converted) as draft:
            _copy_small_files(folder, draft)
            _convert(files, stem, draft, label, progress or (lambda _: None))
        _remove_earlier(converted)
    except OSError as error:
        raise WeightsError(
            f"The converted weights of {label} cannot be written to {converted}: {error.strerror or error}. "
            "Free some space (as much as the weights take) or set CCTA_CACHE to another folder."
        ) from error
    return converted


def _require_safe_torch(file: Path) -> None:
    version = tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2])
    if version < SAFE_TORCH:
        raise WeightsError(
            f"{file} is a pickle, which PyTorch {torch.__version__} does not read safely (CVE-2026-24747). Install "
            f"PyTorch {SAFE_TORCH[0]}.{SAFE_TORCH[1]} or newer, or get the model in safetensors."
        )


def _converted_folder(folder: Path) -> Path:
    """One folder for each state of a checkpoint; its name is the commit if the checkpoint is the hub's snapshot."""
    root = cache_folder() / "models" / "converted"
    if folder.parent.name == "snapshots":
        return root / folder.parent.parent.name / folder.name
    state = hashlib.blake2b(digest_size=8)
    for path in sorted(folder.iterdir()):
        if path.suffix in COPIED | {".bin"} and path.is_file():
            state.update(f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode())
    place = hashlib.blake2b(str(folder.resolve()).encode(), digest_size=6).hexdigest()
    return root / f"{folder.resolve().name}-{place}" / state.hexdigest()


def _remove_earlier(converted: Path) -> None:
    """Remove the conversions of a local checkpoint's earlier states, which nothing finds again."""
    if not converted.parent.name.startswith("models--"):
        for earlier in converted.parent.iterdir():
            if earlier != converted and not earlier.name.startswith("."):
                shutil.rmtree(earlier, ignore_errors=True)


def _copy_small_files(folder: Path, draft: Path) -> None:
    """Copy configuration, tokenizer and card; those of a subfolder too, such as `1_Pooling`."""
    for path in [*folder.glob("*"), *folder.glob("[0-9]_*/*")]:
        is_index = path.name.endswith(".bin.index.json")
        in_module = path.parent != folder and path.suffix == ".safetensors"
        if path.is_file() and not is_index and (path.suffix in COPIED or in_module):
            copy = draft / path.relative_to(folder)
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, copy)


def _convert(files: Sequence[Path], stem: str, draft: Path, label: str, say: MessageCallback) -> None:
    names = [file.name.replace(STEMS[stem], stem, 1).replace(".bin", ".safetensors") for file in files]
    command = [sys.executable, "-P", str(SCRIPT), str(draft)]
    command += [f"{file.resolve()}={name}" for file, name in zip(files, names, strict=True)]
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    done: list[dict[str, Any]] = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            for number, file in enumerate(files, start=1):
                part = f"{number} of {len(files)}, " if len(files) > 1 else ""
                size = file.stat().st_size / 1e6
                say(f"Converting {label} to safetensors, once per computer: {part}{file.name}, {size:,.0f} MB")
                done.append(_answer(process, file))
        except BaseException:
            process.kill()
            raise
    if len(files) > 1:
        weights = {name: part["file"] for part in done for name in part["names"]}
        index = {"metadata": {"total_size": sum(part["bytes"] for part in done)}, "weight_map": weights}
        (draft / f"{stem}.safetensors.index.json").write_text(json.dumps(index, indent=1), encoding="utf-8")
    record = {"files": [file.name for file in files], "torch": torch.__version__}
    (draft / RECORD).write_text(json.dumps(record), encoding="utf-8")


def _answer(process: "subprocess.Popen[str]", file: Path) -> dict[str, Any]:
    """What the process says about a file. Raises WeightsError where it refuses the file or dies."""
    assert process.stdout and process.stderr
    line = process.stdout.readline()
    answer = json.loads(line) if line else {"error": _cause_of_death(process)}
    if "error" not in answer:
        return dict(answer)
    raise WeightsError(
        f"{file} is a pickle checkpoint that cannot be read safely: {answer['error']}. Get the model in safetensors, "
        "or, if you trust the file, save it again with `model.save_pretrained(folder)`."
    )


def _cause_of_death(process: "subprocess.Popen[str]") -> str:
    assert process.stderr
    code, said = process.wait(), process.stderr.read().strip().splitlines()
    if code < 0:
        return f"the process that read it was ended by {signal.Signals(-code).name}"
    return said[-1].rstrip(".") if said else f"the process that read it ended with code {code}"
