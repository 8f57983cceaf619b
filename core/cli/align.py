"""`align-space`: learn the language means and Procrustes maps of a shared space from bilingual lexicons."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from core.cli.seeds import seed_option
from core.errors import DataError
from core.models.catalogue import DEFAULT_MODEL
from core.models.loader import load_model
from core.paths import data_folder
from core.spaces.align import align_space as learn
from core.spaces.align import format_report, write_maps
from core.spaces.maps import PIVOT, learned_folder
from core.text.languages import PAPER_LANGUAGES, get_language


def align_space(  # noqa: PLR0917 - one parameter an option
    model: Annotated[str, typer.Option(help="Catalogue name, local directory or hub id.")] = DEFAULT_MODEL,
    space: Annotated[str, typer.Option(help="isolated or static.")] = "isolated",
    level: Annotated[str, typer.Option(help="token or word.")] = "token",
    lexicon: Annotated[Path | None, typer.Option(help="Folder of lexicons, one folder en-xx per language.")] = None,
    languages: Annotated[str, typer.Option(help="Codes separated by commas, or all.")] = "all",
    pairs: Annotated[int, typer.Option(help="Lexicon pairs per language to learn from.")] = 5000,
    seed: Annotated[int, seed_option("the choice of held-out words")] = 0,
    output: Annotated[Path | None, typer.Option(help="Folder to write to (default: the user's cache).")] = None,
) -> None:
    """Learn each language's mean and rotation into English; print the precision at 1 on held-out words."""
    folder = lexicon or _default_lexicon()
    codes = [code for code in PAPER_LANGUAGES if code != PIVOT]
    if languages != "all":
        codes = [get_language(code).code for code in languages.split(",")]
    with Console(stderr=True).status(f"Loading {model}") as status:
        loaded = load_model(model, progress=status.update)
        report = learn(
            loaded,
            space=space,
            level=level,
            lexicon=folder,
            languages=codes,
            seed=seed,
            n_pairs=pairs,
            progress=status.update,
        )
    typer.echo(format_report(report))
    typer.echo(f"Written to {write_maps(report, output or learned_folder())}")


def _default_lexicon() -> Path:
    data = data_folder()
    if data is None or not (data / "muse").is_dir():
        raise DataError("There is no lexicon: give --lexicon FOLDER, or set CCTA_DATA to a folder that contains muse.")
    return data / "muse"
