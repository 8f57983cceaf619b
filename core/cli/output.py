"""Progress lines of long commands."""

import sys
import time


def narrate(line: str) -> None:
    """Print one line to stderr, after the time."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)
