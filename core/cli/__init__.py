"""The command line: `python -m core <command>` (DESIGN section 5)."""
