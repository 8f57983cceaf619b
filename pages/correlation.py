"""Page "Correlation": does performance rise with consistency across languages?"""

import streamlit as st

from dashboard.correlation.beside import beside_c
from dashboard.correlation.choices import choose_correlation
from dashboard.correlation.figure2 import bars, coefficients
from dashboard.correlation.files import correlation_files
from dashboard.correlation.view import answer_card, open_point, scatters
from dashboard.shared.address import Address
from dashboard.shared.grid_sources import grids_of
from dashboard.shared.page_actions import page_head
from dashboard.shared.store import find_results, paper_alone
from dashboard.shared.style import chart_theme

address = Address("correlation")
head = page_head("Correlation")
results = find_results(head.link)
choice = choose_correlation(address, results)
if not grids_of(results):
    paper_alone(results)

shown = choice.shown()
if not shown:
    st.info("No performance is stored for these checkpoints, so there is nothing to correlate with C.")
    address.write()
    head.link()
    st.stop()
answer_card(choice, shown)
left, right = st.columns([2, 1])
with left:
    scatters(choice, shown)
    open_point(address, shown)
with right:
    bars(choice)
beside_c(choice, shown)
coefficients(choice)

address.write()
head.link()
head.files(correlation_files(choice, shown, chart_theme()))
