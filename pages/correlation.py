"""Page "Correlation": does performance rise with consistency across languages?"""

import streamlit as st

from dashboard.correlation.choices import choose_correlation
from dashboard.correlation.files import correlation_files
from dashboard.correlation.view import bars, coefficients, open_point, scatters, sentence
from dashboard.shared.address import Address
from dashboard.shared.grid_sources import grids_of
from dashboard.shared.page_actions import copy_link, download_files, title_row
from dashboard.shared.store import find_results, paper_alone
from dashboard.shared.style import chart_theme

address = Address("correlation")
_, actions = title_row("Correlation")


def show_link() -> None:
    """Every state of the page has it."""
    with actions:
        copy_link()


results = find_results(show_link)
choice = choose_correlation(address, results)
if not grids_of(results):
    paper_alone(results)

shown = choice.shown()
if not shown:
    st.info("No performance was stored for these checkpoints, so there is nothing to correlate with C.")
    address.write()
    show_link()
    st.stop()
sentence(choice, shown)
left, right = st.columns([2, 1])
with left:
    scatters(choice, shown)
    open_point(address, shown)
with right:
    bars(choice)
coefficients(choice)

address.write()
show_link()
with actions:
    download_files(correlation_files(choice, shown, chart_theme()))
