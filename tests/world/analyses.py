"""Results for figures, built from words and numbers; no model is loaded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.consistency.transport import solve
from core.results import (
    ModelInfo,
    PairAnalysis,
    PairReport,
    References,
    Side,
    Target,
    Token,
    TokenAttribution,
    TokenizedText,
    Unit,
    Word,
)
from core.settings import Settings

REFERENCES = References(
    uniform=0.519,
    shuffled_mean=0.352,
    shuffled_sd=0.047,
    shuffled_low=0.263,
    shuffled_high=0.446,
    shuffled_percentile=99.5,
    n_shuffles=1000,
    carried=0.561,
)
Piece = tuple[str, float]
Words = Sequence[Sequence[Piece]]


@dataclass(frozen=True)
class Field:
    """Words as lists of (piece, score); `glue` stands between words."""

    name: str
    words: Words
    glue: str = " "


def side(
    language: str,
    *fields: Field,
    kind: str = "class",
    label: str = "contradiction",
    level: str = "token",
    prediction: dict[str, float] | None = None,
    n_steps: int = 20,
    token_error: float | None = 0.004,
) -> Side:
    """A side whose tokens, words and units come from `fields`, with `<s>` and `</s>` around."""
    tokens, words, scores, contents = _tokens(fields)
    text = TokenizedText(
        language=language,
        fields=tuple(contents),
        tokens=tuple(tokens),
        words=tuple(words),
        input_ids=tuple(range(len(tokens))),
        token_type_ids=(0,) * len(tokens),
        n_tokens_uncut=len(tokens),
    )
    total = float(np.sum(scores))
    attribution = TokenAttribution(
        text=text,
        target=Target(kind, 2, label),
        scores=np.array(scores, dtype=float),
        f_input=total,
        f_baseline=0.0,
        n_steps=n_steps,
        n_forward=17,
        token_error=token_error,
        method="integrated-gradients",
    )
    units = _word_units(tokens, words) if level == "word" else _token_units(tokens)
    unit_scores = np.array([sum(scores[index] for index in unit.tokens) for unit in units], dtype=float)
    mass = np.abs(unit_scores) / np.abs(unit_scores).sum()
    return Side(attribution, prediction or {}, units, unit_scores, mass)


def pair(
    source: Side,
    target: Side,
    *,
    similarity: np.ndarray | None = None,
    references: References = REFERENCES,
    seed: int = 0,
    task: str = "nli",
    seconds: float = 7.4,
) -> PairAnalysis:
    """Solve the transport of two sides; similarity is random, high near the diagonal, unless given."""
    n, m = len(source.units), len(target.units)
    if similarity is None:
        rng = np.random.default_rng(seed)
        near = np.abs(np.arange(n)[:, None] / n - np.arange(m)[None, :] / m)
        similarity = np.clip(0.75 - 2.2 * near + rng.normal(0, 0.12, (n, m)), -0.3, 1.0)
    return PairAnalysis(
        source=source,
        target=target,
        transport=solve(source.mass, target.mass, similarity),
        references=references,
        settings=Settings(task=task),
        model=ModelInfo("e5-small-nli-en", "1", "xlm-r", task, "en", "multilingual-e5-small, NLI"),
        space={"name": "isolated"},
        seconds=seconds,
    )


def plain_pair(n: int, m: int, **options: object) -> PairAnalysis:
    """n and m one-piece words with unequal random masses."""
    rng = np.random.default_rng(n * 1000 + m)
    sides = [
        side(
            language,
            Field("premise", [[(f"{language}{index}", value)] for index, value in enumerate(values)]),
        )
        for language, values in (("en", rng.gamma(0.4, 1, n)), ("es", rng.gamma(0.4, 1, m)))
    ]
    return pair(*sides, **options)  # type: ignore[arg-type]


def storm() -> PairAnalysis:
    """English and Spanish, two fields, several pieces in some words."""
    english = side(
        "en",
        Field(
            "premise",
            _spaced("The:-.04 ferry:.35 was:.06 cancel:1.12+led:.24 because:.12 of:-.03 the:-.02 storm:.41 .:.05"),
        ),
        Field("hypothesis", _spaced("The:-.05 boat:-.22 sail:.68+ed:.15 on:.12 time:.47 .:-.08")),
        prediction={"entailment": 0.02, "neutral": 0.05, "contradiction": 0.93},
    )
    spanish = side(
        "es",
        Field(
            "premise",
            _spaced("El:-.03 ferri:.29 fue:.05 cancela:.98+do:.21 debido:.16 a:.02 la:-.02 tormenta:.36 .:.04"),
        ),
        Field(
            "hypothesis",
            _spaced("El:-.06 barco:-.31 zar:.4+pó:.24 a:.05 la:.02 hora:.33 prevista:.22 .:-.07"),
        ),
        prediction={"entailment": 0.03, "neutral": 0.09, "contradiction": 0.88},
        token_error=0.006,
    )
    return pair(english, spanish)


def rain() -> PairAnalysis:
    """English and Arabic, one field, pieces inside joined Arabic words."""
    english = side(
        "en",
        Field(
            "text",
            _spaced(
                "Heavy:.03 rain:.075 closed:.063 the:.006 mountain:.056 road:.068 for:.004 two:.017 days:.021 .:-.009"
            ),
        ),
        kind="meaning",
        label="meaning",
    )
    arabic = side(
        "ar",
        Field(
            "text",
            _spaced(
                "أغلق:.052+ت:.006 ال:.004+أمطار:.071 ال:.002+غزير:.024+ة:-.004 "
                "الطريق:.064 ال:.003+جبل:.049+ي:.008 لمدة:-.006 يوم:.017+ين:.026 .:-.007"
            ),
        ),
        kind="meaning",
        label="meaning",
    )
    return pair(english, arabic, task="meaning", seed=3)


def hostile() -> PairAnalysis:
    """Markup, bidi overrides, quotes, a control, and 10,000 characters in one token."""
    words = [[("<script>alert(1)</script>", 0.4)], [("\u202eabc\u202c", 0.3)], [("x" * 10_000, 0.5)]]
    more = [[('"><img onerror=1>', 0.2)], [("&amp;", -0.1)], [("\x07", 0.1)], [("]]>", 0.0)]]
    sides = [side(code, Field("premise", words + more)) for code in ("en", "ar")]
    return pair(*sides)


def answers() -> PairReport:
    """A `qa` report whose explained answer is "is 40 m", tokens 4 to 6 of each side."""
    analyses = []
    for end, index in (("start", 4), ("end", 6)):
        question = Field("question", [[("How", 0.1)], [("high?", 0.2)]])
        context = Field("context", [[(word, 0.1)] for word in ("is", "40", "m", "high")])
        sides = [side(code, question, context, kind=end, label="is 40 m") for code in ("en", "de")]
        target = Target(end, index, "is 40 m")
        sides = [replace(each, attribution=replace(each.attribution, target=target)) for each in sides]
        analyses.append(replace(pair(*sides, task="qa"), end=end))
    return PairReport(tuple(analyses), ("One <b>notice</b>",))


def retold(analysis: PairAnalysis, *, name: str = "e5-small-nli-es", train_language: str = "es") -> PairAnalysis:
    """The same pair as another model might see it: every side's scores in reverse order, solved again."""
    sides = []
    for told in (analysis.source, analysis.target):
        places = [position for unit in told.units for position in unit.tokens]
        scores = told.attribution.scores.copy()
        scores[places] = scores[places[::-1]]
        sides.append(
            replace(
                told,
                attribution=replace(told.attribution, scores=scores),
                scores=told.scores[::-1],
                mass=told.mass[::-1],
            )
        )
    return replace(
        analysis,
        source=sides[0],
        target=sides[1],
        transport=solve(sides[0].mass, sides[1].mass, analysis.transport.similarity),
        model=replace(analysis.model, name=name, train_language=train_language),
    )


