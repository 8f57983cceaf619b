"""Spaces against lexicons: is a held-out word's nearest foreign word its translation?"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.callbacks import MessageCallback
from core.models.loaded import LoadedModel
from core.settings import LEVELS
from core.spaces.align import LEARNED_SPACES, align_space
from core.spaces.lexicon import HELD_OUT
from core.validation.findings import Cell, Findings


def measure_retrieval(
    model: LoadedModel,
    lexicon: Path,
    *,
    languages: Sequence[str],
    n_pairs: int = 5000,
    seed: int = 0,
    progress: MessageCallback | None = None,
) -> Findings:
    """Return P@1 of each learned space and level: raw, centred, and with a newly learned Procrustes map.

    Parameters
    ----------
    lexicon : a folder laid out like MUSE. n_pairs : training pairs per language, most frequent first.
    """
    rows: list[tuple[Cell, ...]] = []
    for space in LEARNED_SPACES:
        for level in LEVELS:
            report = align_space(
                model,
                space=space,
                level=level,
                lexicon=lexicon,
                languages=languages,
                seed=seed,
                n_pairs=n_pairs,
                progress=progress,
            )
            precisions = [result.precision for result in report.languages.values()]
            worst = min(report.languages, key=lambda language: report.languages[language].precision.procrustes)
            means = [
                float(np.mean([getattr(precision, name) for precision in precisions]))
                for name in ("raw", "centred", "procrustes")
            ]
            n = sum(result.n_tested for result in report.languages.values())
            lowest = report.languages[worst].precision.procrustes
            rows.append((space, level, *means, f"{worst} {lowest:.3f}", n))
    return Findings(
        "retrieval",
        "Precision at 1 on held-out lexicon words",
        ("space", "level", "raw", "centred", "centred, Procrustes", "lowest", "words"),
        tuple(rows),
        f"MUSE, {model.info.name}, mean of {' '.join(languages)}. {HELD_OUT:.0%} of the English words and their "
        f"translations are held out; the map is learned from at most {n_pairs:,} pairs per language.",
    )
