"""Settings and versions of a run as a table of two columns."""

from collections.abc import Mapping

import pandas as pd

# What a setting without a value says.
_WITHOUT = {"train_language": "no training language"}


def setting_rows(values: Mapping[str, object]) -> pd.DataFrame:
    """Return the columns `Setting` and `Value`; a sequence is written with commas."""
    written = [_WITHOUT.get(name, "–") if value is None else _written(value) for name, value in values.items()]
    return pd.DataFrame({"Setting": list(values), "Value": written})


def _written(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
