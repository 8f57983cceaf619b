"""Models in memory, shared by all sessions of this server."""

from collections.abc import Callable

import streamlit as st

from core.models.catalogue import find_listed_model
from core.models.loaded import LoadedModel
from core.models.loader import load_spec

# The default model and two checkpoints tuned from it, which share most of their memory (core/models/sharing.py).
MAX_MODELS = 3


@st.cache_resource(max_entries=MAX_MODELS, show_spinner=False)
def cached_model(name: str, precision: str, _progress: Callable[[str], None] | None = None) -> LoadedModel:
    """Load a catalogue model once per server, on the best device; `_progress` is called with a line on a first load.

    A visitor chooses among the models of the catalogue: no folder of the server and nothing else of the hub is read.
    """
    return load_spec(find_listed_model(name), precision=precision, progress=_progress)
