"""`python -m dashboard.server run ...`: Streamlit's command, while a thread imports what the pages need."""

from streamlit.web.cli import main

from dashboard.preload import start_preload
from dashboard.service.logs import keep_texts_out_of_logs

if __name__ == "__main__":
    keep_texts_out_of_logs()
    start_preload()
    main(prog_name="streamlit")
