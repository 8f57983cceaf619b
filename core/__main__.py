"""`python -m core`."""

import os

# Before torch is loaded: threads that wait asleep stay fast beside a browser or another program; spinning ones do not.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from core.cli.app import main

if __name__ == "__main__":
    main()
