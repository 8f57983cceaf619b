"""How numbers and times are written on the command line; the pages take the same text with a typographic minus."""

import math

MISSING = "–"


def decimal(value: float, places: int = 3) -> str:
    """`0.547`; a dash where there is no number, and never a negative zero."""
    return MISSING if math.isnan(value) else f"{round(value, places) + 0.0:.{places}f}"


def duration(seconds: float) -> str:
    """`0.4 s`, `7.4 s`, `48 s`, `3 min 20 s`, `2 h 10 min`."""
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
