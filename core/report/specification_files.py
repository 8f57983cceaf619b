"""The values of specifications as a Parquet file, as shipped with a data set."""

from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import StoreError, reason_of


def save_specifications(frame: pd.DataFrame, path: Path) -> None:
    """Write the values of `specification_frame` as Parquet. Raises StoreError where the file cannot be written."""
    small = frame.assign(value=frame["value"].astype(np.float32), row=frame["row"].astype(np.int32))
    small["cluster"] = small["cluster"].astype(np.int32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        small.to_parquet(path, index=False, compression="zstd")
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {reason_of(error)}.") from error


def read_specifications(path: Path) -> pd.DataFrame | None:
    """Return what `save_specifications` wrote; None where there is no such file.

    Raises
    ------
    StoreError : the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read: {reason_of(error)}.") from error
