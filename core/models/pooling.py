"""How the hidden states of a text become one vector for `meaning`: as Sentence Transformers' `1_Pooling` says.

A checkpoint lists its modules in `modules.json`; each has a folder of its own. Normalising does not change a cosine.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from core.callbacks import MessageCallback
from core.errors import ModelError, WeightsError, reason_of
from core.models.entries import read_json, read_json_list
from core.models.pickles import as_safetensors

# In the order in which Sentence Transformers concatenates them.
_KEYS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
NAMES = {
    "cls": "first token",
    "max": "maximum over tokens",
    "mean": "mean over tokens",
    "mean_sqrt_len_tokens": "sum over tokens / square root of their number",
    "weightedmean": "mean over tokens weighted by position",
    "lasttoken": "last token",
}
_ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "Tanh": nn.Tanh,
    "Identity": nn.Identity,
    "GELU": nn.GELU,
    "ReLU": nn.ReLU,
    "Sigmoid": nn.Sigmoid,
}
# Without effect on the cosine of a text with itself, or at inference.
_NEUTRAL = ("Normalize", "Dropout")
_FOLDER = re.compile(r"\d+_\w+", re.ASCII)


class Dense(nn.Module):
    """A dense layer after the pooling, with its activation."""

    def __init__(self, linear: nn.Linear, activation: nn.Module) -> None:
        super().__init__()
        self.linear, self.activation = linear, activation

    def forward(self, pooled: Tensor) -> Tensor:
        """(batch, in) -> (batch, out)"""
        values: Tensor = self.activation(self.linear(pooled))
        return values

    def __str__(self) -> str:
        kind = type(self.activation).__name__
        after = "" if kind == "Identity" else f" with {kind}"
        return f"dense layer {self.linear.in_features} to {self.linear.out_features}{after}"


@dataclass(frozen=True)
class Pooling:
    """Vectors of one or more `modes` (keys of `NAMES`), concatenated, then dense layers."""

    modes: tuple[str, ...] = ("mean",)
    dense: tuple["Dense", ...] = ()

    def __call__(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Pool hidden states, (batch, seq, hidden), over the real tokens of `mask`, (batch, seq): (batch, pooled)."""
        pooled = torch.cat([_pool(mode, hidden, mask) for mode in self.modes], dim=-1)
        for layer in self.dense:
            pooled = layer(pooled)
        return pooled

    @property
    def is_mean(self) -> bool:
        """Whether it is the mean over tokens and nothing more."""
        return self == MEAN

    def to(self, device: torch.device, dtype: torch.dtype) -> "Pooling":
        """Return it with its layers on a device and in a precision."""
        return Pooling(self.modes, tuple(layer.to(device, dtype) for layer in self.dense))

    def __str__(self) -> str:
        parts = [" and ".join(NAMES[mode] for mode in self.modes)]
        parts += [str(layer) for layer in self.dense]
        return ", then ".join(parts)


MEAN = Pooling()


def read_pooling(folder: Path, hidden: int, progress: MessageCallback | None = None) -> Pooling:
    """Return the pooling of a checkpoint's folder; the mean over tokens where it says nothing.

    Parameters
    ----------
    hidden : width of the encoder's hidden states.

    Raises
    ------
    ModelError : it has a module or a mode that is not supported, or widths that do not fit.
    WeightsError : the weights of a dense layer are missing or damaged.
    """
    modes, width = MEAN.modes, hidden
    dense: list[Dense] = []
    for kind, place in _modules(folder):
        if kind == "Pooling":
            modes = _modes(place / "config.json")
            width = hidden * len(modes)
        elif kind == "Dense":
            layer = _dense(place, width, progress)
            width = layer.linear.out_features
            dense.append(layer)
        elif kind not in _NEUTRAL:
            raise ModelError(
                f"{folder} has a module {kind} after the encoder, which is not supported. Choose another model, or "
                "remove modules.json to take the mean over tokens."
            )
    return Pooling(modes, tuple(dense))


