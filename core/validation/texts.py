"""The texts on which attributions are validated: rows of XNLI test in six or eight languages, drawn with a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.attribution.targets import choose_targets, predict
from core.data.load import available_languages, choose_rows, load_parallel
from core.errors import TaskError
from core.models.loaded import LoadedModel
from core.results import Target, TokenizedText
from core.settings import get_task
from core.text.tokenization import tokenize

DATASET, SPLIT = "xnli", "test"
LANGUAGES = ("en", "es", "zh", "hi", "de", "ar")
MORE_LANGUAGES = (*LANGUAGES, "ru", "tr")


@dataclass(frozen=True)
class Explained:
    """One text: its language, its fields, and the row of the data set that it is of, the same in all languages."""

    language: str
    fields: tuple[str, ...]
    row: int


def sample_texts(
    model: LoadedModel, data: str | Path, *, limit: int = 8, seed: int = 0, languages: Sequence[str] = LANGUAGES
) -> list[Explained]:
    """Return `limit` rows in each available one of `languages`: both fields for `nli`, the first for `meaning`.

    Raises TaskError for a model of another task.
    """
    if model.task not in ("nli", "meaning"):
        raise TaskError(
            f"{model.info.name} is a {model.task} model. Validate with an nli model, or a base for meaning."
        )
    available = available_languages(DATASET, data)
    read = [language for language in languages if language in available] or available
    rows = load_parallel(DATASET, read, SPLIT, data)
    n_fields = len(get_task(model.task).fields)
    chosen = choose_rows(len(rows[read[0]]), limit, seed)
    return [
        Explained(language, texts[:n_fields], row)
        for language, of_language in rows.items()
        for row, texts in zip(chosen, of_language.take(chosen).texts, strict=True)
    ]


def explained_texts(model: LoadedModel, texts: Sequence[Explained]) -> tuple[list[TokenizedText], list[Target]]:
    """Tokenize the texts; the target of each is the model's own prediction."""
    tokenized = [tokenize(model, model.task, text.language, text.fields) for text in texts]
    predictions = predict(model, tokenized, model.task)
    (targets,) = choose_targets(
        model, tokenized, predictions, task=model.task, explain="own", gold=[None] * len(tokenized)
    )
    return tokenized, targets
