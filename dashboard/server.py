"""`python -m dashboard.server run ...`: Streamlit's command in a process that imports for the pages meanwhile."""

from streamlit.web.cli import main

from dashboard.preload import start_preload

if __name__ == "__main__":
    start_preload()
    main(prog_name="streamlit")
