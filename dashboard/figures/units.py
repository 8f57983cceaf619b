"""The names of units in pictures: every part says which units it stands for, so that pictures can be linked.

`s3` is unit 3 of the source, `t4` unit 4 of the target. A word of two tokens is `s3 s4`; a flow is `s3 t4`.
"""

from collections.abc import Iterable
from typing import Literal

End = Literal["s", "t"]
SOURCE: End = "s"
TARGET: End = "t"


def units_key(end: End, units: Iterable[int]) -> str:
    """The name of some units of one text; "" for none."""
    return " ".join(f"{end}{unit}" for unit in units)


def flow_key(source: Iterable[int], target: Iterable[int]) -> str:
    """The name of what flows from some units of the source to some of the target."""
    return f"{units_key(SOURCE, source)} {units_key(TARGET, target)}"


def on(key: str) -> str:
    """The attribute that names the units of an element; nothing where there are none."""
    return f' data-on="{key}"' if key else ""
