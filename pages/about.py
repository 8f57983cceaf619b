"""Page "About": what C is, how to read the pictures, what the choices change, how to cite."""

import streamlit as st

from dashboard.about import sections as about
from dashboard.shared.page_actions import copy_link, download_files, title_row

_, actions = title_row("About")
with actions:
    copy_link("The address of this page. That of a section stands at its heading.")
    download_files(about.files())
with st.container(key="about-column"):
    about.definition()
    about.worked_picture()
    about.how_to_read()
    about.choices()
    about.limits()
    about.citing()
    about.versions_and_settings()
    about.licences()
