"""Page "Atlas": the first screen, with doors to the example, the answer, the words, and one's own pair."""

import streamlit as st

from dashboard.atlas.doors import PAIR, pair_link, show_doors
from dashboard.shared.navigation import page_titled
from dashboard.shared.page_actions import page_head
from dashboard.shared.store import find_results

parameters = {name: str(value) for name, value in st.query_params.to_dict().items()}
pair_page = page_titled(PAIR)
if pair_page is not None and pair_link(parameters):
    # The first page was "Translation pair" once, and links to it are without a name.
    st.switch_page(pair_page, query_params=parameters)
head = page_head("CCTA Explorer")
head.link("The address of this page.")
st.markdown("Do multilingual language models rely on the same words in every language?")
show_doors(find_results(lambda: None))
