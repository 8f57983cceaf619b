"""C of translations and of random sentences in each shared space, with uniform masses: no attribution is involved.

python -m benchmarks.spaces [--data DIR] [--model NAME] [--limit N]      prints a table; some minutes
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import numpy as np
from rich.console import Console
from rich.table import Table

from core.consistency.pair import TextInput, prepare_text
from core.consistency.sides import units_of
from core.consistency.transport import solve
from core.models.catalogue import DEFAULT_MODEL
from core.models.loaded import LoadedModel
from core.models.loader import load_model
from core.paths import data_folder
from core.settings import Settings
from core.spaces import SharedSpace, open_space
from core.spaces.similarity import cosine_similarity
from core.validation.alignment import LANGUAGES, TREATMENTS, auc
from core.validation.gold import PIVOT, read_xl_wa

SETTINGS = Settings(task="meaning", level="word")
LIMIT = 40


def compare_spaces(model: LoadedModel, folder: Path, limit: int) -> list[tuple[str, str, float, float, float, int]]:
    """Compare C of a sentence and its translation with C of the sentence and the previous row's translation.

    Parameters
    ----------
    folder : XL-WA, English with Spanish, Bulgarian and Russian. limit : sentence pairs per language, the first ones.

    Returns
    -------
    list of (language, space, mean C of translations, mean C of random sentences, AUC, n)
    """
    rows = []
    for language in LANGUAGES:
        pairs = [(" ".join(pair.source), " ".join(pair.target)) for pair in read_xl_wa(folder, language)[:limit]]
        for name, centred, procrustes in TREATMENTS:
            space = open_space(model, SETTINGS.with_changes(space=name, centred=centred, procrustes=procrustes))
            sources = _vectors(model, space, PIVOT, [source for source, _ in pairs])
            targets = _vectors(model, space, language, [target for _, target in pairs])
            translations = [_consistency(*pair) for pair in zip(sources, targets, strict=True)]
            others = [_consistency(source, targets[k - 1]) for k, source in enumerate(sources)]
            treatment = ", ".join([name, *["centred"] * centred, *["Procrustes"] * procrustes])
            rows.append((language, treatment, mean(translations), mean(others), auc(translations, others), len(pairs)))
    return rows


def _vectors(model: LoadedModel, space: SharedSpace, language: str, texts: Sequence[str]) -> list[np.ndarray]:
    tokenized = [prepare_text(model, TextInput(language, (text,)), SETTINGS).text for text in texts]
    return [space.vectors(text, units_of(text, SETTINGS.level)) for text in tokenized]


def _consistency(source: np.ndarray, target: np.ndarray) -> float:
    source_mass, target_mass = (np.full(len(side), 1 / len(side)) for side in (source, target))
    return solve(source_mass, target_mass, cosine_similarity(source, target)).consistency


def main() -> None:
    """Print one row for each language and space."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder that holds xl-wa (default: CCTA_DATA)")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--limit", type=int, default=LIMIT, help="sentence pairs per language")
    options = parser.parse_args()
    if options.data is None:
        parser.error("there is no data folder; give --data")
    table = Table("language", "space", "C of translations", "C of random sentences", "AUC", "n")
    rows = compare_spaces(load_model(options.model), options.data / "xl-wa", options.limit)
    for language, space, own, others, area, n in rows:
        table.add_row(language, space, f"{own:.3f}", f"{others:.3f}", f"{area:.3f}", str(n))
    Console().print(table)


if __name__ == "__main__":
    main()
