"""The linked picture of a pair on a page: one component, so that pointing at a word asks nothing of the server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.paths import ASSETS
from core.results import PairAnalysis
from dashboard.figures.linked import KINDS, Linked, linked_picture
from dashboard.figures.matrix.cells import MatrixKind
from dashboard.figures.what_if import Asked, Remove, asked_of, change_of

_SCRIPT = "".join((ASSETS / "scripts" / name).read_text(encoding="utf-8") for name in ("clean.js", "linked.js"))

# Registered once, at import: a second registration under the same name would replace the first. The page's style
# sheet holds its style.
_COMPONENT = st.components.v2.component(
    "ccta_linked", html='<div class="linked"></div>', js=_SCRIPT, isolate_styles=False
)


# C and its references as HTML; with the analysis that a change gives, where there is one.
Card = Callable[[PairAnalysis | None], str]


@dataclass(frozen=True)
class Pressed:
    """What was pressed in a linked picture: a class, or that the text without a word be attributed; "" and () if not.

    `asked` is the change that is shown, whose word is left out.
    """

    label: str = ""
    fields: tuple[str, ...] = ()
    asked: Asked | None = None


@dataclass(frozen=True)
class Preview:
    """What the linked picture shows while someone points at a class: an analysis, its chips and its C as HTML."""

    analysis: PairAnalysis
    chips: str
    card: Card


@dataclass(frozen=True)
class ClassPictures:
    """The classes of a pair: cards as HTML, the class held ("" for two), and class -> the picture of the others."""

    cards: str
    held: str
    previews: Mapping[str, Preview]


def linked_view(
    analysis: PairAnalysis,
    chips: str,
    *,
    key: str,
    similarities: bool = True,
    card: Card | None = None,
    classes: ClassPictures | None = None,
    remove: Remove | None = None,
) -> Pressed:
    """Mount chips, flow, matrix and table of a pair as one picture; return what was pressed just now.

    Parameters
    ----------
    chips : HTML of both texts' chips, made with the ends' names; "" where they cannot be shown.
    card : makes C and its references as HTML, where the picture holds them.
    remove : evaluates the model without a word; None where there is no model at hand.
    similarities : whether the similarities of pairs of units without a flow are known.
    classes : the classes of a task that has some, as cards above the picture.
    """
    kind = _chosen_kind(key) if similarities else "transport"
    asked_value = str(_state(key, "change") or "")
    asked = asked_of(analysis, asked_value)
    change = change_of(analysis, asked, remove) if asked else None
    shown = linked_picture(
        analysis,
        chips,
        kind,
        similarities=similarities,
        card=card(change.after if change else None) if card else "",
        change=change,
        can_remove=remove is not None,
    )
    previews = classes.previews.items() if classes else ()
    others = {
        label: _data(linked_picture(one.analysis, one.chips, kind, similarities=similarities, card=one.card(None)))
        for label, one in previews
    }
    data = _data(shown) | {"cards": classes.cards if classes else "", "held": classes.held if classes else ""}
    result: Any = _COMPONENT(
        data=data | {"previews": others, "change": asked_value},
        key=key,
        on_kind_change=_nothing,
        on_hold_change=_nothing,
        on_change_change=_nothing,
        on_again_change=_nothing,
    )
    again = change if result.get("again") else None
    return Pressed(str(result.get("hold") or ""), again.removal.fields if again and again.removal else (), asked)


def mount(linked: Linked, *, key: str) -> None:
    """Mount a linked picture; a pinned word stays pinned while its text stays."""
    _COMPONENT(data=_data(linked), key=key, on_kind_change=_nothing)


def _data(linked: Linked) -> dict[str, Any]:
    return {
        "html": linked.html,
        "said": linked.said,
        "whatIf": linked.what_if,
        "partners": linked.partners,
        "texts": linked.texts,
        "places": linked.places,
    }


def _chosen_kind(key: str) -> MatrixKind:
    kind = _state(key, "kind")
    return kind if kind in KINDS else KINDS[0]


def _state(key: str, name: str) -> Any:
    state: Any = st.session_state.get(key)
    return state.get(name) if state is not None else None


def _nothing() -> None:
    """A state needs a callback to be reported."""
