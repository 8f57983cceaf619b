"""Settings and versions of a run as a table of two columns."""

from collections.abc import Mapping

import pandas as pd


def setting_rows(values: Mapping[str, object]) -> pd.DataFrame:
    """Return the columns `Setting` and `Value`; a sequence is written with commas."""
    return pd.DataFrame({"Setting": list(values), "Value": [_written(value) for value in values.values()]})


def _written(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
