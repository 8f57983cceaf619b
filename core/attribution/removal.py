"""A text without some of its words: F and the prediction, by one more evaluation of the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from core.attribution.outputs import class_outputs
from core.attribution.targets import predict
from core.errors import OptionError
from core.models.loaded import LoadedModel
from core.results import Side, Token, TokenizedText
from core.text.tokenization import tokenize


@dataclass(frozen=True)
class Removal:
    """What a model makes of a text without some of its units.

    Attributes
    ----------
    fields : the texts of the fields without them, in input order.
    attributed : the sum of the scores that they had.
    f_before, f_after : F of the whole text and of the text without them; for `meaning` the cosine with the encoding of
        the whole text. `f_after` is None where the position that F is of was removed.
    before, after : class -> probability, as `core.attribution.targets.Prediction`.
    """

    fields: tuple[str, ...]
    attributed: float
    f_before: float
    f_after: float | None
    before: Mapping[str, float]
    after: Mapping[str, float]


def remove_units(model: LoadedModel, side: Side, units: Sequence[int], task: str) -> Removal:
    """Take units out of a text, and one of the two spaces around them, and evaluate the model once more.

    Parameters
    ----------
    units : indices into the units of `side`, of a known text.

    Raises
    ------
    OptionError : a field would be left without a word.
    """
    spans = [(side.units[index].field, side.units[index].start, side.units[index].end) for index in units]
    kept = {unit.field for index, unit in enumerate(side.units) if index not in set(units)}
    if any(field not in kept for field, _, _ in spans):
        raise OptionError("Nothing would be left of the text without this word.")
    stays = {
        name: _staying(text, [(start, end) for field, start, end in spans if field == name])
        for name, text in side.text.fields
    }
    fields = tuple("".join(text[at] for at in stays[name]) for name, text in side.text.fields)
    text = tokenize(model, task, side.language, list(fields))
    (prediction,) = predict(model, [text], task)
    return Removal(
        fields,
        attributed=float(side.scores[list(units)].sum()),
        f_before=side.attribution.f_input,
        f_after=_value(model, text, side, stays),
        before=dict(side.prediction),
        after=prediction.probabilities,
    )


def _staying(text: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """The characters that stay: without the spans, and without one of two spaces that would meet."""
    gone = {at for start, end in spans for at in range(start, end)}
    stays: list[int] = []
    for at, letter in enumerate(text):
        if at in gone or (letter.isspace() and at - 1 in gone and (not stays or text[stays[-1]].isspace())):
            continue
        stays.append(at)
    while stays and text[stays[-1]].isspace() and stays[-1] + 1 in gone:
        stays.pop()
    return stays


def _value(model: LoadedModel, text: TokenizedText, side: Side, stays: Mapping[str, Sequence[int]]) -> float | None:
    """F of `text`, which is that of `side` with the characters that stay."""
    target = side.attribution.target
    with model.lock, torch.inference_mode():
        embeds, rows = model.embed(torch.tensor(text.input_ids))[None], model.rows([text])
        if target.kind == "class":
            return float(class_outputs(model.class_logits(embeds, rows), [target])[0])
        if target.kind == "meaning":
            whole = side.text
            before = model.pooled(model.embed(torch.tensor(whole.input_ids))[None], model.rows([whole]))
            after = model.pooled(embeds, rows)
            return float(torch.nn.functional.cosine_similarity(after.float(), before.float(), dim=-1)[0])
        position = _position(text, side.text.tokens[target.index], stays)
        if position is None:
            return None
        starts, ends = model.span_logits(embeds, rows)
        return float((starts if target.kind == "start" else ends)[0, position])


def _position(text: TokenizedText, token: Token, stays: Mapping[str, Sequence[int]]) -> int | None:
    """Where a token of the whole text is in the shorter one; None where its characters are cut in another way."""
    places = {old: new for new, old in enumerate(stays.get(token.field or "", ()))}
    start, last = places.get(token.start), places.get(token.end - 1)
    for position, other in enumerate(text.tokens):
        if other.field == token.field and (other.start, other.end - 1) == (start, last):
            return position
    return None
