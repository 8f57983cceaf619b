"""Page "Runs": what the store holds, how far the run at work is, and the form that starts one."""

import streamlit as st

from dashboard.runs.files import run_files
from dashboard.runs.form import start_form
from dashboard.runs.process import run_desk
from dashboard.runs.view import run_details, runs_table
from dashboard.runs.work import work_in_progress
from dashboard.shared.address import Address
from dashboard.shared.page_actions import copy_link, download_files, title_row
from dashboard.shared.store import find_results, no_results
from dashboard.shared.verbatim import verbatim

address = Address("runs")
_, actions = title_row("Runs")


def close() -> None:
    """What a page with nothing to download still offers."""
    with actions:
        copy_link()


desk = run_desk()
work_in_progress(desk)
results = find_results(close)
if results is None:
    no_results()
    start_form(desk, None)
    close()
    st.stop()
st.caption(f"Store {verbatim(results.location)}")
run, table = runs_table(results, address)
address.write()
start_form(desk, results.reader.snapshot)
run_details(results, run)
with actions:
    copy_link()
    download_files(run_files(results, table))
