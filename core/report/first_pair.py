"""The first example, analysed beforehand with the default model, so that a first visit shows a result at once.

python -m core.report.first_pair        computes it again and writes assets/first_pair.json
"""

import json

from core.consistency.pair import TextInput
from core.consistency.recompare import recompare
from core.consistency.translations import TranslationResults, analyze_translations
from core.errors import DataError
from core.models.catalogue import DEFAULT_MODEL
from core.models.loader import load_model
from core.paths import ASSETS
from core.settings import LEVELS, Settings
from core.spaces import open_space
from core.store.plain import from_plain, to_plain
from core.text.examples import load_examples

SOURCE, TARGET = "en", "es"
FILE = ASSETS / "first_pair.json"
UNREADABLE = f"{FILE.name} cannot be read; make it again with `python -m core.report.first_pair`."
# The spaces that the page compares in without a file of word vectors.
SPACES = ("isolated", "static", "contextual")


def compute_first_pair() -> tuple[TranslationResults, ...]:
    """Analyse the first `meaning` example, English to Spanish.

    Returns
    -------
    The analysis with the default settings, then the same attributions compared on each level in each space.
    """
    example = load_examples("meaning")[0]
    model = load_model(DEFAULT_MODEL, device="cpu")
    source, target = (TextInput(language, example.texts(language)) for language in (SOURCE, TARGET))
    first = analyze_translations(model, source, [target], Settings())
    wanted = [Settings(level=level, space=space) for level in LEVELS for space in SPACES]
    others = [settings for settings in wanted if settings != first.settings]
    again = [recompare(first, settings, lambda _, asked: open_space(model, asked)) for settings in others]
    return (first, *again)


def load_first_pair() -> tuple[TranslationResults, ...]:
    """Return the shipped comparisons, that with the default settings first.

    Raises DataError where the file is missing or of another version.
    """
    try:
        plain = json.loads(FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(UNREADABLE) from error
    if not isinstance(plain, list) or not plain:
        raise DataError(UNREADABLE)
    return from_plain(tuple[TranslationResults, ...], plain)


def main() -> None:
    """Compute and write the shipped analysis."""
    FILE.write_text(json.dumps(to_plain(compute_first_pair()), ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
