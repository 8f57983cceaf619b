"""Page "About": what C is, how to read the pictures, what the choices change, how to cite."""

import streamlit as st

from dashboard.about import sections as about
from dashboard.about.kept import kept_here
from dashboard.shared.page_actions import page_head

head = page_head("About")
head.link("The address of this page. Each heading has a link to its own section.")
head.files(about.files())
with st.container(key="about-column"):
    about.definition()
    about.worked_picture()
    about.references()
    about.how_to_read()
    about.choices()
    about.limits()
    kept_here()
    about.citing()
    about.versions_and_settings()
    about.licences()
