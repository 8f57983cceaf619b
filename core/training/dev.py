"""The development rows of a training, and the scores of a saved checkpoint on them."""

from collections.abc import Mapping
from pathlib import Path

from core.callbacks import MessageCallback
from core.data.catalogue import get_dataset
from core.data.load import available_languages, choose_rows, load_parallel
from core.data.rows import ParallelRows
from core.evaluation.evaluate import evaluate
from core.models.loader import load_model
from core.text.languages import get_language

VALIDATION = "validation"


def load_dev_rows(dataset: str, language: str, source: str | Path) -> dict[str, ParallelRows]:
    """Return the rows by language: the training language first, then the paper's others that are available.

    Raises LanguageError and DataError as `load_parallel` does.
    """
    available = set(available_languages(dataset, source))
    others = [code for code in get_dataset(dataset).languages if code != language and code in available]
    return load_parallel(dataset, [language, *others], VALIDATION, source)


def sample_rows(rows: ParallelRows, limit: int | None, seed: int) -> ParallelRows:
    """Return `limit` of the rows, drawn with `seed`; None takes all."""
    return rows.take(choose_rows(len(rows), limit, seed))


def score_folder(
    folder: Path, dev: Mapping[str, ParallelRows], *, limit: int, seed: int, device: str, say: MessageCallback
) -> dict[str, dict[str, float]]:
    """Return language -> metric -> mean over `limit` rows, of the saved checkpoint as it is loaded from disk."""
    saved = load_model(str(folder), device=device)
    scores: dict[str, dict[str, float]] = {}
    for code, rows in dev.items():
        say(f"Scoring on {get_language(code).name}")
        scores[code] = evaluate(saved, sample_rows(rows, limit, seed)).means()
    return scores
