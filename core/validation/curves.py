"""F while the tokens of a text are taken out, or put in, one after the other: deletion and insertion curves.

Samek et al. 2017 and Petsiuk et al. 2018 (curves and their area), DeYoung et al. 2020 (comprehensiveness and
sufficiency). Everything is in units of F, logits. Nothing is divided by F(x) - F(x'): that difference is negative where
the baseline scores above the input, and dividing by it turns the better order of two into the worse.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.callbacks import ShouldCancel
from core.errors import Cancelled, OptionError
from core.models.loaded import LoadedModel, RowInputs
from core.results import Array, Target, TokenizedText

Order = npt.NDArray[np.int64]
Kept = npt.NDArray[np.bool_]

# `pad`: the token becomes `<pad>` and its position stays, as in the baseline of Eq. 1. `remove`: the model reads the
# text without the token, so that the tokens after it move up.
WAYS = ("pad", "remove")
POINTS = 10
# Tenths of the tokens over which comprehensiveness and sufficiency are averaged.
TENTHS = (1, 2, 3, 5)
BATCH_TOKENS = 2048


@dataclass(frozen=True)
class Curves:
    """F of one text along one order of its tokens.

    Attributes
    ----------
    counts : (point,) how many of the order's first tokens are concerned: 0, then ascending to all of them.
    deletion : (point,) F without these tokens: from F(x) to F of the specials alone.
    insertion : (point,) F with these tokens alone: from F of the specials alone to F(x).
    """

    counts: Order
    deletion: Array
    insertion: Array

    @property
    def shares(self) -> Array:
        """(point,) the counts as a share of the tokens, from 0 to 1."""
        return np.asarray(self.counts / self.counts[-1])

    @property
    def deletion_area(self) -> float:
        """By how much F lies below F(x) on average over the deletion curve; the larger, the better the order."""
        return float(np.trapezoid(self.deletion[0] - self.deletion, self.shares))

    @property
    def insertion_area(self) -> float:
        """By how much F lies above F of the specials on average over the insertion curve; the larger, the better."""
        return float(np.trapezoid(self.insertion - self.insertion[0], self.shares))

    @property
    def comprehensiveness(self) -> float:
        """F(x) - F without the first 10, 20, 30 and 50% of the tokens, mean; the larger, the better."""
        return float(np.mean(self._lost(self.deletion)))

    @property
    def sufficiency(self) -> float:
        """F(x) - F with the first 10, 20, 30 and 50% of the tokens alone, mean; the smaller, the better."""
        return float(np.mean(self._lost(self.insertion)))

    @property
    def change(self) -> float:
        """|F(x) - F without the first 10, 20, 30 and 50% of the tokens|, mean: how much they move F, up or down."""
        return float(np.mean(np.abs(self._lost(self.deletion))))

    def _lost(self, curve: Array) -> Array:
        n = int(self.counts[-1])
        return np.asarray(self.deletion[0] - curve[np.searchsorted(self.counts, [_tenths(n, k) for k in TENTHS])])


def token_orders(text: TokenizedText, scores: Array) -> Mapping[str, Order]:
    """Return the two orders that scores give, as positions of tokens; specials are left out, ties in reading order.

    `signed`: the highest score first, so that tokens which raise F come before those which lower it. `absolute`: the
    largest |score| first, the order of `abs` masses.

    Parameters
    ----------
    scores : (seq,) parallel to the text's tokens.
    """
    positions = np.flatnonzero(~text.special_mask)
    of_tokens = scores[positions]
    return {
        "signed": positions[np.argsort(-of_tokens, kind="stable")],
        "absolute": positions[np.argsort(-np.abs(of_tokens), kind="stable")],
    }


def random_orders(text: TokenizedText, n: int, random: np.random.Generator) -> list[Order]:
    """Return `n` random orders of a text's tokens, specials left out: what any other order is compared with."""
    positions = np.flatnonzero(~text.special_mask)
    return [random.permutation(positions) for _ in range(n)]


def token_curves(
    model: LoadedModel,
    text: TokenizedText,
    target: Target,
    orders: Sequence[Order],
    *,
    way: str = "pad",
    points: int = POINTS,
    should_cancel: ShouldCancel | None = None,
) -> list[Curves]:
    """Return the deletion and the insertion curve of each order of one text's tokens.

    Parameters
    ----------
    orders : each has every position of a token that is no special, once.
    way : one of `WAYS`: how a token is taken out.
    points : steps of a curve, at equal shares of the tokens; a text of fewer tokens has one step a token.

    Raises
    ------
    OptionError : an unknown way, or `remove` for an answer's position, which moves when tokens are removed.
    Cancelled : `should_cancel()` was true before a forward pass.
    """
    counts = _counts(int((~text.special_mask).sum()), points)
    masks = [_masks(text, order, counts) for order in orders]
    kept = np.concatenate([np.concatenate(pair) for pair in masks])
    different, index = np.unique(kept, axis=0, return_inverse=True)
    outputs = outputs_with(model, text, target, different, way=way, should_cancel=should_cancel)
    by_order = outputs[index.ravel()].reshape(len(orders), 2, len(counts))
    return [Curves(counts, deletion, insertion) for deletion, insertion in by_order]


