"""Flows against gold word alignments: does importance flow between words that translate each other?

Gold: XL-WA (Martelli et al. 2023), English with one other language, aligned manually.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from core.consistency.pair import TextInput, attribute_texts, prepare_text, transport
from core.errors import DataError, TextError
from core.models.loaded import LoadedModel
from core.results import Array, Side, TransportPlan
from core.settings import Settings
from core.spaces import SharedSpace, open_space
from core.statistics import estimate_mean
from core.text.cleaning import clean_text
from core.validation.findings import Cell, Findings

PIVOT = "en"
LANGUAGES = ("es", "bg", "ru")
# A link is predicted where at least this share of the mass of either word flows to the other.
LINK_SHARE = 0.5
TREATMENTS: tuple[tuple[str, bool, bool], ...] = (
    ("isolated", False, False),
    ("isolated", True, False),
    ("isolated", True, True),
    ("static", False, False),
    ("static", True, True),
    ("contextual", True, False),
)
MASSES = ("uniform", "attribution")

Links = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class GoldPair:
    """A sentence and its translation as words, and the manual links between them (positions)."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    links: Links


@dataclass(frozen=True)
class Agreement:
    """Agreement of predicted and gold links in one sentence pair; precision is NaN where nothing is predicted."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total > 0 else 0.0


def read_gold(folder: Path, language: str) -> list[GoldPair]:
    """Return the aligned sentences of `en-<language>/validation.parquet` in file order.

    Raises
    ------
    DataError : the file is missing, lacks a column, or links a word that does not exist.
    """
    path = folder / f"{PIVOT}-{language}" / "validation.parquet"
    try:
        table = pq.read_table(path, columns=["source", "target", "alignment"]).to_pylist()
        pairs = [
            GoldPair(tuple(row["source"].split()), tuple(row["target"].split()), _links(row["alignment"]))
            for row in table
        ]
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(
            f"The word alignments {path} cannot be read: it must be a parquet file with the columns source, target and "
            "alignment (0-0 1-2 ...). Restore it."
        ) from error
    for row, pair in enumerate(pairs):
        if any(i >= len(pair.source) or j >= len(pair.target) for i, j in pair.links):
            raise DataError(f"{path}, row {row} links a word that does not exist. Restore the file.")
    return pairs


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
        gold = _choose(read_gold(folder, language), limit, seed)
        sides = _sides(model, gold, language, settings)
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
        agreement(_nearest(plan, pair, left, right), pair.links)
        for plan, pair, (left, right) in zip(plans, gold, sides, strict=True)
    ]
    yield language, title, "nearest", *_summary(nearest), float("nan"), float("nan"), len(gold)
    for masses in MASSES:
        weighted = [(_with_mass(left, masses), _with_mass(right, masses)) for left, right in sides]
        plans = [transport(*pair, space) for pair in weighted]
        flows = [_between_words(plan, pair, *both) for plan, pair, both in zip(plans, gold, weighted, strict=True)]
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


def links_of(flow: Array, source_mass: Array, target_mass: Array) -> Links:
    """Return the (source, target) words between which at least half of the mass of either one flows.

    Parameters
    ----------
    flow : (source, target). source_mass, target_mass : (source,) and (target,); words without mass have no links.
    """
    smaller = np.minimum(source_mass[:, None], target_mass[None, :])
    linked = np.argwhere((flow >= LINK_SHARE * smaller) & (smaller > 0))
    return frozenset((int(i), int(j)) for i, j in linked)


def auc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """Return how often a value of `higher` exceeds one of `lower`, ties counting half: the area under the ROC curve."""
    a, b = np.asarray(higher)[:, None], np.asarray(lower)[None, :]
    return float(np.mean((a > b) + 0.5 * (a == b)))


def words_of(side: Side, words: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return for each unit of a side the gold word that it overlaps most, in the words joined by single spaces."""
    starts = np.cumsum([0, *(len(word) + 1 for word in words[:-1])])
    ends = starts + [len(word) for word in words]
    begins = np.array([unit.start for unit in side.units])[:, None]
    stops = np.array([unit.end for unit in side.units])[:, None]
    return np.asarray((np.minimum(stops, ends) - np.maximum(begins, starts)).argmax(axis=1))


def _between_words(plan: TransportPlan, pair: GoldPair, left: Side, right: Side) -> tuple[Array, Array, Array]:
    """Return flow and masses of gold words: (source, target), (source,), (target,)."""
    rows, columns = words_of(left, pair.source), words_of(right, pair.target)
    flow = np.zeros((len(pair.source), len(pair.target)))
    np.add.at(flow, (rows[:, None], columns[None, :]), plan.plan)
    return (
        flow,
        np.bincount(rows, left.mass, len(pair.source)).astype(np.float64),
        np.bincount(columns, right.mass, len(pair.target)).astype(np.float64),
    )


def _nearest(plan: TransportPlan, pair: GoldPair, left: Side, right: Side) -> Links:
    """Links between words that are mutually most similar."""
    similarity = plan.similarity
    forward, backward = similarity.argmax(axis=1), similarity.argmax(axis=0)
    rows, columns = words_of(left, pair.source), words_of(right, pair.target)
    mutual = [
        (int(rows[i]), int(columns[j])) for i, j in enumerate(forward) if backward[j] == i and similarity[i, j] > 0
    ]
    return frozenset(mutual)


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


def _sides(model: LoadedModel, gold: Sequence[GoldPair], language: str, settings: Settings) -> list[tuple[Side, Side]]:
    texts = [TextInput(PIVOT, (" ".join(pair.source),)) for pair in gold]
    texts += [TextInput(language, (" ".join(pair.target),)) for pair in gold]
    prepared = [prepare_text(model, text, settings) for text in texts]
    sides = [attributed.sides[0] for attributed in attribute_texts(model, prepared, settings)]
    return list(zip(sides[: len(gold)], sides[len(gold) :], strict=True))


def _choose(gold: Sequence[GoldPair], limit: int, seed: int) -> list[GoldPair]:
    """Pairs that cleaning does not change, so that their words keep their positions."""
    order = np.random.default_rng(seed).permutation(len(gold))
    usable = (gold[position] for position in order if _unchanged(gold[position]))
    return [pair for pair, _ in zip(usable, range(limit), strict=False)]


def _unchanged(pair: GoldPair) -> bool:
    try:
        return all(clean_text(" ".join(words)).text == " ".join(words) for words in (pair.source, pair.target))
    except TextError:
        return False


def _links(text: str) -> Links:
    return frozenset((int(i), int(j)) for i, _, j in (link.partition("-") for link in text.split()))


def _title(space: str, centred: bool, procrustes: bool) -> str:
    return f"{space}, " + (("centred, Procrustes" if procrustes else "centred") if centred else "raw")
