"""PEFT adapters: their base, their classes, and merging them into the base."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from core.errors import LIBRARY_ERRORS, CctaError, ModelError, TaskError, WeightsError, reason_of
from core.models.catalogue import CARD_NAME, ModelSpec, find_base
from core.models.head import class_names, remedy, stated_classes
from core.settings import get_task

# They add virtual tokens to the input or to each layer: no token of the text stands for them.
PROMPT_TYPES = (
    "ADAPTION_PROMPT",
    "CPT",
    "MULTITASK_PROMPT_TUNING",
    "PREFIX_TUNING",
    "PROMPT_TUNING",
    "P_TUNING",
)
_OUTPUT_LAYERS = ("classifier.weight", "classifier.out_proj.weight", "sequence_summary.summary.weight")
_SAVED_PREFIX = "base_model.model."


def import_peft() -> Any:
    """Return the module `peft` with one deprecation warning silenced that it would give at every load."""
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
    import peft

    return peft


def base_of(config: Mapping[str, Any], folder: Path) -> ModelSpec:
    """Return the base of an adapter. Raises ModelError for an adapter that cannot be merged into one."""
    kind = str(config.get("peft_type", "")).upper()
    if kind in PROMPT_TYPES:
        raise ModelError(
            f"The adapter {folder} is of the type {kind}, which adds virtual tokens to the text; they cannot be "
            "attributed to its words. Choose an adapter that changes weights, such as LoRA."
        )
    if kind not in import_peft().PeftType.__members__:
        raise ModelError(
            f"{folder / 'adapter_config.json'} names the peft_type {config.get('peft_type')!r}, which PEFT does not "
            "have. Correct it, or install the version of PEFT that the adapter was made with."
        )
    return find_base(config, folder)


def adapter_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight that an adapter saved, under its name in the base model."""
    with safe_open(folder / "adapter_model.safetensors", "pt") as weights:
        names = tuple(weights.keys())
        return {name.removeprefix(_SAVED_PREFIX): tuple(weights.get_slice(name).get_shape()) for name in names}


def classes_of_adapter(spec: ModelSpec, folder: Path, base: Mapping[str, Any], base_path: Path) -> tuple[str, ...]:
    """Return the classes of an adapter's head in the order of its logits: those of its card, else of its base's head.

    Raises
    ------
    TaskError : neither card nor base say what the classes are, or the adapter's own head has another number of them.
    """
    if not get_task(spec.task).classes:
        return ()
    stated, sizes = stated_classes(spec), _sizes_of_head(folder)
    if not stated and base.get("id2label") is None:
        raise TaskError(
            f"Neither the adapter {folder} nor its base ({base_path}) says what the classes of the head are. "
            f"{remedy(spec.task)}"
        )
    if base.get("id2label") is not None and not (stated and sizes):
        stated = class_names(spec, base, base_path)
    if sizes and sizes != {len(stated)}:
        raise TaskError(
            f"The head of the adapter {folder} has {max(sizes)} classes, {CARD_NAME} or its base {len(stated)} "
            f"({', '.join(stated)}). Correct the labels."
        )
    return stated


def _sizes_of_head(folder: Path) -> set[int]:
    """The number of outputs of the head that the adapter saved; empty where it uses its base's."""
    return {shape[0] for name, shape in adapter_shapes(folder).items() if name.endswith(_OUTPUT_LAYERS)}


def merge_adapter(module: Any, folder: Path, base_name: str) -> Any:
    """Return the base with an adapter merged into it.

    An embedding table that the adapter saved with more rows, for tokens it added, replaces the base's.

    Raises
    ------
    WeightsError : the adapter does not fit the base, or lacks some of its weights.
    """
    peft = import_peft()
    try:
        _make_room(module, adapter_shapes(folder))
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="Found missing adapter keys")
            adapted = peft.PeftModel.from_pretrained(module, str(folder), torch_device="cpu")
        _require_places(peft, adapted, folder)
        return adapted.merge_and_unload()
    except CctaError:
        raise
    except (*LIBRARY_ERRORS, SafetensorError, Warning) as error:
        raise WeightsError(
            f"The adapter {folder} does not fit {base_name}: {reason_of(error)}. Check its base model."
        ) from error


def _make_room(module: Any, shapes: Mapping[str, tuple[int, ...]]) -> None:
    rows = module.get_input_embeddings().weight.shape[0]
    table = next(name for name, layer in module.named_modules() if layer is module.get_input_embeddings())
    saved = shapes.get(f"{table}.weight")
    if saved is not None and saved[0] != rows:
        module.resize_token_embeddings(saved[0], mean_resizing=False)


def _require_places(peft: Any, adapted: Any, folder: Path) -> None:
    """Raise WeightsError where a saved weight has no place in the adapted base, as in a base with fewer layers."""
    known = {name.removeprefix(_SAVED_PREFIX) for name in peft.get_peft_model_state_dict(adapted)}
    known |= {name.removeprefix(_SAVED_PREFIX).replace(".base_layer", "") for name in adapted.state_dict()}
    strange = sorted(set(adapter_shapes(folder)) - known)
    if strange:
        raise WeightsError(
            f"The adapter {folder} has the weights {strange[0]}, for which its base has no place. Check its base model."
        )
