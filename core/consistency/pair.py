"""From texts to consistency: the path that every page, command and dataset run takes.

TextInput -> prepare_text -> attribute_texts -> compare_texts -> PairReport
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.attribution.methods import attribute
from core.attribution.targets import choose_targets, predict
from core.callbacks import PhaseCallback, ShouldCancel
from core.consistency.mass import mass_from_scores
from core.consistency.notices import pair_notices
from core.consistency.references import references
from core.consistency.transport import solve
from core.errors import OptionError
from core.models.loaded import LoadedModel
from core.results import (
    Answer,
    ModelInfo,
    PairAnalysis,
    PairReport,
    Side,
    TokenAttribution,
    TokenizedText,
    TransportPlan,
    Unit,
)
from core.settings import Settings
from core.spaces import SharedSpace, open_space
from core.spaces.similarity import cosine_similarity
from core.text.cleaning import clean_position, clean_text
from core.text.languages import get_language
from core.text.tokenization import tokenize
from core.versions import library_versions


@dataclass(frozen=True, init=False)
class TextInput:
    """What a user gave for one side: a language code, one text for each field of the task, and the gold label if known.

    The gold label is a class, or an answer, with its position in the context as given where that is known.

    Examples
    --------
    >>> TextInput("en", "The ferry was cancelled.").texts
    ('The ferry was cancelled.',)
    """

    language: str
    texts: tuple[str, ...]
    gold: str | Answer | None

    def __init__(self, language: str, texts: str | Sequence[str], gold: str | Answer | None = None) -> None:
        object.__setattr__(self, "language", language)
        object.__setattr__(self, "texts", (texts,) if isinstance(texts, str) else tuple(texts))
        object.__setattr__(self, "gold", gold)


@dataclass(frozen=True)
class PreparedText:
    """One text, cleaned and tokenised for a model.

    `notices` say in a line each what was removed or cut. The position of a gold answer is that in the cleaned context.
    `against` is the class that `contrast` subtracts, where another text than the first one decides it.
    """

    text: TokenizedText
    gold: str | Answer | None
    notices: tuple[str, ...]
    against: str | None = None


@dataclass(frozen=True)
class AttributedText:
    """One text with its attributions: one side, or two (answer start, answer end) for `qa`; notices as prepared."""

    sides: tuple[Side, ...]
    notices: tuple[str, ...]


def analyze_pair(
    model: LoadedModel,
    source: TextInput,
    target: TextInput,
    settings: Settings = Settings(),
    *,
    strict: bool = False,
    progress: PhaseCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> PairReport:
    """Analyse one source text and its translation.

    Parameters
    ----------
    strict : refuse control characters instead of removing them.

    Returns
    -------
    PairReport with one PairAnalysis, or two (start, end) for `qa`.

    Raises
    ------
    CctaError : any of its subclasses, with a message of one line.
    """
    prepared = [prepare_text(model, text, settings, strict=strict) for text in (source, target)]
    attributed = attribute_texts(model, prepared, settings, progress=progress, should_cancel=should_cancel)
    space = open_space(model, settings)
    return compare_texts(
        model.info, attributed[0], attributed[1], space, settings, progress=progress, should_cancel=should_cancel
    )


def prepare_text(model: LoadedModel, given: TextInput, settings: Settings, *, strict: bool = False) -> PreparedText:
    """Clean and tokenise one text; nothing is computed yet.

    Parameters
    ----------
    strict : refuse control characters instead of removing them.

    Raises
    ------
    TaskError : the model has no head for the task.
    LanguageError, TextError : the text cannot be read, or a field is missing.
    """
    model.require_task(settings.task)
    language = get_language(given.language).code
    cleaned = [clean_text(text, strict=strict) for text in given.texts]
    text = tokenize(model, settings.task, language, [field.text for field in cleaned])
    notices = [line for field in cleaned for line in field.notices]
    if text.cut:
        notices.append(f"Only the first {len(text.tokens)} of {text.n_tokens_uncut} tokens were read by the model.")
    return PreparedText(text, _clean_gold(given, cleaned[-1].text), tuple(notices))


def _clean_gold(given: TextInput, context: str) -> str | Answer | None:
    """The gold answer where cleaning has put it; its text as it reads in the cleaned context."""
    if not isinstance(given.gold, Answer):
        return given.gold
    raw, gold = given.texts[-1], given.gold
    start, end = (clean_position(raw, position) for position in (gold.start, gold.start + len(gold.text)))
    return Answer(context[start:end], start)


def attribute_texts(
    model: LoadedModel,
    prepared: Sequence[PreparedText],
    settings: Settings,
    *,
    progress: PhaseCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> list[AttributedText]:
    """Attribute every text once, all of them refined together (Eq. 1), and normalise the scores to mass.

    The first text is the source, whose predicted class `explain="source"` means.

    Raises
    ------
    OptionError : the model is loaded in another precision, or the method does not fit the task.
    TargetError : the class to explain is not the model's, or the gold label is not known.
    DegenerateMassError : the scores of a text leave no mass.
    Cancelled : `should_cancel` returned true.
    """
    if settings.precision != model.precision:
        raise OptionError(f"{model.info.name} is loaded in {model.precision}, not {settings.precision}: load it again.")
    texts = [each.text for each in prepared]
    predictions = predict(model, texts, settings.task)
    gold = [each.gold or settings.gold for each in prepared]
    ends = choose_targets(
        model,
        texts,
        predictions,
        task=settings.task,
        explain=settings.explain,
        gold=gold,
        output=settings.output,
        against=[each.against for each in prepared],
    )
    flat = attribute(
        model,
        texts * len(ends),
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
            prepared[i].notices,
        )
        for i in range(len(texts))
    ]


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
    """Compare two attributed texts in a shared space, at each end: similarity, transport, references."""
    analyses: list[PairAnalysis] = []
    for source_side, target_side in zip(source.sides, target.sides, strict=True):
        if progress:
            progress("comparing", len(analyses), len(source.sides))
        analyses.append(compare(model, source_side, target_side, space, settings, should_cancel=should_cancel))
    notices = pair_notices((source.sides[0], source.notices), (target.sides[0], target.notices))
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
    """Return the consistency C of two sides (Eq. 2) with its references.

    The similarity of two units comes from the shared space, their mass from the model's attributions. `plan` is what
    `transport` returned for the sides, where it is known already.
    """
    begun = time.perf_counter()
    plan = plan or transport(source, target, space)
    plan_references = references(
        plan, n_permutations=settings.permutations, seed=settings.seed, should_cancel=should_cancel
    )
    kind = source.attribution.target.kind
    return PairAnalysis(
        source=source,
        target=target,
        transport=plan,
        references=plan_references,
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
    signs = None if source.signs is None or target.signs is None else (source.signs, target.signs)
    return solve(source.mass, target.mass, similarity, signs=signs)


def units_of(text: TokenizedText, level: str) -> tuple[Unit, ...]:
    """Return the units that carry mass, specials left out: tokens, or words with all their tokens."""
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
    """Return the units of an attributed text with their mass, from the aggregate that the settings choose.

    The score of a word is the sum over its tokens, of norms too.

    Raises
    ------
    DegenerateMassError : the scores give no mass. OptionError : the aggregate is not known.
    """
    attribution = attribution.aggregated(settings.aggregate)
    units = units_of(attribution.text, settings.level)
    scores = np.array([attribution.scores[list(unit.tokens)].sum() for unit in units])
    language = get_language(attribution.text.language)
    mass = mass_from_scores(scores, settings.mass, name=f"the {language.name} text")
    return Side(attribution, probabilities, units, scores, mass, signed=settings.mass == "signed")
