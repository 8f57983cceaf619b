"""Pictures and sentences as pure functions of results; only `dashboard.shared.picture` touches Streamlit."""
