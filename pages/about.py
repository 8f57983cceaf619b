"""Page "About": what C is, how to read the pictures, what the choices change, how to cite."""

import streamlit as st

from dashboard import about

st.header("About", anchor=False)
with st.container(key="about-column"):
    about.definition()
    about.worked_picture()
    about.how_to_read()
    about.choices()
    about.limits()
    about.citing()
    about.versions_and_settings()
    about.licences()
