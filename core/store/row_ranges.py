"""Row indices as text: `0-63,70,72-80`."""

from collections.abc import Iterable

import numpy as np

# A small file may announce more rows than fit into any memory. A run's shards have thousands, and compaction stays far
# below this number too.
MOST_ROWS = 50_000_000


def format_rows(rows: Iterable[int]) -> str:
    """Write ascending rows as ranges: `0-63,70,72-80`."""
    numbers = np.fromiter(rows, dtype=np.int64)
    if not len(numbers):
        return ""
    breaks = np.flatnonzero(np.diff(numbers) != 1)
    firsts = numbers[np.concatenate([[0], breaks + 1])]
    lasts = numbers[np.concatenate([breaks, [len(numbers) - 1]])]
    pairs = zip(firsts.tolist(), lasts.tolist(), strict=True)
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in pairs)


def parse_rows(text: str) -> tuple[int, ...]:
    """Return the rows that `format_rows` wrote. Raises ValueError for anything else, or more rows than a shard has."""
    rows: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        counted = range(int(first), int(last or first) + 1)
        if len(rows) + len(counted) > MOST_ROWS:
            raise ValueError(f"more than {MOST_ROWS:,} rows")
        rows.extend(counted)
    return tuple(rows)
