"""The pages of the dashboard, and links between them that carry choices."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import Page

_OFFERED = "offered-pages"


def offer(pages: Sequence[Page]) -> None:
    """Remember the pages; called by the app's entry."""
    st.session_state[_OFFERED] = {page.title: page for page in pages}


def page_titled(title: str) -> Page | None:
    """The page with a title; None if a page runs on its own, as in tests."""
    pages: Mapping[str, Page] = st.session_state.get(_OFFERED, {})
    return pages.get(title)


def link_to(title: str, label: str, choices: Mapping[str, str]) -> None:
    """A link to another page with some of its choices set."""
    page = page_titled(title)
    if page is not None:
        st.page_link(page, label=label, query_params=dict(choices))
    else:
        st.markdown(f"[{label}]({title.lower().replace(' ', '_')}?{urlencode(choices)})")
