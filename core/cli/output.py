"""Progress lines of long commands."""

import sys
import time

# What `--dataset` takes beside the data sets of the catalogue.
OWN = "a file, a folder, or files with commas between"


def narrate(line: str) -> None:
    """Print one line to stderr, after the time."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)
