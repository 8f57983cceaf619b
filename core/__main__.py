"""`python -m core`."""

import os

# Set before torch is loaded: threads that spin while waiting slow down when another program uses the processor.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from core.cli.app import main

if __name__ == "__main__":
    main()
