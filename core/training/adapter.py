"""LoRA adapters (Hu et al. 2022) on an encoder's layers, and saving them."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.errors import OptionError
from core.models.adapters import import_peft
from core.models.loaded import LoadedModel
from core.training.recipe import Recipe

# By family: the linear maps that get adapters, and the module list of the layers. PEFT matches a map only with the
# number of its layer, which leaves out the heads' maps of the same name.
_MAPS: dict[str, tuple[list[str], list[str]]] = {
    "bert": (["query", "key", "value", "dense"], ["layer"]),
    "xlm-roberta": (["query", "key", "value", "dense"], ["layer"]),
    "xlm": (["q_lin", "k_lin", "v_lin", "out_lin", "lin1", "lin2"], ["attentions", "ffns"]),
}


def trainable(model: LoadedModel, recipe: Recipe) -> nn.Module:
    """Return the module with gradients required for what the recipe trains: adapters and head, or every weight."""
    module: Any = model.module
    if recipe.dropout is not None:
        _set_dropout(module, recipe.dropout)
    if not recipe.lora_rank:
        return module.requires_grad_(True)
    if model.spec.family not in _MAPS:
        raise OptionError(
            f"The recipe puts adapters into the layers of {', '.join(_MAPS)}, and {model.info.name} is of the family "
            f"{model.spec.family}. Use --recipe paper, which trains all weights."
        )
    maps, pattern = _MAPS[model.spec.family]
    peft = import_peft()
    config = peft.LoraConfig(
        r=recipe.lora_rank,
        lora_alpha=recipe.lora_alpha,
        lora_dropout=0.0,
        target_modules=maps,
        layers_to_transform=list(range(recipe.frozen_layers, _n_layers(model))),
        layers_pattern=pattern,
        modules_to_save=head_names(model),
        task_type="QUESTION_ANS" if model.task == "qa" else "SEQ_CLS",
    )
    return peft.get_peft_model(module, config)


def _set_dropout(module: nn.Module, share: float) -> None:
    """Set the dropout of hidden values, and none of attention weights, with which a CPU has no fused attention."""
    for name, part in module.named_modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0 if name.endswith("attention.self.dropout") else share


def head_names(model: LoadedModel) -> list[str]:
    """Return the modules that the base does not have: all outside the encoder, and a pooler within it."""
    prefix = str(model.module.base_model_prefix)
    names = [name for name, _ in model.module.named_children() if name not in (prefix, "dropout")]
    return names + (["pooler"] if getattr(model.encoder, "pooler", None) is not None else [])


def save_adapter(module: Any, folder: Path, base: str) -> None:
    """Write adapter and head to `folder` in PEFT's layout and half precision, with `base` as their base model."""
    for config in module.peft_config.values():
        config.base_model_name_or_path = base
    trained = ("lora_", "modules_to_save")
    weights = {
        name: values.to(torch.float16)
        for name, values in module.state_dict().items()
        if any(part in name for part in trained)
    }
    module.save_pretrained(folder, safe_serialization=True, save_embedding_layers=False, state_dict=weights)


def _n_layers(model: LoadedModel) -> int:
    config: Any = model.module.config
    return int(config.num_hidden_layers)
