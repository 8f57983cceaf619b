"""Which specials a tokenizer puts around the fields of an input, and the token types of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import WeightsError


@dataclass(frozen=True)
class Slot:
    """A place in a template: a special's `id`, or all pieces of a `field` (0 or 1); with its token type."""

    id: int | None
    field: int | None
    type_id: int


@dataclass(frozen=True)
class Template:
    """The slots of an input of one field and of two, as the model's own tokenizer builds them."""

    single: tuple[Slot, ...]
    pair: tuple[Slot, ...]

    def slots(self, n_fields: int) -> tuple[Slot, ...]:
        return self.single if n_fields == 1 else self.pair

    def n_specials(self, n_fields: int) -> int:
        """The number of specials in an input of one field or two."""
        return sum(slot.field is None for slot in self.slots(n_fields))

    @property
    def before(self) -> tuple[int, ...]:
        """The ids of the specials before the only field."""
        return _specials(self.single[: self._place])

    @property
    def after(self) -> tuple[int, ...]:
        """The ids of the specials after the only field."""
        return _specials(self.single[self._place :])

    @property
    def _place(self) -> int:
        return next(place for place, slot in enumerate(self.single) if slot.field is not None)


def read_template(tokenizer: Any, family: str, name: str) -> Template:
    """Return the template of a tokenizer; `first A separator` where its own adds no specials.

    Raises
    ------
    WeightsError : it adds none and names none.
    """
    own = [_fast_slots(tokenizer, texts) if tokenizer.is_fast else _slow_slots(tokenizer, texts) for texts in _PROBES]
    template = Template(*own)
    fields = [[slot.field for slot in slots if slot.field is not None] for slots in own]
    if fields == [[0], [0, 1]] and template.n_specials(1) and template.n_specials(2):
        return template
    return _usual(tokenizer, family, name)


_PROBES = (("a",), ("a", "b"))


def _fast_slots(tokenizer: Any, texts: Sequence[str]) -> tuple[Slot, ...]:
    encoding = tokenizer(*texts, return_token_type_ids=True, verbose=False)
    slots: list[Slot] = []
    for id_, field, type_id in zip(
        encoding["input_ids"], encoding.sequence_ids(), encoding["token_type_ids"], strict=True
    ):
        slot = Slot(id_ if field is None else None, field, type_id)
        if field is None or slot != (slots[-1] if slots else None):
            slots.append(slot)
    return tuple(slots)


def _slow_slots(tokenizer: Any, texts: Sequence[str]) -> tuple[Slot, ...]:
    """XLM's tokenizer builds its inputs from lists of ids; no id is negative, so these stand for the fields."""
    fields = [[-1 - field] for field in range(len(texts))]
    ids = tokenizer.build_inputs_with_special_tokens(*fields)
    types = tokenizer.create_token_type_ids_from_sequences(*fields)
    return tuple(
        Slot(None, -1 - id_, type_id) if id_ < 0 else Slot(id_, None, type_id)
        for id_, type_id in zip(ids, types, strict=True)
    )


def _usual(tokenizer: Any, family: str, name: str) -> Template:
    first = "bos" if family == "xlm" else "cls"
    ids = {role: getattr(tokenizer, f"{role}_token_id") for role in (first, "sep")}
    for role, id_ in ids.items():
        if id_ is None:
            raise WeightsError(f"The tokenizer of {name} names no {role}_token. Add it to its tokenizer_config.json.")
    start, end = Slot(ids[first], None, 0), Slot(ids["sep"], None, 0)
    text, second = Slot(None, 0, 0), Slot(None, 1, 1)
    return Template((start, text, end), (start, text, end, second, Slot(ids["sep"], None, 1)))


def _specials(slots: Sequence[Slot]) -> tuple[int, ...]:
    return tuple(slot.id for slot in slots if slot.id is not None)
