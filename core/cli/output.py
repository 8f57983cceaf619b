"""What commands that run for long print while they work."""

import sys
import time


def narrate(line: str) -> None:
    """Print one line with the time to stderr."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)
