"""One example of a stored run: its records, and its analysis rebuilt from them, the local text and the model's space.

Scores are stored with the spans of their tokens: the text of the local data set is cut into the same tokens, masses
follow from the scores, and the transport is solved again, which takes milliseconds. Without the text or the model, the
stored flows are shown between numbered tokens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from core.consistency.compare import transport
from core.consistency.pair import TextInput, prepare_text
from core.consistency.sides import side_of
from core.errors import CctaError, StoreError
from core.models.loaded import LoadedModel
from core.results import ModelInfo, PairAnalysis, References, Side, Token, TokenizedText, TransportPlan, Word
from core.settings import Settings, get_task
from core.spaces import open_space
from core.store import (
    AttributionRecord,
    FlowRecord,
    PairRecord,
    PredictionRecord,
    Reader,
    RunIdentity,
    attribution_of,
    plan_of,
    require_scored,
)
from core.store.manifest import Manifest
from core.text.cleaning import clean_text
from core.text.languages import get_language

# The last bits differ between computers; a larger difference means another text, model or space.
SAME_CONSISTENCY = 1e-3
_SPECIAL = "special"


@dataclass(frozen=True)
class StoredSide:
    """One side of an example: its prediction (None for `meaning`), and the scores that were compared, one per end."""

    language: str
    prediction: PredictionRecord | None
    attributions: tuple[AttributionRecord, ...]


@dataclass(frozen=True)
class StoredExample:
    """The records of one row in one language pair; `pairs` has one for each end.

    `flows` are those of each end, empty in a store from before flows were stored.
    """

    manifest: Manifest
    row: int
    source: StoredSide
    target: StoredSide
    pairs: tuple[PairRecord, ...]
    flows: Mapping[str, FlowRecord] = field(default_factory=dict)

    @property
    def identity(self) -> RunIdentity:
        return self.manifest.identity


def read_example(reader: Reader, run: str, row: int, source: str, target: str) -> StoredExample:
    """Return the records of an example. Raises StoreError where there is no such pair."""
    stored = reader.pairs(run, (source, target), rows=[row])
    if not stored:
        raise StoreError(f"Row {row} was not compared in {source} and {target}. Choose another row, or another pair.")
    pairs = tuple(stored[key] for key in sorted(stored, key=lambda key: key[1], reverse=True))
    predictions = reader.predictions(run, rows=[row], languages=[source, target])
    attributions = reader.attributions(run, rows=[row], languages=[source, target])

    def side(language: str, indices: Sequence[int]) -> StoredSide:
        records = tuple(
            record
            for pair, index in zip(pairs, indices, strict=True)
            if (record := attributions.get((language, row, pair.end, index))) is not None and not record.problem
        )
        return StoredSide(language, predictions.get((language, row)), records)

    return StoredExample(
        reader.runs[run],
        row,
        side(source, [pair.source_target for pair in pairs]),
        side(target, [pair.target_target for pair in pairs]),
        pairs,
        {end: record for (_, end), record in reader.flows(run, (source, target), rows=[row]).items()},
    )


def rebuild(example: StoredExample, model: LoadedModel, texts: Mapping[str, Sequence[str]]) -> tuple[PairAnalysis, ...]:
    """Return the analyses that the stored values came from, one per end, with the stored references.

    Parameters
    ----------
    texts : language -> the fields of this row in the data set.

    Raises
    ------
    StoreError : the text, the model or its space is not what the scores were computed with.
    """
    settings = settings_of(example.identity)
    space = open_space(model, settings)
    sides = [
        _sides(side, _tokenized(side, model, texts[side.language], settings), example.identity, settings)
        for side in (example.source, example.target)
    ]
    analyses = []
    for pair, source, target in zip(example.pairs, *sides, strict=True):
        plan = transport(source, target, space)
        _require_same(plan, pair, "the model or the space on this computer is a different one")
        analyses.append(
            PairAnalysis(
                source=source,
                target=target,
                transport=plan,
                references=references_of(pair),
                settings=settings,
                model=model.info,
                space=space.describe([source.language, target.language]),
                end=pair.end or None,
                versions=example.manifest.versions,
            )
        )
    return tuple(analyses)


def scored_sides(example: StoredExample, texts: Mapping[str, Sequence[str]] | None) -> list[tuple[Side, Side]]:
    """Return both sides with their scores and masses, one pair per end, without a model.

    The text is cut by the stored spans; without it (None), tokens have no text and pages number them.

    Raises
    ------
    StoreError : the text is shorter than the spans.
    """
    settings = settings_of(example.identity)
    both = [
        _sides(side, _cut(side, None if texts is None else texts[side.language], settings), example.identity, settings)
        for side in (example.source, example.target)
    ]
    return list(zip(*both, strict=True))


def stored_flow(example: StoredExample, sides: tuple[Side, Side], at: int) -> PairAnalysis | None:
    """Return one end of an example with its stored flows; None where there are none.

    Similarities are stored only where mass flows; elsewhere they are 0.

    Parameters
    ----------
    sides : of that end, as `scored_sides` returns them.

    Raises
    ------
    StoreError : the flows do not belong to the scores.
    """
    pair = example.pairs[at]
    record = example.flows.get(pair.end)
    if record is None or record.problem:
        return None
    source, target = sides
    plan = plan_of(record, source.mass, target.mass)
    _require_same(plan, pair, "the stored flows are of another run")
    identity = example.identity
    return PairAnalysis(
        source=source,
        target=target,
        transport=plan,
        references=references_of(pair),
        settings=settings_of(identity),
        model=ModelInfo(
            name=identity.checkpoint,
            revision=identity.revision,
            family=identity.family,
            task=identity.task,
            train_language=identity.train_language,
            title=identity.checkpoint,
        ),
        space={},
        end=pair.end or None,
        versions=example.manifest.versions,
    )


def _require_same(plan: TransportPlan, pair: PairRecord, otherwise: str) -> None:
    if pair.consistency is None or abs(plan.consistency - pair.consistency) > SAME_CONSISTENCY:
        raise StoreError(
            f"C of row {pair.row} is {plan.consistency:.3f} when computed again, and {pair.consistency or 0:.3f} as "
            f"stored: {otherwise}."
        )


def settings_of(identity: RunIdentity) -> Settings:
    """Return the settings of a run. Raises StoreError for one with word vectors, whose files it does not name."""
    if identity.settings.get("vectors"):
        raise StoreError("The run used word vectors from files, which it does not hold.")
    names = {field.name for field in fields(Settings)} - {"vectors"}
    chosen = {name: value for name, value in identity.settings.items() if name in names}
    return Settings(**chosen | {"task": identity.task, "seed": identity.seed})


def references_of(pair: PairRecord) -> References:
    """Return the references that are stored with a pair."""
    return References(
        uniform=pair.uniform or 0.0,
        shuffled_mean=pair.shuffled_mean or 0.0,
        shuffled_sd=pair.shuffled_sd or 0.0,
        shuffled_low=pair.shuffled_low or 0.0,
        shuffled_high=pair.shuffled_high or 0.0,
        shuffled_percentile=pair.shuffled_percentile or 0.0,
        n_shuffles=pair.n_shuffles,
        carried=pair.carried or 0.0,
    )


def probabilities_of(identity: RunIdentity, prediction: PredictionRecord | None) -> dict[str, float]:
    """Class -> probability; empty where the task has no classes."""
    if prediction is None or not prediction.probabilities:
        return {}
    return dict(zip(identity.labels, prediction.probabilities, strict=True))


def _sides(side: StoredSide, text: TokenizedText, identity: RunIdentity, settings: Settings) -> list[Side]:
    predicted = probabilities_of(identity, side.prediction)
    return [side_of(attribution_of(text, record, settings.output), predicted, settings) for record in side.attributions]


def _tokenized(side: StoredSide, model: LoadedModel, texts: Sequence[str], settings: Settings) -> TokenizedText:
    """The text as the model reads it. Raises StoreError unless its tokens are those that were scored."""
    text = prepare_text(model, TextInput(side.language, texts), settings).text
    for record in side.attributions:
        require_scored(text, record)
    return text


def _cut(side: StoredSide, texts: Sequence[str] | None, settings: Settings) -> TokenizedText:
    """The stored tokens, with the slices of the cleaned text where it is given."""
    if not side.attributions:
        raise StoreError(f"No scores are stored for the {get_language(side.language).name} text of this row.")
    record = side.attributions[0]
    names = get_task(settings.task).fields
    try:
        cleaned = None if texts is None else [clean_text(text).text for text in texts]
    except CctaError as error:
        raise StoreError(f"The {get_language(side.language).name} text cannot be read: {error}") from error
    spans = list(zip(record.starts, record.ends, record.fields, record.words, record.special, strict=True))
    if cleaned is not None and any(end > len(cleaned[field]) for _, end, field, _, special in spans if not special):
        raise StoreError(
            f"The {get_language(side.language).name} text on this computer is shorter than the one that was scored."
        )
    tokens = tuple(
        Token(
            _SPECIAL if special else cleaned[field][start:end] if cleaned else "",
            start,
            end,
            None if field < 0 else names[field],
            special,
            word,
        )
        for start, end, field, word, special in spans
    )
    return TokenizedText(
        language=side.language,
        fields=tuple((name, cleaned[at] if cleaned else "") for at, name in enumerate(names)),
        tokens=tokens,
        words=_words(tokens, dict(zip(names, cleaned, strict=True)) if cleaned else {}),
        input_ids=(0,) * len(tokens),
        token_type_ids=(0,) * len(tokens),
        n_tokens_uncut=len(tokens),
    )


def _words(tokens: Sequence[Token], texts: Mapping[str, str]) -> tuple[Word, ...]:
    """Return each word from its first to its last token; a word without tokens (cut off) is empty."""
    by_word: dict[int, list[Token]] = {}
    for token in tokens:
        if not token.special and token.word >= 0:
            by_word.setdefault(token.word, []).append(token)
    words = []
    for at in range(max(by_word, default=-1) + 1):
        members = by_word.get(at)
        if not members:
            words.append(Word("", 0, 0, ""))
            continue
        field = members[0].field or ""
        start, end = min(token.start for token in members), max(token.end for token in members)
        words.append(Word(texts.get(field, "")[start:end], start, end, field))
    return tuple(words)
