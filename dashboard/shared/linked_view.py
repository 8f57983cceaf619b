"""The linked picture of a pair on a page: one component, so that pointing at a word asks nothing of the server."""

from typing import Any

import streamlit as st

from core.paths import ASSETS
from core.results import PairAnalysis
from dashboard.figures.linked import KINDS, Linked, linked_picture
from dashboard.figures.matrix.cells import MatrixKind

_SCRIPT = "".join((ASSETS / "scripts" / name).read_text(encoding="utf-8") for name in ("clean.js", "linked.js"))

# Registered once, at import: a second registration under the same name would replace the first. The page's style
# sheet holds its style.
_COMPONENT = st.components.v2.component(
    "ccta_linked", html='<div class="linked"></div>', js=_SCRIPT, isolate_styles=False
)


def linked_view(analysis: PairAnalysis, chips: str, *, key: str, similarities: bool = True, card: str = "") -> None:
    """Mount chips, flow, matrix and table of a pair as one picture.

    Parameters
    ----------
    chips : HTML of both texts' chips, made with the ends' names; "" where they cannot be shown.
    card : C and its references as HTML, where the picture holds them.
    similarities : whether the similarities of pairs of units without a flow are known.
    """
    kind = _chosen_kind(key) if similarities else "transport"
    mount(linked_picture(analysis, chips, kind, similarities=similarities, card=card), key=key)


def mount(linked: Linked, *, key: str) -> None:
    """Mount a linked picture; a pinned word stays pinned while its text stays."""
    data = {
        "html": linked.html,
        "said": linked.said,
        "whatIf": linked.what_if,
        "partners": linked.partners,
        "texts": linked.texts,
        "places": linked.places,
    }
    _COMPONENT(data=data, key=key, on_kind_change=_nothing)


def _chosen_kind(key: str) -> MatrixKind:
    state: Any = st.session_state.get(key)
    kind = state.get("kind") if state is not None else None
    return kind if kind in KINDS else KINDS[0]


def _nothing() -> None:
    """A state needs a callback to be reported."""
