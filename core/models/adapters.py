"""PEFT, imported when an adapter is loaded or trained."""

import warnings
from typing import Any


def import_peft() -> Any:
    """Return the module `peft`, without its warning at every load that a name in Transformers is being given up."""
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
    import peft

    return peft
