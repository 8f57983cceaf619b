"""The option `--seed` of commands that have no settings."""

from typing import Any

import typer

from core.setting_checks import LARGEST_SEED


def seed_option(what: str) -> Any:
    """Return the option for the seed of `what`, as in "the sample of rows"."""
    return typer.Option(help=f"Seed of {what}.", min=0, max=LARGEST_SEED)
