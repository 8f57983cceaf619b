"""Word links against anyone's gold alignments: for each space, link rule and mass rule; and for each layer."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from core.callbacks import MessageCallback
from core.consistency.mass import mass_from_scores
from core.consistency.pair import prepare_text
from core.consistency.sides import units_of
from core.models.loaded import LoadedModel
from core.results import Array, Side, TokenizedText
from core.settings import MASS_RULES, Settings
from core.spaces import SharedSpace, open_space
from core.spaces.similarity import cosine_similarity
from core.statistics import Estimate
from core.text.languages import get_language
from core.validation.alignment import attributed_sides
from core.validation.findings import Cell, Findings
from core.validation.gold import PIVOT, GoldPair, Links, read_xl_wa, texts_of, usable_pairs
from core.validation.links import (
    FLOW_RULES,
    NEAREST,
    EqualSide,
    LinkCounts,
    Weighted,
    link_counts,
    links_by,
    nearest_links,
    scores_of_links,
)

SETTINGS = Settings(task="meaning", level="word")
# Space, centred, Procrustes.
SPACES = (("isolated", True, True), ("static", True, True), ("contextual", True, False))
UNIFORM = "uniform"
# The rule `signed` has the masses of `abs`.
MASSES = (UNIFORM, *(rule for rule in MASS_RULES if rule != "signed"))
LAYER_LANGUAGES = ("ru", "es", "bg")
_SCORES = ("precision", "recall", "F1", "F1 from", "F1 to", "AER", "AER from", "AER to", "sentences")
_RULES = (
    "Links: nearest, words that are each other's most similar; transport, entropic and unbalanced, words between which "
    "at least half of either one's mass flows in the exact plan, the entropic one and one that may leave mass "
    "unmatched (its own sums count as masses)."
)


def measure_gold(
    model: LoadedModel,
    gold: Sequence[GoldPair],
    source_language: str,
    target_language: str,
    *,
    layer: int | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> Findings:
    """Compare the links of each space, link rule and mass rule with gold ones.

    Parameters
    ----------
    model : its attributions for the task `meaning` are the masses.
    layer : a layer of the encoder, whose hidden states are one more space.
    limit : sentence pairs, drawn with `seed`; None takes all.

    Raises
    ------
    DataError : no sentence pair can be used. LanguageError, SpaceError : the model lacks a language, or the layer.
    """
    usable = usable_pairs(gold, limit, seed)
    languages = get_language(source_language).code, get_language(target_language).code
    sides = attributed_sides(model, usable, *languages, SETTINGS)
    rows: list[tuple[Cell, ...]] = []
    for title, settings in _spaces(layer):
        rows += _rows_of(title, usable, sides, open_space(model, settings), seed)
    left_out = f" {len(gold) - len(usable):,} of {len(gold):,} sentence pairs are not in it." if limit is None else ""
    return Findings(
        "gold",
        f"Word links against gold alignments, {languages[0]}-{languages[1]}",
        ("space", "links", "masses", *_SCORES),
        tuple(rows),
        f"{model.info.name}, word level. {_RULES} Precision |A∩P|/|A|, recall |A∩S|/|S|, AER 1 - (|A∩S| + |A∩P|) / "
        f"(|A| + |S|) over all links A, sure S, possible P. Intervals: 95%, sentence pairs resampled.{left_out}",
    )


def measure_layers(
    model: LoadedModel,
    folder: Path,
    *,
    languages: Sequence[str] = LAYER_LANGUAGES,
    limit: int | None = None,
    seed: int = 0,
    progress: MessageCallback | None = None,
) -> Findings:
    """Compare the contextual links of every layer of the encoder with XL-WA, all words equally important.

    The best layer and link rule of the first language are chosen there and reported for the others.

    Raises as `measure_gold`.
    """
    gold = {language: usable_pairs(read_xl_wa(folder, language), limit, seed) for language in languages}
    sides = {language: _equal(model, pairs, language) for language, pairs in gold.items()}
    found: dict[tuple[int, str], dict[str, Estimate]] = {}
    for layer in range(1, model.n_layers + 1):
        if progress is not None:
            progress(f"Layer {layer} of {model.n_layers}")
        space = open_space(model, SETTINGS.with_changes(space="contextual", procrustes=False, layer=layer))
        for language in languages:
            similar = _similarities(space, sides[language])
            for rule in (NEAREST, *FLOW_RULES):
                links = _links(rule, similar, gold[language], sides[language])
                counts = link_counts(links, gold[language])
                found.setdefault((layer, rule), {})[language] = scores_of_links(counts, seed=seed)["F1"]
    first, *others = languages
    best = max(found, key=lambda key: found[key][first].value)
    reported = "; ".join(
        f"{language} {found[best][language].value:.3f} [{found[best][language].low:.3f}, "
        f"{found[best][language].high:.3f}]"
        for language in others
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (layer, rule, *(cell for language in languages for cell in _cells(by_language[language])))
        for (layer, rule), by_language in found.items()
    )
    columns = (f"{language}{of}" for language in languages for of in (" F1", " from", " to"))
    return Findings(
        "layers",
        "Contextual word links by layer",
        ("layer", "links", *columns),
        rows,
        f"XL-WA, {model.info.name}, word level, equal masses; {', '.join(f'{k} {len(v)}' for k, v in gold.items())} "
        f"sentence pairs. {_RULES} Chosen on {first}: layer {best[0]}, {best[1]}; there F1 is {reported}.",
    )


def _spaces(layer: int | None) -> Iterator[tuple[str, Settings]]:
    for name, centred, procrustes in SPACES:
        yield name, SETTINGS.with_changes(space=name, centred=centred, procrustes=procrustes)
    if layer is not None:
        yield f"contextual, layer {layer}", SETTINGS.with_changes(space="contextual", procrustes=False, layer=layer)


def _rows_of(
    title: str, gold: Sequence[GoldPair], sides: Sequence[tuple[Side, Side]], space: SharedSpace, seed: int
) -> Iterator[tuple[Cell, ...]]:
    similar = _similarities(space, sides)
    nearest = _links(NEAREST, similar, gold, sides)
    yield title, NEAREST, "", *_summary(link_counts(nearest, gold), seed)
    for masses in MASSES:
        weighted = [(_weighted(left, masses), _weighted(right, masses)) for left, right in sides]
        for rule in FLOW_RULES:
            links = _links(rule, similar, gold, weighted)
            yield title, rule, masses, *_summary(link_counts(links, gold), seed)


def _links(
    rule: str, similar: Sequence[Array], gold: Sequence[GoldPair], sides: Sequence[tuple[Weighted, Weighted]]
) -> list[Links]:
    by = nearest_links if rule == NEAREST else partial(links_by, rule)
    return [by(each, pair, *both) for each, pair, both in zip(similar, gold, sides, strict=True)]


def _similarities(space: SharedSpace, sides: Sequence[tuple[Weighted, Weighted]]) -> list[Array]:
    """Return the cosines of the units of each pair, (source unit, target unit) each."""
    return [cosine_similarity(*(space.vectors(side.text, side.units) for side in both)) for both in sides]


def _equal(model: LoadedModel, gold: Sequence[GoldPair], language: str) -> list[tuple[EqualSide, EqualSide]]:
    """Both sides of each pair, not attributed."""
    prepared = [
        [prepare_text(model, text, SETTINGS).text for text in both]
        for both in zip(*texts_of(gold, PIVOT, language), strict=True)
    ]
    return [(_equal_side(left), _equal_side(right)) for left, right in prepared]


def _equal_side(text: TokenizedText) -> EqualSide:
    return EqualSide(text, units_of(text, SETTINGS.level))


def _weighted(side: Side, masses: str) -> Weighted:
    if masses == UNIFORM:
        return EqualSide(side.text, side.units)
    return replace(side, mass=mass_from_scores(side.scores, masses, name=f"the {side.language} text"))


def _summary(counts: LinkCounts, seed: int) -> tuple[float | int, ...]:
    scores = scores_of_links(counts, seed=seed)
    return (
        scores["precision"].value,
        scores["recall"].value,
        *_cells(scores["F1"]),
        *_cells(scores["AER"]),
        scores["F1"].n,
    )


def _cells(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high
