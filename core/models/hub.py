"""Models of the hub: which files of a repository are downloaded, which are on this computer, and what goes wrong.

What is on this computer is used without asking the hub, so that a result does not change because a branch did. A
revision is a branch, a tag or a commit; a snapshot's folder is named by its commit, which results record.

`HF_ENDPOINT`, `HF_HOME`, `HF_TOKEN` and `HF_HUB_OFFLINE` mean what they mean to `huggingface_hub`.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.callbacks import MessageCallback
from core.checksums import differences, read_checksums, write_checksums
from core.errors import ModelError, UnknownModelError, WeightsError, reason_of
from core.paths import cache_folder

DEFAULT_REVISION = "main"
HUB_ID = re.compile(r"(?P<repository>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(@(?P<revision>[\w./-]+))?", re.ASCII)
# What describes a model; then all that is loaded besides the weights.
DESCRIPTION = ("config.json", "adapter_config.json", "ccta.json", "config_sentence_transformers.json")
SMALL_FILES = ("*.json", "*.txt", "*.model", "[0-9]_*/*.safetensors")
SAFETENSORS = ("model.safetensors", "model-*.safetensors", "adapter_model.safetensors")
MODULES = "[0-9]_*"
PICKLES = ("pytorch_model.bin", "pytorch_model-*.bin", "adapter_model.bin")
# Other formats and earlier checkpoints are in subfolders; those of Sentence Transformers' modules begin with a digit.
IGNORED = ("[!0-9]*/*",)
_LOG = logging.getLogger(__name__)
POINTER = b"version https://git-lfs.github.com/spec/"
POINTER_SUFFIXES = {".safetensors", ".bin", ".json", ".txt", ".model"}
REFUSED = (401, 403)


@dataclass(frozen=True)
class HubId:
    """A repository and a revision of it, as `org/name` or `org/name@revision` names them."""

    repository: str
    revision: str = DEFAULT_REVISION

    def __str__(self) -> str:
        return self.repository if self.revision == DEFAULT_REVISION else f"{self.repository}@{self.revision}"


def parse_hub_id(name: str) -> HubId | None:
    """Return what `org/name[@revision]` names; None for anything else."""
    match = HUB_ID.fullmatch(name)
    if not match or "--" in name or ".." in name:
        return None
    return HubId(match["repository"], match["revision"] or DEFAULT_REVISION)


def description_folder(model: HubId) -> Path:
    """Return the snapshot's folder with at least the configuration, downloaded if it is not on this computer.

    Raises
    ------
    UnknownModelError : the hub has no such repository or revision, or it cannot be asked.
    ModelError : the hub refuses access, or the download fails.
    """
    folder = _local(model, DESCRIPTION)
    if folder is not None and _has(folder, DESCRIPTION):
        files = read_checksums(_record(folder)) or {}
        _mend(model, folder, {name: value for name, value in files.items() if name in DESCRIPTION})
        return folder
    return _download(model, DESCRIPTION, is_listed=False)


def snapshot(model: HubId, progress: MessageCallback | None = None) -> Path:
    """Return the snapshot's folder with everything that is loaded, downloaded if it is not on this computer.

    A repository's pickles are downloaded only where it has no safetensors. A file that is no longer as it was when the
    snapshot was first read is downloaded again.

    Raises
    ------
    UnknownModelError : the hub has no such repository or revision.
    ModelError : the hub cannot be reached or refuses access, or the download fails.
    """
    folder = cached_snapshot(model) or _download_snapshot(model, progress)
    files = read_checksums(_record(folder))
    if files is None:
        _keep_checksums(model, folder)
    else:
        # Pickles are read once; their conversion has checksums of its own.
        _mend(model, folder, {name: value for name, value in files.items() if not name.endswith(".bin")})
    return folder


def _download_snapshot(model: HubId, progress: MessageCallback | None) -> Path:
    if progress:
        progress(f"Downloading {model} from the model hub, once per computer")
    folder = _download(model, (*SMALL_FILES, *SAFETENSORS), is_listed=True)
    pickles = _pickles_needed(folder)
    if pickles:
        folder = _download(HubId(model.repository, folder.name), (*SMALL_FILES, *pickles), is_listed=True)
    return folder


def _record(folder: Path) -> Path:
    """Where the checksums of a snapshot are kept: the hub's cache is not ours to write to."""
    return cache_folder() / "checksums" / f"{folder.parent.parent.name}-{folder.name}.json"


def _keep_checksums(model: HubId, folder: Path) -> None:
    try:
        _record(folder).parent.mkdir(parents=True, exist_ok=True)
        write_checksums(folder, _record(folder))
    except OSError as error:  # a full or read-only cache is no reason to load nothing
        _LOG.warning("The checksums of %s cannot be kept (%s).", model, error.strerror or error)


def _mend(model: HubId, folder: Path, files: Mapping[str, str]) -> None:
    """Download again those of some files that have changed since the snapshot was first read: its commit has not.

    Raises WeightsError where they cannot be downloaded.
    """
    from huggingface_hub import constants

    damaged = dict(differences(folder, files))
    if not damaged:
        return
    name, what = next(iter(damaged.items()))
    if constants.HF_HUB_OFFLINE:
        raise WeightsError(f"{folder / name} {what}. Unset HF_HUB_OFFLINE to download it again, or restore the file.")
    _LOG.warning("%s %s and is downloaded again.", folder / name, what)
    try:
        _download(HubId(model.repository, folder.name), tuple(damaged), is_listed=True, again=True)
    except ModelError as error:
        raise WeightsError(f"{folder / name} {what}, and it cannot be downloaded again. {error}") from error


