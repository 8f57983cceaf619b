"""What the types of results share: their array type, and the check of parallel lengths."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def require_parallel(name: str, size: int, other: str, other_size: int) -> None:
    """Raise ValueError unless two parallel sequences have as many entries."""
    if size != other_size:
        raise ValueError(f"{name} has {size} entries, {other} has {other_size}; they must be parallel.")


def unit_interval(value: float) -> float:
    """Clip to [0, 1] a value that rounding has moved out of it."""
    return min(max(value, 0.0), 1.0)
