"""The first example, analysed beforehand with the default model, so that a first visit shows a result at once.

python -m core.report.first_pair        computes it again and writes assets/first_pair.json
"""

import json

from core.consistency.pair import TextInput
from core.consistency.translations import TranslationResults, analyze_translations
from core.errors import DataError
from core.models.catalogue import DEFAULT_MODEL
from core.models.loader import load_model
from core.paths import ASSETS
from core.settings import Settings
from core.store.plain import from_plain, to_plain
from core.text.examples import load_examples

SOURCE, TARGET = "en", "es"
FILE = ASSETS / "first_pair.json"


def compute_first_pair() -> TranslationResults:
    """Analyse the first `meaning` example, English to Spanish, with the default settings."""
    example = load_examples("meaning")[0]
    model = load_model(DEFAULT_MODEL, device="cpu")
    source, target = (TextInput(language, example.texts(language)) for language in (SOURCE, TARGET))
    return analyze_translations(model, source, [target], Settings())


def load_first_pair() -> TranslationResults:
    """Return the shipped analysis. Raises DataError where the file is missing or of another version."""
    try:
        plain = json.loads(FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{FILE.name} cannot be read; make it again with `python -m core.report.first_pair`."
        ) from error
    return from_plain(TranslationResults, plain)


def main() -> None:
    """Compute and write the shipped analysis."""
    FILE.write_text(json.dumps(to_plain(compute_first_pair()), ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
