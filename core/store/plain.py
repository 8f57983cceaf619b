"""Convert result types to plain JSON values and back, by their annotations; reading a file executes nothing."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from core.errors import CctaError, DataError

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Return `value` as dicts, lists, numbers and strings; arrays become nested lists, NaN becomes None.

    A mapping whose keys are dataclasses becomes a list of (key, value) pairs: the keys of a JSON object are strings.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value) if field.init}
    if isinstance(value, np.ndarray):
        return to_plain(value.tolist())
    if isinstance(value, Mapping):
        return _mapping_to_plain(value)
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, float) and np.isnan(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _mapping_to_plain(value: Mapping[Any, Any]) -> Any:
    if any(is_dataclass(key) for key in value):
        return [[to_plain(key), to_plain(entry)] for key, entry in value.items()]
    return {str(key): to_plain(entry) for key, entry in value.items()}


def from_plain(kind: type[T], plain: Any) -> T:
    """Return the `kind` that `to_plain` wrote; a field that was added since has its default.

    Raises DataError where the values do not fit its annotations.
    """
    try:
        return _read(kind, plain)
    except (AttributeError, KeyError, TypeError, ValueError, CctaError) as error:
        raise DataError(f"A stored {kind.__name__} cannot be read: {error}.") from error


def _read(kind: Any, plain: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        values = {
            field.name: _read(hints[field.name], plain[field.name])
            for field in fields(kind)
            if field.init and (field.name in plain or _is_needed(field))
        }
        return kind(**values)  # type: ignore[operator]
    if origin is np.ndarray:
        return np.array(plain, dtype=np.float64)
    if origin is tuple:
        kinds = [arguments[0]] * len(plain) if arguments[-1] is Ellipsis else arguments
        return tuple(_read(kind, item) for kind, item in zip(kinds, plain, strict=True))
    if origin is not None and issubclass(_class(origin), Mapping):
        pairs = plain.items() if isinstance(plain, Mapping) else plain
        return {_read(arguments[0], key): _read(arguments[1], item) for key, item in pairs}
    if origin in (Union, types.UnionType):
        known = [argument for argument in arguments if argument is not types.NoneType]
        return plain if plain is None or len(known) > 1 else _read(known[0], plain)
    return kind(plain)


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _class(origin: Any) -> type:
    return origin if isinstance(origin, type) else object
