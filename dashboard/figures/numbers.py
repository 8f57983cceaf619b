"""How numbers are written: U+2212 for minus, no line break inside a number with its interval."""

import math
from collections.abc import Callable, Sequence

from core.text import numbers
from core.text.numbers import MISSING

MINUS = "\u2212"
NO_BREAK = "\u00a0"
NOT_RUN = MISSING


def decimal(value: float, places: int = 3) -> str:
    """C, similarity, accuracy, probability: `0.547`, or two places in running chips: `0.93`."""
    return numbers.decimal(value, places).replace("-", MINUS)


def signed(value: float, places: int = 3) -> str:
    """A difference with its sign: `+0.028`, `−0.110`, `0.000` when it rounds to nothing."""
    return _with_sign(f"{value:+.{places}f}")


def score(value: float, figures: int = 3) -> str:
    """An attribution score with three significant figures and its sign: `+1.12`, `−0.0410`, `0`."""
    if value == 0:
        return "0"
    places = figures - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    if not 1e-4 <= abs(rounded) < 1e6:
        return f"{value:+.{figures - 1}e}".replace("-", MINUS)
    places = max(figures - 1 - math.floor(math.log10(abs(rounded))), 0)
    return f"{rounded:+.{places}f}".replace("-", MINUS)


def amount(value: float, figures: int = 3) -> str:
    """An unsigned quantity in units of F, to three significant figures: `3.71`, `0.0004`."""
    text = score(value, figures).removeprefix("+")
    return text.rstrip("0").rstrip(".") if "." in text and abs(value) < 0.01 and "e" not in text else text


def percent(share: float, places: int = 1) -> str:
    """A share in a table or sentence: `26.6%`; exactly nothing and exactly all are `0%` and `100%`."""
    text = _unsigned_zero(f"{100 * share:.{places}f}")
    whole = text in ("100.0", "0.0") and share in (0.0, 1.0)
    return f"{text.split('.')[0] if whole else text}%"


def share_of_attainable(share: float | None) -> str:
    """`46%`, or a dash where a range is too small for a share."""
    return NOT_RUN if share is None or math.isnan(share) else percent(share, 0)


def signed_percent(share: float, places: int = 0) -> str:
    """A signed share without its unit, as under a chip: `+32`, `−1`, `0`."""
    return _with_sign(f"{100 * share:+.{places}f}")


def spoken_percent(share: float) -> str:
    """For screen readers: `+32 percent`, `minus 5 percent`, `0 percent`."""
    return signed_percent(share).replace(MINUS, "minus ") + " percent"


def interval(value: float, low: float, high: float, places: int = 3) -> str:
    """`0.462 [0.449, 0.475]`, kept on one line."""
    return f"{decimal(value, places)}{NO_BREAK}{bounds(low, high, places)}"


def signed_interval(value: float, low: float, high: float, places: int = 3) -> str:
    """`+0.021 [+0.010, +0.031]`, kept on one line."""
    return f"{signed(value, places)}{NO_BREAK}{signed_bounds(low, high, places)}"


def bounds(low: float, high: float, places: int = 3) -> str:
    """`[0.449, 0.475]`, kept on one line; nothing where they are not known."""
    return _bounds(low, high, places, decimal)


def signed_bounds(low: float, high: float, places: int = 3) -> str:
    """`[+0.010, +0.031]`, kept on one line; nothing where they are not known."""
    return _bounds(low, high, places, signed)


def spread(value: float) -> str:
    """`sd 0.047`; a plus-minus sign is only for a stated multiple."""
    return f"sd{NO_BREAK}{decimal(value)}"


def count(value: int) -> str:
    """`10,000`."""
    return f"{value:,}".replace("-", MINUS)


def counted(value: int, singular: str, plural: str | None = None) -> str:
    """`1 token`, `84 tokens`."""
    return f"{count(value)} {singular if value == 1 else plural or singular + 's'}"


def _bounds(low: float, high: float, places: int, write: Callable[[float, int], str]) -> str:
    known = not (math.isnan(low) or math.isnan(high))
    return f"[{write(low, places)},{NO_BREAK}{write(high, places)}]" if known else ""


def _with_sign(text: str) -> str:
    digits = text.lstrip("+-")
    if float(digits) == 0:
        return digits
    return text.replace("-", MINUS)


def _unsigned_zero(text: str) -> str:
    return (text.lstrip("-") if float(text) == 0 else text).replace("-", MINUS)


def adding_up(shares: Sequence[float], places: int = 1) -> list[float]:
    """Return shares of one whole rounded to percents with `places`, so that they add up to their rounded sum.

    Those that rounding down has cost most are rounded up (largest remainders).
    """
    unit = 10.0 ** -(places + 2)
    steps = [share / unit for share in shares]
    floors = [math.floor(step + 1e-9) for step in steps]
    missing = round(sum(steps)) - sum(floors)
    order = sorted(range(len(steps)), key=lambda index: floors[index] - steps[index])
    raised = set(order[: max(missing, 0)])
    return [(floor + (index in raised)) * unit for index, floor in enumerate(floors)]
