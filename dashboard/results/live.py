"""From a stored example to the page "Translation pair", with its texts, checkpoint and settings."""

import streamlit as st

from dashboard.results.opened import Opened
from dashboard.shared.drafts import Draft, SideDraft, hold_texts
from dashboard.shared.examples.texts import Texts
from dashboard.shared.help_texts import explained
from dashboard.shared.pair_link import not_offered, settings_link

PAIR_PAGE = "../pages/translation_pair.py"
LIVE_HELP = "Opens the texts on the page Translation pair, with this checkpoint and the settings of the run."


def analyse_live(opened: Opened, texts: Texts) -> None:
    """The button that opens the texts on the page "Translation pair"; none without text or model."""
    identity = opened.example.identity
    if opened.analysis is None or not texts:
        return
    settings = opened.analysis.settings
    pressed = st.button("Analyse live", help=explained(LIVE_HELP, "choices"))
    if missing := not_offered(settings):
        names = ", ".join(f"{name} {value}" for name, value in missing)
        st.caption(f"C can differ there, since that page does not offer these settings of the run: {names}.")
    if not pressed:
        return
    fields = texts.fields(opened.example.row) or {}
    sides = [
        SideDraft(side.language, (*fields[side.language], "")[:2])
        for side in (opened.example.source, opened.example.target)
    ]
    gold = opened.example.source.prediction.gold if opened.example.source.prediction else None
    draft = Draft(sides[0], (sides[1],), label=gold)
    st.session_state.pop("pair", None)
    link = settings_link(settings) | {"model": identity.checkpoint, "h": hold_texts(draft)}
    st.switch_page(PAIR_PAGE, query_params=link)