def _spaced(text: str) -> list[list[Piece]]:
    """`cancel:1.12+led:.24 of:-.03` as words of (piece, score)."""
    words = []
    for word in text.split():
        pieces = [piece.rsplit(":", 1) for piece in word.split("+")]
        words.append([(piece, float(value)) for piece, value in pieces])
    return words


def _tokens(
    fields: Sequence[Field],
) -> tuple[list[Token], list[Word], list[float], list[tuple[str, str]]]:
    tokens, words, scores = [Token("<s>", 0, 0, None, True, -1)], [], [0.0]
    contents = []
    for field in fields:
        content = ""
        for pieces in field.words:
            content += field.glue if content else ""
            start = len(content)
            for piece, value in pieces:
                tokens.append(Token(piece, len(content), len(content) + len(piece), field.name, False, len(words)))
                scores.append(value)
                content += piece
            words.append(Word(content[start:], start, len(content), field.name))
        contents.append((field.name, content))
        tokens.append(Token("</s>", 0, 0, None, True, -1))
        scores.append(0.0)
    return tokens, words, scores, contents


def _token_units(tokens: Sequence[Token]) -> tuple[Unit, ...]:
    return tuple(
        Unit(token.text, token.start, token.end, token.field or "", token.word, (index,))
        for index, token in enumerate(tokens)
        if not token.special
    )


def _word_units(tokens: Sequence[Token], words: Sequence[Word]) -> tuple[Unit, ...]:
    members = [tuple(i for i, token in enumerate(tokens) if token.word == at) for at in range(len(words))]
    return tuple(
        Unit(word.text, word.start, word.end, word.field, at, indices)
        for at, (word, indices) in enumerate(zip(words, members, strict=True))
    )
