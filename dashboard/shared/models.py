"""Models in memory, shared by all sessions of this server."""

from collections.abc import Callable

import streamlit as st

from core.models.catalogue import find_listed_model
from core.models.loaded import LoadedModel
from core.models.loader import load_spec
from dashboard.service.models import KeptModels
from dashboard.service.visitors import service_limits


@st.cache_resource(show_spinner=False)
def kept_models() -> KeptModels:
    """The models of this server."""
    return KeptModels(service_limits().model_gigabytes)


def cached_model(name: str, precision: str, progress: Callable[[str], None] | None = None) -> LoadedModel:
    """Load a catalogue model once per server, on the best device; `progress` is called with a line on a first load.

    A visitor chooses among the models of the catalogue: no folder of the server and nothing else of the hub is read.
    """

    def load() -> LoadedModel:
        return load_spec(find_listed_model(name), precision=precision, progress=progress)

    return kept_models().get(name, precision, load)
