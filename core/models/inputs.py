"""What an encoder takes besides `inputs_embeds` and the attention mask: read from the model, and tried out.

A model reads token ids; attributions need it to read embedding rows. Both ways must give the same numbers, with
positions that a pad at the baseline does not shift, whatever the padding of a batch. So a model that is loaded reads a
few pieces both ways, and one whose outputs differ is refused: its attributions would be those of another function.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import LIBRARY_ERRORS, ModelError, WeightsError, reason_of
from core.settings import get_task

if TYPE_CHECKING:
    from core.models.loaded import LoadedModel

# XLM looks token types up in its word-embedding table, and was trained without them.
_WITHOUT_TYPES = ("xlm", "flaubert")
# Largest difference of the two ways, as a share of the largest output, that rounding explains.
_ROUNDING = {"fp32": 1e-4, "tf32": 2e-2, "bf16": 5e-2}
_NONE = 1e-6
_N_PIECES = 5


@dataclass(frozen=True)
class Inputs:
    """What a forward pass takes besides `inputs_embeds` and the attention mask.

    Attributes
    ----------
    first_position : the position of the first token; None where the encoder takes no positions.
    n_token_types : how many token types there are; 0 where the encoder takes none.
    languages : language -> the number of its embedding; None where there are no language embeddings.
    """

    first_position: int | None = 0
    n_token_types: int = 2
    languages: Mapping[str, int] | None = None


BERT_INPUTS = Inputs()


@dataclass(frozen=True)
class _Pieces:
    """A text of pieces of the vocabulary."""

    language: str
    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...]


def settle_inputs(model: "LoadedModel", *, trained: bool = True) -> Inputs:
    """Return what the model's encoder takes.

    Parameters
    ----------
    model : complete but for its `inputs`, which are tried out and left at the last that was tried.
    trained : whether its weights and outputs must be numbers; a training says itself that its loss is none.

    Raises
    ------
    WeightsError : a weight or an output is NaN or infinite.
    ModelError : no way of giving positions makes embedding rows give what token ids give, or a token sees only those
        before it.
    """
    taken = inspect.signature(model.encoder.forward).parameters
    _require_takes(model, taken)
    candidates = [
        Inputs(first, _n_types(model, taken), _languages(model, taken)) for first in _first_positions(model, taken)
    ]
    with model.lock, torch.inference_mode():
        try:
            differences, sees_all = _try_out(model, candidates, trained=trained)
        except LIBRARY_ERRORS as error:
            raise ModelError(
                f"{model.info.name} cannot read embedding rows in place of tokens: {reason_of(error)}. Choose another "
                "model."
            ) from error
    if not sees_all:
        raise ModelError(
            f"{model.info.name} is causal: a token sees only those before it. Choose an encoder with attention in both "
            "directions."
        )
    _require_counted_types(model, taken)
    best = int(np.argmin(differences))
    if not differences[best] <= _ROUNDING[model.precision]:
        raise ModelError(
            f"{model.info.name} gives other outputs for embedding rows than for the tokens they stand for, or in a "
            f"padded batch than alone ({differences[best]:.0%} of the largest apart), so that its attributions would "
            "be wrong. Choose another model."
        )
    return candidates[best]


def _require_takes(model: "LoadedModel", taken: Mapping[str, inspect.Parameter]) -> None:
    name, kind = model.info.name, type(model.encoder).__name__
    if not isinstance(model.embedding, nn.Embedding):
        raise ModelError(f"{name} ({kind}) has no table of token embeddings to attribute to. Choose another model.")
    if "lang_ids" in taken:
        raise ModelError(f"{name} ({kind}) has adapters for each language, which are not supported. Choose another.")


def _first_positions(model: "LoadedModel", taken: Mapping[str, inspect.Parameter]) -> list[int | None]:
    """Where positions may begin: at 0, or after a pad, as in RoBERTa; the tables of embeddings know its number."""
    if "position_ids" not in taken:
        return [None]
    pads = [getattr(_config(model), "pad_token_id", None)]
    pads += [getattr(part, "padding_idx", None) for part in model.encoder.modules()]
    return list(dict.fromkeys([0, *(int(pad) + 1 for pad in pads if pad is not None)]))


def _n_types(model: "LoadedModel", taken: Mapping[str, inspect.Parameter]) -> int:
    has_types = "token_type_ids" in taken and _config(model).model_type not in _WITHOUT_TYPES
    return int(getattr(_config(model), "type_vocab_size", None) or 0) if has_types else 0


def _require_counted_types(model: "LoadedModel", taken: Mapping[str, inspect.Parameter]) -> None:
    config = _config(model)
    if "token_type_ids" in taken and config.model_type not in _WITHOUT_TYPES and not hasattr(config, "type_vocab_size"):
        raise ModelError(
            f"{model.info.name} takes token types, and its configuration does not say how many (type_vocab_size). "
            "Choose another model."
        )


def _languages(model: "LoadedModel", taken: Mapping[str, inspect.Parameter]) -> Mapping[str, int] | None:
    config = _config(model)
    if "langs" not in taken or not (config.use_lang_emb and config.n_langs > 1):
        return None
    return dict(config.lang2id)


def _config(model: "LoadedModel") -> Any:
    module: Any = model.module
    return module.config


def _require_numbers(model: "LoadedModel", outputs: Iterable[Tensor]) -> None:
    """Raise WeightsError where a weight that is read, or an output, is NaN or infinite.

    The weights are looked at as well as the outputs: a kernel may drop such a number on the way.
    """
    has_classes = bool(get_task(model.task).classes)
    weights = [
        parameter.sum()
        for name, parameter in model.module.named_parameters()
        if has_classes or "pooler." not in name  # otherwise nothing reads the pooler
    ]
    if not all(bool(values.isfinite().all()) for values in (*weights, *outputs)):
        raise WeightsError(
            f"{model.info.name} has weights or outputs that are no numbers (NaN or infinite): its file is damaged, its "
            "training failed, or the precision is too low. Download or train it again, or use --precision fp32."
        )


def _try_out(model: "LoadedModel", candidates: Sequence[Inputs], *, trained: bool) -> tuple[list[float], bool]:
    """The difference of each candidate, up to the first without one; whether a token sees those after it."""
    model.inputs = candidates[0]
    texts = _texts(model)
    alone = [_read_ids(model, text) for text in texts]
    if trained:
        _require_numbers(model, (output for outputs in alone for output in outputs))
    differences: list[float] = []
    for candidate in candidates:
        model.inputs = candidate
        differences.append(_difference(model, texts, alone))
        if differences[-1] < _NONE:
            break
    return differences, _sees_what_follows(model, texts[0], alone[0][0])


def _difference(model: "LoadedModel", texts: Sequence[_Pieces], alone: Sequence[Sequence[Tensor]]) -> float:
    """The largest difference between reading ids one text at a time and embedding rows in a padded batch.

    As a share of the largest output; the encoder's hidden states, and the logits of a head.
    """
    rows = model.rows(texts)
    ids = nn.utils.rnn.pad_sequence([torch.tensor(text.input_ids) for text in texts], batch_first=True)
    # A batch is padded with zeros in place of rows, as the points of paths are.
    embeds = model.embed(ids) * rows.attention_mask[..., None]
    padded = [model.hidden_states(embeds, rows), *_logits(model, embeds, rows)]
    worst = 0.0
    for index, text in enumerate(texts):
        for ours, theirs in zip(padded, alone[index], strict=True):
            # Logits of classes are the only output without a position.
            is_of_classes = bool(get_task(model.task).classes) and ours is not padded[0]
            mine = ours[[index]] if is_of_classes else ours[[index], : len(text.input_ids)]
            worst = max(worst, _share(mine - theirs, theirs))
    return worst


def _texts(model: "LoadedModel") -> list[_Pieces]:
    """Inputs of two fields and of one, of pieces spaced evenly over the vocabulary."""
    specials = set(model.tokenizer.all_special_ids)
    rows = model.embedding.weight.shape[0]
    spaced = [int(id_) for id_ in np.linspace(0, rows - 1, 4 * _N_PIECES) if int(id_) not in specials]
    language = next(iter(model.inputs.languages or ["en"]))
    return [
        _build(model, language, fields)
        for fields in ([spaced[1:_N_PIECES], spaced[_N_PIECES : _N_PIECES + 2]], [spaced[1:_N_PIECES]])
    ]


def _build(model: "LoadedModel", language: str, fields: Sequence[Sequence[int]]) -> _Pieces:
    ids: list[int] = []
    types: list[int] = []
    for slot in model.template.slots(len(fields)):
        piece = [slot.id] if slot.id is not None else fields[slot.field or 0]
        ids += piece
        types += [model.token_type(slot)] * len(piece)
    return _Pieces(language, tuple(ids), tuple(types))


def _read_ids(model: "LoadedModel", text: _Pieces) -> list[Tensor]:
    """Hidden states and logits of token ids, with the positions that the model gives them itself."""
    keywords = model.keywords([text])
    keywords.pop("position_ids", None)
    ids = torch.tensor(text.input_ids, device=model.device)[None]
    hidden = model.encoder(input_ids=ids, **keywords).last_hidden_state
    if model.task == "meaning":
        return [hidden]
    output = model.module(input_ids=ids, **keywords)
    return [hidden, *([output.start_logits, output.end_logits] if model.task == "qa" else [output.logits])]


def _logits(model: "LoadedModel", embeds: Tensor, rows: Any) -> Iterator[Tensor]:
    if model.task == "qa":
        yield from model.span_logits(embeds, rows)
    elif model.task != "meaning":
        yield model.class_logits(embeds, rows)


def _sees_what_follows(model: "LoadedModel", text: _Pieces, states: Tensor) -> bool:
    """Whether the first piece's hidden state depends on the last piece."""
    place = len(model.template.before)
    specials = set(model.tokenizer.all_special_ids)
    last = max(position for position, id_ in enumerate(text.input_ids) if id_ not in specials)
    ids = [*text.input_ids[:last], text.input_ids[place], *text.input_ids[last + 1 :]]
    changed = _read_ids(model, replace(text, input_ids=tuple(ids)))[0]
    # A number that is none says nothing; whoever trains such weights is told by the loss.
    return _share(changed[:, place] - states[:, place], states[:, place]) != 0


def _share(difference: Tensor, scale: Tensor) -> float:
    return float(difference.abs().max() / scale.abs().max().clamp_min(torch.finfo(torch.float32).tiny))
