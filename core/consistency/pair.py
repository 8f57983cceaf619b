"""From texts to consistency: the one path every page, command and dataset run takes.

prepare -> attribute_texts -> compare
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.attribution.methods import attribute
from core.attribution.targets import choose_targets, predict
from core.callbacks import PhaseCallback, ShouldCancel
from core.consistency.mass import mass_from_scores
from core.consistency.references import references
from core.consistency.transport import solve
from core.errors import OptionError
from core.models.loaded import LoadedModel
from core.results import ModelInfo, PairAnalysis, PairReport, Side, TokenAttribution, TokenizedText, TransportPlan, Unit
from core.settings import Settings
from core.spaces import SharedSpace, open_space
from core.spaces.similarity import cosine_similarity
from core.text.cleaning import clean_text
from core.text.languages import get_language
from core.text.tokenization import tokenize
from core.versions import library_versions


@dataclass(frozen=True)
class TextInput:
    """What a user gave for one side: a language code, one text per field of the task, and the gold label if known."""

    language: str
    texts: tuple[str, ...]
    gold: str | None = None


@dataclass(frozen=True)
class AttributedText:
    """One text with its attributions: one side, or two (answer start, answer end) for `qa`, and lines to show."""

    sides: tuple[Side, ...]
    notices: tuple[str, ...]


def analyze_pair(
    model: LoadedModel,
    source: TextInput,
    target: TextInput,
    settings: Settings,
    *,
    progress: PhaseCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> PairReport:
    """Analyse one source text and its translation.

    Returns
    -------
    PairReport with one PairAnalysis, or two (start, end) for `qa`.

    Raises
    ------
    CctaError : any of its kinds, one line each.
    """
    attributed = attribute_texts(model, [source, target], settings, progress=progress, should_cancel=should_cancel)
    space = open_space(model, settings)
    return compare_texts(
        model.info, attributed[0], attributed[1], space, settings, progress=progress, should_cancel=should_cancel
    )


def attribute_texts(
    model: LoadedModel,
    inputs: Sequence[TextInput],
    settings: Settings,
    *,
    strict: bool = False,
    progress: PhaseCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> list[AttributedText]:
    """Attribute every text once, all of them refined together; the first is the source whose target "source" means.

    `strict` refuses control characters instead of removing them.
    """
    model.require_task(settings.task)
    if settings.precision != model.precision:
        raise OptionError(f"{model.info.name} is loaded in {model.precision}, not {settings.precision}: load it again.")
    texts, notices = prepare(model, inputs, settings, strict=strict)
    predictions = predict(model, texts, settings.task)
    gold = [entry.gold or settings.gold for entry in inputs]
    ends = choose_targets(model, texts, predictions, task=settings.task, explain=settings.explain, gold=gold)
    flat = attribute(
        model,
        list(texts) * len(ends),
        [target for targets in ends for target in targets],
        settings,
        progress=(lambda done, of: progress("attributing", done, of)) if progress else None,
        should_cancel=should_cancel,
    )
    return [
        AttributedText(
            tuple(
                side_of(flat[end * len(texts) + i], predictions[i].probabilities, settings) for end in range(len(ends))
            ),
            notices[i],
        )
        for i in range(len(texts))
    ]


def prepare(
    model: LoadedModel, inputs: Sequence[TextInput], settings: Settings, *, strict: bool = False
) -> tuple[list[TokenizedText], list[tuple[str, ...]]]:
    """Clean and tokenize the texts; returns them with the lines to show for each."""
    texts, notices = [], []
    for entry in inputs:
        language = get_language(entry.language).code
        cleaned = [clean_text(text, strict=strict) for text in entry.texts]
        text = tokenize(model, settings.task, language, [clean.text for clean in cleaned])
        lines = [line for clean in cleaned for line in clean.notices]
        if text.cut:
            lines.append(f"Only the first {len(text.tokens)} of {text.n_tokens_uncut} tokens were read by the model.")
        texts.append(text)
        notices.append(tuple(lines))
    return texts, notices


def compare_texts(
    model: ModelInfo,
    source: AttributedText,
    target: AttributedText,
    space: SharedSpace,
    settings: Settings,
    *,
    progress: PhaseCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> PairReport:
    """Compare two attributed texts: similarity, transport, references, for each end."""
    analyses: list[PairAnalysis] = []
    for source_side, target_side in zip(source.sides, target.sides, strict=True):
        if progress:
            progress("comparing", len(analyses), len(source.sides))
        analyses.append(compare(model, source_side, target_side, space, settings, should_cancel=should_cancel))
    notices = _pair_notices(source, target)
    return PairReport(tuple(analyses), notices)


def compare(
    model: ModelInfo,
    source: Side,
    target: Side,
    space: SharedSpace,
    settings: Settings,
    *,
    plan: TransportPlan | None = None,
    should_cancel: ShouldCancel | None = None,
) -> PairAnalysis:
    """Return the consistency of two sides (Eq. 2) with its references.

    The shared space, not the model, decides which units resemble each other; the sides decide how much each counts.
    `plan` is what `transport` returned for them, where it is known already.
    """
    begun = time.perf_counter()
    plan = plan or transport(source, target, space)
    beside = references(plan, n_permutations=settings.permutations, seed=settings.seed, should_cancel=should_cancel)
    kind = source.attribution.target.kind
    return PairAnalysis(
        source=source,
        target=target,
        transport=plan,
        references=beside,
        settings=settings,
        model=model,
        space=space.describe([source.language, target.language]),
        end=kind if kind in ("start", "end") else None,
        seconds=time.perf_counter() - begun,
        versions=library_versions(),
    )


def transport(source: Side, target: Side, space: SharedSpace) -> TransportPlan:
    """Return the optimal transport of the source's mass onto the target's, similarity in the shared space (Eq. 2)."""
    similarity = cosine_similarity(space.vectors(source.text, source.units), space.vectors(target.text, target.units))
    return solve(source.mass, target.mass, similarity)


def units_of(text: TokenizedText, level: str) -> tuple[Unit, ...]:
    """Return what carries mass, specials left out: every token, or every word with all its tokens."""
    if level == "token":
        return tuple(
            Unit(token.text, token.start, token.end, str(token.field), token.word, (position,))
            for position, token in enumerate(text.tokens)
            if not token.special
        )
    members: dict[int, list[int]] = {}
    for position, token in enumerate(text.tokens):
        if not token.special:
            members.setdefault(token.word, []).append(position)
    return tuple(
        Unit(
            text.words[word].text,
            text.words[word].start,
            text.words[word].end,
            text.words[word].field,
            word,
            tuple(positions),
        )
        for word, positions in sorted(members.items())
    )


def side_of(attribution: TokenAttribution, probabilities: Mapping[str, float], settings: Settings) -> Side:
    """Give an attribution's units their mass, as the settings say. Raises DegenerateMassError where there is none."""
    units = units_of(attribution.text, settings.level)
    scores = np.array([attribution.scores[list(unit.tokens)].sum() for unit in units])
    language = get_language(attribution.text.language)
    mass = mass_from_scores(scores, settings.mass, name=f"the {language.name} text")
    return Side(attribution, probabilities, units, scores, mass)


def _pair_notices(source: AttributedText, target: AttributedText) -> tuple[str, ...]:
    left, right = source.sides[0], target.sides[0]
    lines = [
        f"{get_language(side.language).name}: {line}"
        for side, text in ((left, source), (right, target))
        for line in text.notices
    ]
    if left.text.fields == right.text.fields:
        lines.append("Both texts are identical: C is 1 in a context-free space.")
    if left.attribution.target.kind == "class" and left.attribution.target != right.attribution.target:
        lines.append("The two sides are explained for different classes.")
    return tuple(lines)
