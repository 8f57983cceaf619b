"""Flows against gold word alignments: does importance flow between words that translate each other?

Gold: XL-WA (Martelli et al. 2023), English with one other language, aligned manually.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.consistency.compare import transport
from core.consistency.pair import attribute_texts, prepare_text
from core.models.loaded import LoadedModel
from core.results import Array, Side
from core.settings import Settings
from core.spaces import SharedSpace, open_space
from core.statistics import estimate_mean
from core.validation.findings import Cell, Findings
from core.validation.gold import PIVOT, GoldPair, Links, read_xl_wa, texts_of, usable_pairs
from core.validation.links import between_words, links_of, nearest_links

LANGUAGES = ("es", "bg", "ru")
TREATMENTS: tuple[tuple[str, bool, bool], ...] = (
    ("isolated", False, False),
    ("isolated", True, False),
    ("isolated", True, True),
    ("static", False, False),
    ("static", True, True),
    ("contextual", True, False),
)
MASSES = ("uniform", "attribution")


@dataclass(frozen=True)
class Agreement:
    """Agreement of predicted and gold links in one sentence pair; precision is NaN where nothing is predicted."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total > 0 else 0.0


def measure_alignment(
    model: LoadedModel, folder: Path, *, languages: Sequence[str] = LANGUAGES, limit: int = 40, seed: int = 0
) -> Findings:
    """Compare word-level flows with gold links, for each space, with uniform masses and with attributions.

    Parameters
    ----------
    model : its attributions for the task `meaning` are the masses. limit : sentence pairs per language, drawn with
        `seed`.
    """
    settings = Settings(task="meaning", level="word")
    rows: list[tuple[Cell, ...]] = []
    for language in languages:
        gold = usable_pairs(read_xl_wa(folder, language), limit, seed)
        sides = attributed_sides(model, gold, PIVOT, language, settings)
        for space_name, centred, procrustes in TREATMENTS:
            space = open_space(model, settings.with_changes(space=space_name, centred=centred, procrustes=procrustes))
            rows += _rows_of(language, _title(space_name, centred, procrustes), gold, sides, space)
    return Findings(
        "alignment",
        "Flows against gold word alignments",
        ("language", "space", "masses", "precision", "recall", "F1", "F1 from", "F1 to", "flow on links", "AUC", "n"),
        tuple(rows),
        f"XL-WA, {model.info.name}, word level. A link is predicted where at least half of either word's mass flows; "
        '"nearest" links words that are mutually most similar, without transport. AUC: how often C of a translation '
        "exceeds C with another row's sentence.",
    )


def _rows_of(
    language: str, title: str, gold: Sequence[GoldPair], sides: Sequence[tuple[Side, Side]], space: SharedSpace
) -> Iterator[tuple[Cell, ...]]:
    plans = [transport(*pair, space) for pair in sides]
    nearest = [
        agreement(nearest_links(plan.similarity, pair, left, right), pair.links)
        for plan, pair, (left, right) in zip(plans, gold, sides, strict=True)
    ]
    yield language, title, "nearest", *_summary(nearest), float("nan"), float("nan"), len(gold)
    for masses in MASSES:
        weighted = [(_with_mass(left, masses), _with_mass(right, masses)) for left, right in sides]
        plans = [transport(*pair, space) for pair in weighted]
        flows = [between_words(plan.plan, pair, *both) for plan, pair, both in zip(plans, gold, weighted, strict=True)]
        agreements = [agreement(links_of(*flow), pair.links) for flow, pair in zip(flows, gold, strict=True)]
        mismatched = [transport(left, weighted[k - 1][1], space).consistency for k, (left, _) in enumerate(weighted)]
        matched = [plan.consistency for plan in plans]
        yield (
            language,
            title,
            masses,
            *_summary(agreements),
            _on_links(flows, gold),
            auc(matched, mismatched),
            len(gold),
        )


def agreement(predicted: Links, gold: Links) -> Agreement:
    """Return precision and recall of the links of one sentence pair; NaN where their denominator is 0."""
    n_correct = len(predicted & gold)
    precision = n_correct / len(predicted) if predicted else float("nan")
    return Agreement(precision, n_correct / len(gold) if gold else float("nan"))


def auc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """Return how often a value of `higher` exceeds one of `lower`, ties counting half: the area under the ROC curve."""
    a, b = np.asarray(higher)[:, None], np.asarray(lower)[None, :]
    return float(np.mean((a > b) + 0.5 * (a == b)))


def _with_mass(side: Side, masses: str) -> Side:
    return replace(side, mass=np.full(len(side.mass), 1 / len(side.mass))) if masses == "uniform" else side


def _summary(agreements: Sequence[Agreement]) -> tuple[float, float, float, float, float]:
    f1 = estimate_mean([agreement.f1 for agreement in agreements])
    precision = float(np.nanmean([agreement.precision for agreement in agreements]))
    recall = float(np.nanmean([agreement.recall for agreement in agreements]))
    return precision, recall, f1.value, f1.low, f1.high


def _on_links(flows: Sequence[tuple[Array, Array, Array]], gold: Sequence[GoldPair]) -> float:
    """The share of the flow along gold links, averaged over sentence pairs."""
    shares = [
        sum(float(flow[link]) for link in pair.links) / flow.sum() if flow.sum() > 0 else 0.0
        for (flow, _, _), pair in zip(flows, gold, strict=True)
    ]
    return float(np.mean(shares))


def attributed_sides(
    model: LoadedModel, gold: Sequence[GoldPair], source_language: str, target_language: str, settings: Settings
) -> list[tuple[Side, Side]]:
    """Return both sides of each pair with the attributions of the task `meaning`."""
    sources, targets = texts_of(gold, source_language, target_language)
    prepared = [prepare_text(model, text, settings) for text in sources + targets]
    sides = [attributed.sides[0] for attributed in attribute_texts(model, prepared, settings)]
    return list(zip(sides[: len(gold)], sides[len(gold) :], strict=True))


def _title(space: str, centred: bool, procrustes: bool) -> str:
    return f"{space}, " + (("centred, Procrustes" if procrustes else "centred") if centred else "raw")
