"""Pictures and sentences as pure functions of results; only `dashboard.picture` touches Streamlit."""