def cached_snapshot(model: HubId) -> Path | None:
    """Return the snapshot's folder if all of it is on this computer, else None."""
    folder = _local(model, (*SMALL_FILES, *SAFETENSORS))
    if folder is None or not _pickles_needed(folder):
        return folder
    folder = _local(HubId(model.repository, folder.name), _pickles_needed(folder))
    is_whole = folder is not None and all(_has(place, PICKLES) for place in _without_safetensors(folder))
    return folder if is_whole else None


def _pickles_needed(folder: Path) -> tuple[str, ...]:
    """Patterns of the pickles without which a snapshot lacks weights: the model's, or those of a dense layer."""
    places = _without_safetensors(folder)
    model = PICKLES if folder in places else ()
    return (*model, f"{MODULES}/{PICKLES[0]}") if len(places) > len(model[:1]) else model


def _without_safetensors(folder: Path) -> list[Path]:
    """The snapshot's folder and those of its dense layers, where they have no safetensors."""
    places = [folder, *(place for place in sorted(folder.glob(MODULES)) if place.name.endswith("Dense"))]
    return [place for place in places if not _has(place, SAFETENSORS)]


def refuse_pointers(folder: Path) -> None:
    """Raise WeightsError where a file of the checkpoint is a Git LFS pointer, a line of text in place of the file."""
    for path in sorted([*folder.glob("*"), *folder.glob("[0-9]_*/*")]):
        if path.suffix in POINTER_SUFFIXES and path.is_file() and _is_pointer(path):
            raise WeightsError(
                f"{path} is a Git LFS pointer, not the file itself: the repository was cloned without its large files. "
                "Run `git lfs install` and `git lfs pull` in the clone, or download the model again."
            )


def _is_pointer(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(POINTER)) == POINTER
    except OSError:
        return False  # whoever reads the file will say why it cannot


def _has(folder: Path, patterns: Sequence[str]) -> bool:
    return any(path.is_file() for pattern in patterns for path in folder.glob(pattern))


def _local(model: HubId, patterns: Sequence[str]) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                model.repository,
                revision=model.revision,
                allow_patterns=list(patterns),
                ignore_patterns=list(IGNORED),
                local_files_only=True,
            )
        )
    except LocalEntryNotFoundError:
        return None


def _download(model: HubId, patterns: Sequence[str], *, is_listed: bool, again: bool = False) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HTTPError

    try:
        return Path(
            snapshot_download(
                model.repository,
                revision=model.revision,
                allow_patterns=list(patterns),
                ignore_patterns=list(IGNORED),
                force_download=again,
            )
        )
    except (HTTPError, OSError, ValueError) as error:
        raise _refusal(error, model, is_listed=is_listed) from error


def _refusal(error: Exception, model: HubId, *, is_listed: bool) -> ModelError:
    """The line for an error of `huggingface_hub`."""
    from huggingface_hub import constants
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, LocalEntryNotFoundError, RevisionNotFoundError

    # "Not in the cache" is what it says last; what the hub answered is its cause.
    cause = error.__cause__ if isinstance(error, LocalEntryNotFoundError) and error.__cause__ else error
    repository = model.repository
    if isinstance(cause, RevisionNotFoundError):
        return UnknownModelError(
            f"{repository} has no revision {model.revision!r} on the model hub. Name a branch, a tag or a commit."
        )
    if isinstance(cause, GatedRepoError):
        return ModelError(
            f"{repository} is gated: accept its conditions at {constants.ENDPOINT}/{repository}, "
            "then log in with `hf auth login` or set HF_TOKEN."
        )
    if isinstance(cause, HfHubHTTPError) and cause.response.status_code in REFUSED and not _is_absent(cause):
        return ModelError(
            f"The model hub refuses access to {repository} ({cause.response.status_code}). Log in with "
            "`hf auth login` or set HF_TOKEN to a token that may read it."
        )
    return _not_reached(cause, model, is_listed=is_listed)


def _is_absent(error: BaseException) -> bool:
    """The hub answers for a repository that does not exist as it does for a private one."""
    from huggingface_hub.errors import RepositoryNotFoundError

    return isinstance(error, RepositoryNotFoundError)


def _not_reached(cause: BaseException, model: HubId, *, is_listed: bool) -> ModelError:
    """The line where there is no such repository, no network, or no space."""
    from huggingface_hub.errors import HTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    unlisted = f"Unknown model {str(model)!r}: it is not listed, there is no folder of that name, and the model hub "
    if _is_absent(cause):
        has_none = "has no repository of that name, or a private one"
        return UnknownModelError(
            (f"The model hub {has_none} ({model.repository})" if is_listed else f"{unlisted}{has_none}")
            + ". Check the name, or log in with `hf auth login`; `python -m core models` lists the catalogue."
        )
    if isinstance(cause, (OfflineModeIsEnabled, LocalEntryNotFoundError, HTTPError)):
        offline = isinstance(cause, OfflineModeIsEnabled)
        reason = "HF_HUB_OFFLINE is set" if offline else type(cause).__name__
        problem = f"cannot be reached ({reason})"
        remedy = "Copy the model folder to this computer and give its path, or choose multilingual-e5-small."
        if is_listed:
            return ModelError(f"{model} is not on this computer and the model hub {problem}. {remedy}")
        return UnknownModelError(f"{unlisted}{problem}. {remedy}")
    return ModelError(
        f"{model} cannot be downloaded: {reason_of(cause)}. Try again; free some space if the disk is full."
    )