def outputs_with(
    model: LoadedModel,
    text: TokenizedText,
    target: Target,
    kept: Kept,
    *,
    way: str = "pad",
    should_cancel: ShouldCancel | None = None,
) -> Array:
    """Return F, (row,), of a text of which the tokens in `kept`, (row, seq), are left.

    Raises as `token_curves`.
    """
    if way not in WAYS:
        raise OptionError(f"Unknown way {way!r} to take a token out. Choose one of {', '.join(WAYS)}.")
    if way == "remove" and target.kind in ("start", "end"):
        raise OptionError("An answer's position moves when tokens are removed. Use the way pad for the task qa.")
    edited = [_edited(text, row, model.pad_id if way == "pad" else None) for row in kept]
    whole = _encoding(model, text) if target.kind == "meaning" else None
    values = np.empty(len(edited))
    for rows in _batches([len(row.input_ids) for row in edited]):
        if should_cancel is not None and should_cancel():
            raise Cancelled("Cancelled.")
        values[rows] = _outputs(model, [edited[row] for row in rows], target, whole)
    return values


@dataclass(frozen=True)
class _Edited:
    """A text without some of its tokens, as the model reads it."""

    language: str
    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...]


def _outputs(model: LoadedModel, edited: Sequence[_Edited], target: Target, whole: Tensor | None) -> Array:
    """Return F of each edited text, (row,); `whole` is the encoding that `meaning` compares with, (1, hidden)."""
    with model.lock, torch.inference_mode():
        embeds, rows = _inputs(model, edited)
        if whole is not None:
            values = torch.nn.functional.cosine_similarity(model.pooled(embeds, rows), whole, dim=-1)
        elif target.kind == "class":
            values = model.class_logits(embeds, rows)[:, target.index]
        else:
            starts, ends = model.span_logits(embeds, rows)
            values = (starts if target.kind == "start" else ends)[:, target.index]
        return np.asarray(values.float().cpu().double().numpy())


def _encoding(model: LoadedModel, text: TokenizedText) -> Tensor:
    with model.lock, torch.inference_mode():
        return model.pooled(*_inputs(model, [_edited(text, np.ones(len(text.tokens), bool), None)]))


def _inputs(model: LoadedModel, edited: Sequence[_Edited]) -> tuple[Tensor, RowInputs]:
    embeds = [model.embed(torch.tensor(row.input_ids)) for row in edited]
    return torch.nn.utils.rnn.pad_sequence(embeds, batch_first=True), model.rows(edited)


def _edited(text: TokenizedText, kept: Kept, pad_id: int | None) -> _Edited:
    """The text with `pad_id` in the place of the tokens that are not kept, or without them."""
    tokens = zip(text.input_ids, text.token_type_ids, kept, strict=True)
    read = [(id_ if keep else pad_id, type_) for id_, type_, keep in tokens if keep or pad_id is not None]
    return _Edited(text.language, tuple(id_ for id_, _ in read if id_ is not None), tuple(type_ for _, type_ in read))


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the rows in batches of at most `BATCH_TOKENS` tokens, padding included, or of one row."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if batch and (len(batch) + 1) * lengths[row] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _masks(text: TokenizedText, order: Order, counts: Order) -> tuple[Kept, Kept]:
    """Return which tokens are left at each count, (point, seq): all but the first of the order, and these alone."""
    rank = np.full(len(text.tokens), len(order))
    rank[order] = np.arange(len(order))
    leading = rank[None] < counts[:, None]
    return ~leading, leading | text.special_mask


def _counts(n: int, points: int) -> Order:
    """Return 0, `n`, and in between equal shares of `n` and the tenths that comprehensiveness needs, ascending."""
    equal = [round(n * k / points) for k in range(points + 1)]
    return np.array(sorted({*equal, *(_tenths(n, k) for k in TENTHS)}))


def _tenths(n: int, tenths: int) -> int:
    """How many of `n` tokens are so many tenths of them, at least one."""
    return max(1, round(n * tenths / 10))
