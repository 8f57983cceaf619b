"""Entry of the dashboard: page configuration, style and navigation. Start it with `python -m dashboard`."""

import streamlit as st

from dashboard.preload import is_preloading, wait_for_preload
from dashboard.service.visitors import keep_within_memory
from dashboard.shared.account import account_box
from dashboard.shared.address import note_page
from dashboard.shared.navigation import offer
from dashboard.shared.style import load_style
from dashboard.shared.theme_reporter import report_theme

st.set_page_config(page_title="CCTA Explorer", page_icon="assets/logo.svg", layout="wide")
load_style()
report_theme()
st.logo("assets/logo.svg", size="small")
st.sidebar.markdown("**CCTA Explorer**")
account_box()
keep_within_memory()
pages = [
    st.Page("../pages/atlas.py", title="Atlas", default=True),
    st.Page("../pages/translation_pair.py", title="Translation pair"),
    st.Page("../pages/words.py", title="Words"),
    st.Page("../pages/results.py", title="Results"),
    st.Page("../pages/source_languages.py", title="Source languages"),
    st.Page("../pages/correlation.py", title="Correlation"),
    st.Page("../pages/runs.py", title="Runs"),
    st.Page("../pages/about.py", title="About"),
]
offer(pages)
page = st.navigation(pages)
note_page(page.title)
if is_preloading():
    with st.spinner("Starting: loading PyTorch and the statistics"):
        wait_for_preload()
page.run()