def _modules(folder: Path) -> list[tuple[str, Path]]:
    """Kind and folder of each module after the encoder."""
    path = folder / "modules.json"
    if not path.is_file():
        found = sorted(place for place in folder.glob("[0-9]_*") if (place / "config.json").is_file())
        return [(place.name.partition("_")[2], place) for place in found]
    modules: list[tuple[str, Path]] = []
    for entry in read_json_list(path):
        kind = str(entry.get("type", "")).rpartition(".")[2]
        name = str(entry.get("path", ""))
        if kind == "Transformer":
            continue
        if not _FOLDER.fullmatch(name) and kind not in _NEUTRAL:
            raise ModelError(
                f"{path} names the folder {name[:80]!r} of a module {kind}. It must be a name like 1_Pooling."
            )
        modules.append((kind, folder / name))
    return modules


def _modes(path: Path) -> tuple[str, ...]:
    config = read_json(path)
    given = config.get("pooling_mode")
    if given is not None:
        modes = tuple(map(str, given if isinstance(given, list) else [given]))
    else:
        # The library that writes the file takes the mean unless it says otherwise.
        stated = {"pooling_mode_mean_tokens": True} | config
        modes = tuple(mode for key, mode in _KEYS.items() if stated.get(key))
        modes += tuple(
            key for key, value in config.items() if key.startswith("pooling_mode_") and value and key not in _KEYS
        )
    unknown = [mode for mode in modes if mode not in NAMES]
    if unknown or not modes:
        raise ModelError(
            f"{path} names {f'the pooling {unknown[0]}' if unknown else 'no pooling'}; one of {', '.join(NAMES)} is "
            "needed. Choose another model."
        )
    if config.get("include_prompt") is False:
        raise ModelError(f"{path} leaves the prompt out of the pooling (include_prompt), which is not supported.")
    return modes


def _dense(folder: Path, width: int, progress: MessageCallback | None) -> Dense:
    path = folder / "config.json"
    config = read_json(path)
    activation = str(config.get("activation_function", "Tanh")).rpartition(".")[2].rstrip("()")
    if activation not in _ACTIVATIONS:
        raise ModelError(f"{path} names the activation {activation}; {', '.join(_ACTIVATIONS)} are supported.")
    weights = as_safetensors(folder, folder.name, progress) / "model.safetensors"
    try:
        state = {name.removeprefix("linear."): tensor for name, tensor in load_file(weights).items()}
        n_out, n_in = state["weight"].shape
        linear = nn.Linear(n_in, n_out, bias="bias" in state)
        linear.load_state_dict(state)
    except (OSError, SafetensorError, KeyError, RuntimeError, ValueError) as error:
        raise WeightsError(f"The weights of the dense layer {folder} cannot be read: {reason_of(error)}.") from error
    if linear.in_features != width:
        raise ModelError(f"The dense layer {folder} takes {linear.in_features} values, the pooling gives {width}.")
    return Dense(linear, _ACTIVATIONS[activation]()).eval().requires_grad_(False)


def _pool(mode: str, hidden: Tensor, mask: Tensor) -> Tensor:
    weights = mask[..., None].to(hidden.dtype)
    if mode == "cls":
        return hidden[:, 0]
    if mode == "lasttoken":
        return hidden[torch.arange(len(hidden), device=hidden.device), mask.sum(1) - 1]
    if mode == "max":
        return hidden.masked_fill(mask[..., None] == 0, torch.finfo(hidden.dtype).min).amax(1)
    if mode == "weightedmean":
        weights = weights * torch.arange(1, hidden.shape[1] + 1, device=hidden.device).to(hidden.dtype)[:, None]
    total = (hidden * weights).sum(1)
    return total / (weights.sum(1).sqrt() if mode == "mean_sqrt_len_tokens" else weights.sum(1))
