"""`python -m dashboard.server run ...`: Streamlit's command, while a thread imports what the pages need."""

from streamlit.web.cli import main

from dashboard.preload import start_preload

if __name__ == "__main__":
    start_preload()
    main(prog_name="streamlit")
