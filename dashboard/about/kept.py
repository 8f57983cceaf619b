"""What this server keeps of its visitors: where, and for how long."""

import streamlit as st

from core.paths import most_pairs
from dashboard.figures.numbers import count
from dashboard.service.limits import ServiceLimits
from dashboard.service.login import LoginRules
from dashboard.service.visitors import login_rules, service_limits


def kept_here() -> None:
    """The section of the page: one point for each thing that is kept."""
    st.header("What this server keeps", anchor="kept")
    st.markdown("\n".join(f"- {line}" for line in kept_lines(service_limits(), login_rules(), runs=most_pairs() > 0)))


def kept_lines(limits: ServiceLimits, login: LoginRules | None, *, runs: bool) -> list[str]:
    """What a server with these limits keeps, a line for each thing."""
    lines = [
        "**Texts** that you type are held in the server’s memory under a random token, which the address of the page "
        "contains, so that a reload finds them. They are gone when the server restarts, and the oldest ones earlier, "
        "when newer texts need the room. A text that is refused is not held, and no text is written to a log."
    ]
    if limits.links:
        lines.append(
            "**Kept texts**: only “Keep the texts” under “Copy link” writes them to the server’s disk "
            f"(`CCTA_CACHE/texts`), readable by the server alone, for {limits.link_days} days. All kept texts have "
            f"{count(limits.link_megabytes)} MB; the oldest make room. Whoever has the link can read them, and erase "
            "them in the same place."
        )
    else:
        lines.append("**Kept texts**: this server writes no text of the page Translation pair to its disk.")
    if runs:
        lines.append(
            "**Files for runs** are kept on the server’s disk (`CCTA_CACHE/files`) for "
            f"{limits.upload_days} days after they were last uploaded, in {count(limits.uploads_megabytes)} MB for all "
            "visitors; the oldest make room. A file that is refused is not kept. The results of a run contain its "
            "tokens; they stay in the store, which every visitor can read, until the operator deletes them."
        )
    if limits.audit:
        who = "your account’s address" if login else "a random name of your session"
        lines.append(
            f"**Audit log**: time, {who}, kind of work, model, sizes, outcome and duration; no text. "
            f"It has {count(limits.audit_megabytes * limits.audit_files)} MB; the oldest lines go first."
        )
    if login:
        lines.append(
            "**Log-in**: a signed cookie in your browser holds what the log-in service says of your account, such as "
            "its address, for 30 days or until you log out. The server keeps no list of accounts."
        )
    return lines
