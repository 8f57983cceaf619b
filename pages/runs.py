"""Page "Runs": what the store holds, the progress of the current run, and the form that starts one."""

import streamlit as st

from dashboard.runs.files import run_files
from dashboard.runs.form import nothing_yet, start_form
from dashboard.runs.process import run_desk
from dashboard.runs.view import run_details, runs_table
from dashboard.runs.work import outcome, work_in_progress
from dashboard.service.places import told
from dashboard.shared.address import Address
from dashboard.shared.page_actions import page_head
from dashboard.shared.store import find_results
from dashboard.shared.verbatim import verbatim

address = Address("runs")
head = page_head("Runs")
desk = run_desk()
work_in_progress(desk)
results = find_results(head.link)
if results is None:
    nothing_yet()
    start_form(desk, None)
    head.link()
    st.stop()
outcome(desk.last, results)
st.caption(f"Store: {verbatim(told(results.location))}")
run, table = runs_table(results, address)
address.write()
start_form(desk, results.reader.snapshot)
run_details(results, run)
head.link()
head.files(run_files(results, table))
