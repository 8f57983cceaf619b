"""The option `--seed` of commands that have no settings."""

from typing import Any

import typer

# NumPy's older generators, which a training seeds too, take 32 bits.
LARGEST_SEED = 2**32 - 1


def seed_option(what: str) -> Any:
    """Return the option for the seed of `what`, as in "the sample of rows"."""
    return typer.Option(help=f"Seed of {what}.", min=0, max=LARGEST_SEED)
