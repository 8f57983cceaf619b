"""`validate`: are the numbers meaningful? Flows, attributions, spaces and integrals against independent truth."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from core.cli.output import narrate
from core.errors import DataError, OptionError
from core.models.catalogue import DEFAULT_MODEL
from core.models.loaded import LoadedModel
from core.models.loader import load_model
from core.paths import data_folder
from core.spaces.maps import PIVOT
from core.text.languages import get_language
from core.validation.alignment import measure_alignment
from core.validation.convergence import measure_convergence
from core.validation.faithfulness import measure_faithfulness
from core.validation.findings import Findings, to_json, to_markdown, to_text
from core.validation.retrieval import measure_retrieval
from core.validation.texts import Explained, sample_texts

CHECKS = ("alignment", "faithfulness", "retrieval", "convergence")
FORMATS = ("text", "markdown", "json")
ALIGNMENTS, LEXICONS = "xl-wa", "muse"
SENTENCE_PAIRS, TEXTS = 40, 8


@dataclass(frozen=True)
class _Asked:
    """What the user chose, checked."""

    model: LoadedModel
    data: Path
    limit: int | None
    n_pairs: int
    seed: int


def validate(  # noqa: PLR0917 - one parameter an option
    check: Annotated[str, typer.Option(help=f"{', '.join(CHECKS)}; with commas between, or all.")] = "all",
    model: Annotated[
        str, typer.Option(help="Catalogue name or directory: a base, or an nli checkpoint.")
    ] = DEFAULT_MODEL,
    data: Annotated[
        str | None, typer.Option(help="Folder that holds xnli, xl-wa and muse (default: CCTA_DATA).")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Rows a language (default: 40 sentence pairs, 8 texts).")] = None,
    n_pairs: Annotated[int, typer.Option(help="Lexicon pairs a language that maps are learned from.")] = 5000,
    seed: Annotated[int, typer.Option(help="Seed of the choice of rows.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    format: Annotated[str, typer.Option(help=f"{', '.join(FORMATS)}.")] = "text",
) -> None:
    """Measure whether the numbers mean something.

    Flows against gold word alignments, attributions against the model without the tokens they name, spaces against
    lexicons, and `--steps auto` against 300 nodes.
    """
    names = list(CHECKS) if check == "all" else [name.strip() for name in check.split(",")]
    wrong = [name for name in names if name not in CHECKS]
    if wrong:
        raise OptionError(f"Unknown check {wrong[0]!r}. Choose of {', '.join(CHECKS)}, or all.")
    if format not in FORMATS:
        raise OptionError(f"Unknown format {format!r}. Choose one of {', '.join(FORMATS)}.")
    if limit is not None and limit < 2:
        raise OptionError(f"limit {limit} is too small: use 2 or more.")
    folder = _folder(data)
    asked = _Asked(load_model(model, device=device, progress=narrate), folder, limit, n_pairs, seed)
    found = []
    for name in names:
        narrate(f"Measuring {name}")
        found.append(_MEASURES[name](asked))
    if format == "json":
        typer.echo(json.dumps([to_json(entry) for entry in found], indent=1, ensure_ascii=False))
    else:
        typer.echo("\n".join((to_text if format == "text" else to_markdown)(entry) for entry in found))


def _folder(data: str | None) -> Path:
    folder = Path(data) if data else data_folder()
    if folder is None or not folder.is_dir():
        raise DataError(
            "There is no data folder. Give --data, or set CCTA_DATA, to one that holds xnli, xl-wa and muse."
        )
    return folder


def _alignment(asked: _Asked) -> Findings:
    folder = asked.data / ALIGNMENTS
    return measure_alignment(asked.model, folder, limit=asked.limit or SENTENCE_PAIRS, seed=asked.seed)


def _faithfulness(asked: _Asked) -> Findings:
    return measure_faithfulness(asked.model, _texts(asked), seed=asked.seed)


def _convergence(asked: _Asked) -> Findings:
    return measure_convergence(asked.model, _texts(asked))


def _texts(asked: _Asked) -> list[Explained]:
    return sample_texts(asked.model, asked.data, limit=asked.limit or TEXTS, seed=asked.seed)


def _retrieval(asked: _Asked) -> Findings:
    folder = asked.data / LEXICONS
    found = sorted(path.name.removeprefix(f"{PIVOT}-") for path in folder.glob(f"{PIVOT}-*"))
    if not found:
        raise DataError(f"The folder {folder} holds no lexicon. Restore it, or give another --data.")
    languages = [get_language(code).code for code in found]
    return measure_retrieval(
        asked.model, folder, languages=languages, n_pairs=asked.n_pairs, seed=asked.seed, say=narrate
    )


_MEASURES: dict[str, Callable[[_Asked], Findings]] = {
    "alignment": _alignment,
    "faithfulness": _faithfulness,
    "retrieval": _retrieval,
    "convergence": _convergence,
}
