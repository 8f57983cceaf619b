"""Which files hold the weights of a checkpoint, and do they fit its architecture?

None may be random, and none of the encoder's left out.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import TaskError, WeightsError
from core.models.catalogue import ModelSpec

# Heads of the pretraining, and buffers that older versions saved; nothing that is computed here reads them.
_UNUSED_HEADS = (
    "cls",
    "lm_head",
    "pred_layer",
    "predictions",
    "lm_predictions",
    "mask_predictions",
    "generator_predictions",
    "generator_lm_head",
    "discriminator_predictions",
    "vocab_transform",
    "vocab_layer_norm",
    "vocab_projector",
    "head",
    "decoder",
    "pooler",
    "loss",
    "loss_fct",
    "criterion",
)
_UNUSED_BUFFERS = ("position_ids", "token_type_ids", "inv_freq")


def weight_files(folder: Path, stem: str, suffix: str) -> list[Path]:
    """Return the files `{stem}*{suffix}` with a checkpoint's weights, in their order; [] where there are none.

    Raises
    ------
    WeightsError : the index of several files is missing or damaged, or one that it names is not there.
    """
    whole, index = folder / f"{stem}{suffix}", folder / f"{stem}{suffix}.index.json"
    if not index.is_file() or whole.is_file():
        if not whole.is_file() and (parts := sorted(folder.glob(f"{stem}-*{suffix}"))):
            raise WeightsError(f"{folder} has {parts[0].name} without {index.name}. Download the model again.")
        return [whole] if whole.is_file() else []
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WeightsError(f"{index} is not an index of weight files. Download the model again.") from error
    for name in names:
        # A name with a folder in it could lead out of the checkpoint.
        if not re.fullmatch(rf"{stem}[\w-]*{re.escape(suffix)}", str(name)) or not (folder / name).is_file():
            raise WeightsError(f"{index} names {name!r}, which {folder} does not contain. Download the model again.")
    return [folder / name for name in names]


def missing_weights(spec: ModelSpec, report: dict[str, Any]) -> list[str]:
    """Return the weights that the checkpoint lacks, except for a pooler that the task does not use."""
    unread = ("pooler",) if spec.task in ("meaning", "qa") else ()
    names = [*report["missing_keys"], *(mismatch[0] for mismatch in report["mismatched_keys"])]
    return sorted(name for name in names if not any(part in name for part in unread))


def require_shapes(spec: ModelSpec, report: dict[str, Any], config: str) -> None:
    """Raise WeightsError where a weight has another shape than the configuration (of the file `config`) asks for."""
    for name, saved, asked in sorted(report["mismatched_keys"]):
        raise WeightsError(
            f"The weight {name} of {spec.name} has the shape {tuple(saved)}, {config} asks for {tuple(asked)}. Restore "
            "the config.json that was saved with the weights."
        )


def require_weights(spec: ModelSpec, module: Any, missing: Sequence[str], unexpected: Sequence[str] = ()) -> None:
    """Raise TaskError if any weight of a module would be random."""
    if not missing:
        return
    surplus = f"; it has {unexpected[0]} instead" if unexpected else ""
    what = f"{spec.name} has no weights for {missing[0]}{surplus}"
    if spec.task == "meaning" or missing[0].startswith(f"{module.base_model_prefix}."):
        raise TaskError(f"{what}: it is not a checkpoint of its configuration's architecture. Restore config.json.")
    raise TaskError(
        f"{what}: it is not a checkpoint for the task {spec.task}. Choose the task meaning, or a fine-tuned checkpoint."
    )


def require_all_used(spec: ModelSpec, module: Any, report: dict[str, Any]) -> None:
    """Raise WeightsError where the checkpoint has weights that the model would need and has no place for.

    Heads of the pretraining, poolers and buffers are not such weights; for the task meaning no head is.
    """
    strange = unexpected_weights(spec, module, report)
    if strange:
        more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise WeightsError(
            f"{spec.name} has the weights {strange[0]}{more}, for which {type(module).__name__} has no place: "
            "config.json describes another architecture than the weights. Restore it, or choose another checkpoint."
        )


def unexpected_weights(spec: ModelSpec, module: Any, report: dict[str, Any]) -> list[str]:
    """Return the names of the weights that the model would need and has no place for."""
    prefix = str(module.base_model_prefix)
    encoder = getattr(module, prefix, module)
    inside = {name for name, _ in encoder.named_children()} - {"pooler"}

    def strange(key: str) -> bool:
        bare = key.removeprefix(f"{prefix}.")
        first, last = bare.partition(".")[0], key.rpartition(".")[2]
        if last in _UNUSED_BUFFERS or first == "pooler":
            return False
        if first in inside or bare != key:
            return True
        return spec.task != "meaning" and first not in _UNUSED_HEADS

    return sorted(filter(strange, report["unexpected_keys"]))
