"""The link of the page "Translation pair": it holds the settings, and the texts where the visitor wants them kept."""

from collections.abc import Callable

import streamlit as st

from core.errors import CctaError
from dashboard.pair.session import PairSession
from dashboard.service.audit import Deed
from dashboard.service.places import told
from dashboard.service.visitors import note, service_limits
from dashboard.shared.address import current_link, stay
from dashboard.shared.drafts import link_texts

NOT_KEPT = (
    "The link restores the settings. The texts are in the server’s memory only: it opens with them until the server is "
    "restarted."
)


def link_popover(session: PairSession) -> None:
    """The address, with a button that keeps the texts on the server for it, or erases them there."""
    with st.popover("Copy link", width="content"):
        st.code(current_link(), language=None, wrap_lines=True)
        token, limits, texts = session.linked, service_limits(), link_texts()
        kept = bool(token) and texts.is_kept(token)
        if kept:
            st.caption(
                f"The texts are kept on this server for {limits.link_days} days. Whoever has the link can read them."
            )
            if st.button("Erase the texts", on_click=stay):
                _change(texts.erase, token, Deed("erase texts"))
        elif not limits.links:
            st.caption(f"{NOT_KEPT} This server keeps no texts.")
        else:
            st.caption(NOT_KEPT)
            if token and st.button(f"Keep the texts for {limits.link_days} days", on_click=stay):
                _change(texts.keep, token, Deed("keep texts"))


def _change(action: Callable[[str], None], token: str, deed: Deed) -> None:
    try:
        action(token)
    except CctaError as error:
        note(deed, error)
        st.error(told(error))
    else:
        note(deed)
        st.rerun()
