"""`align-space`: learn the centring and the Procrustes maps of a shared space from bilingual lexicons."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.models.catalogue import DEFAULT_MODEL
from core.models.loader import load_model
from core.paths import cache_folder, data_folder


def align_space(
    model: Annotated[str, typer.Option(help="Catalogue name or local directory.")] = DEFAULT_MODEL,
) -> None:
    """Learn each language's mean and its rotation into English."""
