"""Examples that share a premise, a sentence or a context: the way from one of them to all, and back."""

import streamlit as st

from dashboard.figures.numbers import count, counted
from dashboard.results.choices import FILTERS, ResultsChoice, near_row
from dashboard.shared.address import Address
from dashboard.shared.examples.facets import SHARED_TEXT, Facets


def choose_near(facets: Facets, address: Address) -> None:
    """While only the examples of one cluster are listed, the pill that says so, and lets go of it."""
    row = near_row(address)
    if row is None:
        return
    n = len(facets.cluster_of(row))
    with st.container(width="content"):
        address.pills("near", "Shared text", {str(row): f"as row {count(row)} · {count(n)}"}, reset=("page",))


def sharing_examples(facets: Facets, choice: ResultsChoice, address: Address) -> None:
    """On an opened example: how many others share its text, with the button that lists them."""
    row = int(choice.row or 0)
    others = [one for one in facets.cluster_of(row) if one != row]
    if not others:
        return

    def show() -> None:
        address.drop(*FILTERS, "row", "from", "page")
        address.set("near", str(row))

    what = SHARED_TEXT.get(choice.identity.task, "Text").lower()
    verb = "shares" if len(others) == 1 else "share"
    through = ", directly or through another" if choice.identity.task == "paraphrase" else ""
    with st.container(horizontal=True, vertical_alignment="center", key="sharing"):
        st.caption(f"{counted(len(others), 'other example')} {verb} a {what} with this one{through}.", width="content")
        st.button("List them", key="list-sharing", on_click=show)
