"""Readable names of languages, data sets, models and translations."""

from collections.abc import Sequence

from core.data.catalogue import DATASETS
from core.data.cells import SPLIT
from core.models.catalogue import ModelSpec
from core.results import ModelInfo, PairAnalysis
from core.text.languages import LANGUAGES, get_language


def dataset_title(name: str, split: str) -> str:
    """The data set's name as people write it; a file's own name, even where that is a data set's."""
    return DATASETS[name].title if name in DATASETS and split != SPLIT else name


def language_name(code: str) -> str:
    return LANGUAGES[code].name if code in LANGUAGES else code


def language_names(analysis: PairAnalysis) -> tuple[str, str]:
    """The names of source and target language."""
    return get_language(analysis.source.language).name, get_language(analysis.target.language).name


def numbered_names(codes: Sequence[str | None]) -> list[str]:
    """A label for each translation: its language, numbered where two share one."""
    names: list[str] = []
    for index, code in enumerate(codes):
        name = get_language(code).name if code else f"Translation {index + 1}"
        names.append(f"{name} ({index + 1})" if name in names else name)
    return names


def model_title(model: ModelSpec | ModelInfo) -> str:
    """`e5-small, NLI, trained in English`: the model's title, with its training language if it does not name it."""
    language = training_language(model)
    return model.title if not language or language in model.title else f"{model.title}, trained in {language}"


def training_language(model: ModelSpec | ModelInfo) -> str:
    """The name of the language a checkpoint was fine-tuned in; "" without one."""
    code = model.train_language or ""
    return LANGUAGES[code].name if code in LANGUAGES else code


def short_names(first: ModelInfo, second: ModelInfo) -> tuple[str, str]:
    """What tells two models apart in few words: their training languages, else their names."""
    languages = training_language(first), training_language(second)
    if all(languages) and languages[0] != languages[1]:
        return f"trained in {languages[0]}", f"trained in {languages[1]}"
    return first.name, second.name
