"""What the reader answers where a table alone would not do."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Page:
    """Some examples in order, and how many there are in all."""

    frame: pd.DataFrame
    total: int


@dataclass(frozen=True)
class Neighbours:
    """Where a row stands among `total` examples, from 1, and the rows before and after it."""

    position: int
    previous: int | None
    next: int | None
    total: int
