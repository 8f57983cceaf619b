"""A checkpoint's module: built from its configuration, its weights read tensor by tensor.

Transformers would map the whole weight file into memory and copy it from there, in twice the memory of the weights.
"""

import inspect
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from core.errors import LIBRARY_ERRORS, WeightsError, reason_of
from core.models.weights import weight_files


def read_module(
    task: str, folder: Path, dtype: torch.dtype, keywords: dict[str, Any]
) -> tuple[nn.Module, dict[str, Any]]:
    """Return the module of a checkpoint with the head of a task, and what is missing of its weights or not expected.

    Parameters
    ----------
    keywords : changes of the configuration, and arguments of the module's class and of Transformers' loading.

    Raises
    ------
    WeightsError : weights or configuration are missing or damaged, or do not fit.
    """
    import transformers
    from huggingface_hub.errors import StrictDataclassError

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    files = weight_files(folder, "model", ".safetensors")
    try:
        config, rest = transformers.AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, return_unused_kwargs=True, **keywords
        )
        with ExitStack() as opened:
            state: dict[str, Any] = {}
            for file in files:
                weights = opened.enter_context(safe_open(file, "pt", backend="pread"))
                state |= {name: weights.get_slice(name) for name in weights.keys()}  # noqa: SIM118
            module, report = _class_of(task, config).from_pretrained(
                None, config=config, state_dict=state, dtype=dtype, output_loading_info=True, **rest
            )
    except (*LIBRARY_ERRORS, SafetensorError, StrictDataclassError) as error:
        raise WeightsError(
            f"The weights in {folder} cannot be loaded: {reason_of(error)}. Restore the files, or download or save the "
            "model again."
        ) from error
    return module, report


def _class_of(task: str, config: Any) -> Any:
    """The class with the head of a task; of several, the one that the configuration names, else the first."""
    import transformers

    mappings = {
        "meaning": transformers.MODEL_MAPPING,
        "qa": transformers.MODEL_FOR_QUESTION_ANSWERING_MAPPING,
    }
    found: Any = mappings.get(task, transformers.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING)[type(config)]
    classes = found if isinstance(found, list | tuple) else (found,)
    named = getattr(config, "architectures", None) or ()
    return next((each for each in classes if each.__name__ in named), classes[0])


def has_pooler(family: str) -> bool:
    """Whether the class of the encoder alone takes `add_pooling_layer`: nothing here reads a pooler without a head."""
    import transformers

    encoder: Any = transformers.MODEL_MAPPING[transformers.CONFIG_MAPPING[family]]
    return "add_pooling_layer" in inspect.signature(encoder.__init__).parameters


def head_of(classes: tuple[str, ...]) -> dict[str, Any]:
    """The configuration of a head that a base does not have: its classes in the order of the logits."""
    if not classes:
        return {}
    return {"id2label": dict(enumerate(classes)), "label2id": {label: index for index, label in enumerate(classes)}}


def require_safetensors(folder: Path, stem: str, name: str) -> None:
    """Raise WeightsError where a folder has no weights, or none in safetensors."""
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
    raise WeightsError(
        f"{name} has no weights: {folder} contains no {stem}.safetensors. Save the model with "
        "`save_pretrained(folder)`, or choose another."
    )
