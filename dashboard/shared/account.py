"""Log-in and log-out in the sidebar, where the operator's file has a `[login]` table."""

import streamlit as st

from dashboard.service.visitors import account, login_rules
from dashboard.shared.verbatim import verbatim


def account_box() -> None:
    """The account of this visitor with a button to log out, or the button to log in."""
    rules = login_rules()
    if rules is None:
        return
    address = account()
    with st.sidebar:
        if address:
            st.caption(verbatim(address))
            st.button("Log out", on_click=st.logout, key="log-out")
        elif st.user.get("is_logged_in"):
            st.caption(verbatim(f"{st.user.get('email', 'This account')} is not admitted to this server."))
            st.button("Log out", on_click=st.logout, key="log-out")
        else:
            st.button("Log in", on_click=st.login, key="log-in")
