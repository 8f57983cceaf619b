"""The pair shown beside itself: under another setting or an earlier result, and how much it depends on choices."""

import streamlit as st

from core.consistency.sensitivity import Variant, every_change, is_at_hand, single_changes
from core.results import PairAnalysis, PairReport
from core.text.languages import get_language
from dashboard.figures.beside import beside_picture
from dashboard.figures.choices import choices_svg, choices_table
from dashboard.figures.legend import head_html
from dashboard.figures.words.choices import change_title, is_offered, range_sentence
from dashboard.pair.actions import job_progress
from dashboard.pair.session import PairSession
from dashboard.pair.varied import Pin, key_of
from dashboard.shared.linked_view import mount
from dashboard.shared.picture import picture

NONE, SETTING, PINNED = "nothing", "another setting", "a pinned result"
ANEW = " · new attribution"


def compare_section(session: PairSession, report: PairReport, shown: PairAnalysis) -> None:
    """What the pair is beside: nothing at first; another setting, or a result pinned in this visit."""
    varied = session.varied
    st.html(head_html("Compare with", note="Another model is chosen in the sidebar."))
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare-with"):
        kind = st.segmented_control(
            "Compare with", [NONE, SETTING, PINNED], default=NONE, required=True, label_visibility="collapsed"
        )
        if kind == SETTING:
            other = _other_setting(session, shown)
        elif kind == PINNED and varied.pins:
            names = [pin.name for pin in varied.pins]
            chosen = st.selectbox("Pinned result", names, index=len(names) - 1)
            (pin,) = [pin for pin in varied.pins if pin.name == chosen]
            other = (pin.name, next((each for each in pin.analyses if each.end == shown.end), None))
        else:
            other = None
        if st.button("Pin this result", help="Kept for this visit, at most 8."):
            varied.pin(Pin(_pin_name(shown), report.analyses))
            st.rerun()
    if kind == PINNED and not varied.pins:
        st.caption("No result is pinned yet.")
    if other is not None and other[1] is not None:
        mount(beside_picture(shown, other[1], ("This page", other[0])), key="beside")


def _other_setting(session: PairSession, shown: PairAnalysis) -> tuple[str, PairAnalysis | None]:
    """The change that is chosen, and the pair under it; None where it is not computed yet."""
    alone = session.alone()
    changes = {change_title(change): change for change in every_change(shown.settings) if is_offered(change)}
    anew = {title for title, change in changes.items() if alone is None or not is_at_hand(alone, change.settings)}
    title = st.selectbox("Setting", list(changes), format_func=lambda name: name + ANEW * (name in anew))
    change = changes[title]
    if title not in anew:
        reports = session.beside(**{change.name: change.value})
        analyses = reports[0].analyses if reports else ()
    else:
        variant = session.varied.found(key_of(alone, shown.model.name, change.settings)) if alone else None
        analyses = variant.analyses if variant else ()
        if variant is None:
            _compute(session, shown, [change], f"Compute {title}")
        elif variant.error:
            st.error(variant.error)
    return title, next((each for each in analyses if each.end == shown.end), None)


def choices_section(session: PairSession, shown: PairAnalysis) -> None:
    """C, its percentile and the words that carry most, with one setting changed at a time."""
    alone = session.alone()
    if alone is None:
        return
    changes = single_changes(shown.settings)
    with st.expander("How much does this depend on choices?", key="choices"):
        variants = [session.varied.found(key_of(alone, shown.model.name, change.settings)) for change in changes]
        found = [variant for variant in variants if variant is not None]
        if len(found) < len(changes):
            n_anew = sum(not is_at_hand(alone, change.settings) for change in changes)
            st.caption(
                f"{len(changes)} settings, each one change away from this page; {n_anew} of them need new attributions."
            )
            missing = [change for change, variant in zip(changes, variants, strict=True) if variant is None]
            _compute(session, shown, missing, f"Compute {len(missing)}")
        if found:
            picture(choices_svg(shown, found), key="choices-picture")
            st.markdown(range_sentence(shown, found))
            st.dataframe(
                choices_table(shown, found), hide_index=True, width="stretch", alt="C under each changed setting"
            )


def _compute(session: PairSession, shown: PairAnalysis, changes: list[Variant], label: str) -> None:
    varied, alone = session.varied, session.alone()
    if varied.job is None and st.button(label, key=f"vary-{label}") and alone is not None:
        varied.start(alone, shown.model.name, changes)
        st.rerun()
    if varied.job is not None:
        job_progress(varied.job, key=f"cancel-{label}")
    elif varied.error:
        st.error(varied.error)


def _pin_name(shown: PairAnalysis) -> str:
    """What tells a result apart: C, languages, target, and the settings that are not as the page begins."""
    settings = shown.settings
    languages = "–".join(get_language(side.language).code for side in (shown.source, shown.target))
    words = " ".join(unit.text for unit in shown.source.units[:4])
    parts = [f"{shown.consistency:.3f}", languages, words, settings.level, settings.mass, settings.space]
    parts += [settings.baseline] if settings.baseline != "pad" else []
    parts += [settings.aggregate] if settings.aggregate != "sum" else []
    parts += [settings.method] if settings.method != "integrated-gradients" else []
    if shown.source.attribution.target.kind == "class":
        parts.append(shown.source.attribution.target.title)
    return " · ".join(parts)
