"""PEFT, imported only when an adapter is loaded or trained."""

import warnings
from typing import Any


def import_peft() -> Any:
    """Return the module `peft` with one deprecation warning silenced that it would give at every load."""
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
    import peft

    return peft
