"""How a visit of the page "Translation pair" begins: from a link, from its languages, or with the shipped example."""

from dataclasses import replace

import streamlit as st

from core.errors import CctaError, DataError
from core.models.catalogue import DEFAULT_MODEL
from core.report.first_pair import SOURCE, TARGET, load_first_pair
from core.settings import Settings
from core.text.examples import load_examples
from core.text.languages import PAPER_LANGUAGES
from dashboard.pair.at_hand import AtHand
from dashboard.pair.session import (
    SOURCE_LANGUAGE,
    TARGET_LANGUAGE,
    TEXTS,
    TRANSLATION,
    AnalysisRequest,
    PairSession,
)
from dashboard.service.places import told
from dashboard.shared.address import Address
from dashboard.shared.drafts import example_draft, recall_texts


def pair_session(task: str, address: Address) -> PairSession:
    """Return this browser session's state, with the result of a finished analysis, for the task chosen.

    It is made on the first run, from the link, else from the shipped example; and again where someone goes back or
    forward to an address of other texts.
    """
    address.keep(TEXTS, SOURCE_LANGUAGE, TARGET_LANGUAGE)
    before: PairSession | None = st.session_state.get("pair")
    if before is None or (address.opened and address.peek(TEXTS) != before.linked):
        session = _from_link(task, address) or _first_visit()
        session.linked = address.peek(TEXTS)
        if before is not None:
            if before.job is not None:
                before.job.cancel()
            session.draft = replace(session.draft, version=before.draft.version + 1)
            session.earlier, session.varied = before.earlier, before.varied
            session.tokens = before.tokens | session.tokens
        st.session_state["pair"] = session
    session = st.session_state["pair"]
    session.collect()
    session.change_task(task)
    # A link of earlier versions leaves it to its texts which translation is shown.
    if address.opened and (before is not None or address.peek(TRANSLATION)):
        session.follow(address)
    session.tell(address)
    return session


def _first_visit() -> PairSession:
    """The first example, already analysed."""
    draft = example_draft(load_examples("meaning")[0], SOURCE, [TARGET], version=0)
    session = PairSession(draft, example_fingerprint=draft.fingerprint("meaning"))
    try:
        shipped = load_first_pair()
    except DataError:
        session.run_at_once = True
        return session
    session.at_hand, session.result = AtHand(shipped), shipped[0]
    session.shown_request = AnalysisRequest(draft.fingerprint("meaning"), Settings(), DEFAULT_MODEL)
    session.shown_seconds = shipped[0].seconds
    return session


def _from_link(task: str, address: Address) -> PairSession | None:
    token = address.get(TEXTS)
    if not token:
        return _example_in(task, address.get(SOURCE_LANGUAGE), address.get(TARGET_LANGUAGE))
    try:
        draft = recall_texts(token, version=0)
    except CctaError as error:
        session = _first_visit()
        session.link_error = told(error)
        return session
    return PairSession(draft, task=task, run_at_once=True, tokens={draft.fingerprint(task): token})


def _example_in(task: str, source: str, target: str) -> PairSession | None:
    """The first example in the languages that the address names; None unless both are languages of the examples."""
    if source not in PAPER_LANGUAGES or target not in PAPER_LANGUAGES:
        return None
    draft = example_draft(load_examples(task)[0], source, [target], version=0)
    return PairSession(draft, task=task, example_fingerprint=draft.fingerprint(task), run_at_once=True)
