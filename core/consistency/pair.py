"""From texts to consistency: the path that every page, command and dataset run takes.

TextInput -> prepare_text -> attribute_texts -> compare_texts -> PairReport
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.attribution.methods import attribute
from core.attribution.targets import choose_targets, class_targets, predict
from core.callbacks import CountCallback, PhaseCallback, ShouldCancel
from core.consistency.compare import compare, plan_of
from core.consistency.notices import pair_notices
from core.consistency.sides import side_of
from core.errors import DegenerateMassError, OptionError
from core.models.loaded import LoadedModel
from core.results import (
    Answer,
    ModelInfo,
    PairAnalysis,
    PairReport,
    Side,
    Target,
    TokenAttribution,
    TokenizedText,
)
from core.settings import Settings, get_task
from core.spaces import SharedSpace, open_space
from core.text.cleaning import clean_position, clean_text
from core.text.languages import get_language
from core.text.tokenization import tokenize


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
    """One text with its attributions: one side, or two (answer start, answer end) for `qa`; notices as prepared.

    `by_class` has an attribution for every class of the model, in its order, where they were asked for.
    """

    sides: tuple[Side, ...]
    notices: tuple[str, ...]
    by_class: tuple[TokenAttribution, ...] = ()


def analyze_pair(
    model: LoadedModel,
    source: TextInput,
    target: TextInput,
    settings: Settings = Settings(),
    *,
    strict: bool = False,
    classes: bool = False,
    progress: PhaseCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> PairReport:
    """Analyse one source text and its translation.

    Parameters
    ----------
    strict : refuse control characters instead of removing them.
    classes : explain every class of the model too (`PairReport.classes`).

    Returns
    -------
    PairReport with one PairAnalysis, or two (start, end) for `qa`.

    Raises
    ------
    CctaError : any of its subclasses, with a message of one line.
    """
    prepared = [prepare_text(model, text, settings, strict=strict) for text in (source, target)]
    attributed = attribute_texts(
        model, prepared, settings, classes=classes, progress=progress, should_cancel=should_cancel
    )
    space = open_space(model, settings)
    report = compare_texts(
        model.info, attributed[0], attributed[1], space, settings, progress=progress, should_cancel=should_cancel
    )
    if not attributed[0].by_class:
        return report
    return replace(report, classes=_compare_classes(report.analyses[0], attributed[0], attributed[1], space))


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
    classes: bool = False,
    progress: PhaseCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> list[AttributedText]:
    """Attribute every text once, all of them refined together (Eq. 1), and normalise the scores to mass.

    The first text is the source, whose predicted class `explain="source"` means.

    Parameters
    ----------
    classes : attribute every class of a task that has classes, with shared forward passes.

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
    of_classes: list[tuple[Target, ...]] = [()] * len(texts)
    if classes and get_task(settings.task).classes:
        of_classes = class_targets(model, predictions, explain=settings.explain, output=settings.output)
    of_ends = list(zip(*ends, strict=True))
    found = _attribute_each(
        model,
        texts,
        [dict.fromkeys(one + other) for one, other in zip(of_ends, of_classes, strict=True)],
        settings,
        progress=(lambda done, of: progress("attributing", done, of)) if progress else None,
        should_cancel=should_cancel,
    )
    return [
        AttributedText(
            tuple(side_of(found[i][target], predictions[i].probabilities, settings) for target in of_ends[i]),
            prepared[i].notices,
            tuple(found[i][target] for target in of_classes[i]),
        )
        for i in range(len(texts))
    ]


def _attribute_each(
    model: LoadedModel,
    texts: Sequence[TokenizedText],
    targets: Sequence[Iterable[Target]],
    settings: Settings,
    *,
    progress: CountCallback | None,
    should_cancel: ShouldCancel | None,
) -> list[dict[Target, TokenAttribution]]:
    """The attributions of each text for its targets; those of one text are neighbours, which share forward passes."""
    flat = [(index, target) for index, of_text in enumerate(targets) for target in of_text]
    attributions = attribute(
        model,
        [texts[index] for index, _ in flat],
        [target for _, target in flat],
        settings,
        progress=progress,
        should_cancel=should_cancel,
    )
    found: list[dict[Target, TokenAttribution]] = [{} for _ in texts]
    for (index, target), attribution in zip(flat, attributions, strict=True):
        found[index][target] = attribution
    return found


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


def _compare_classes(
    explained: PairAnalysis, source: AttributedText, target: AttributedText, space: SharedSpace
) -> tuple[PairAnalysis, ...]:
    """The pair with both sides explained for each class; a class whose scores leave no mass is left out."""
    analyses = []
    for left, right in zip(source.by_class, target.by_class, strict=True):
        settings = explained.settings.with_changes(explain=left.target.label)
        try:
            sides = (
                side_of(left, source.sides[0].prediction, settings),
                side_of(right, target.sides[0].prediction, settings),
            )
        except DegenerateMassError:
            continue
        plan = plan_of(*sides, explained.transport.similarity)
        analyses.append(compare(explained.model, *sides, space, settings, plan=plan))
    return tuple(analyses)
