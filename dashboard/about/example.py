"""The worked example of the page "About": two words on each side, with round numbers."""

from functools import lru_cache

import numpy as np

from core.consistency.references import references
from core.consistency.sides import side_of
from core.consistency.transport import solve
from core.results import (
    ModelInfo,
    PairAnalysis,
    Side,
    Target,
    Token,
    TokenAttribution,
    TokenizedText,
    Word,
)
from core.settings import Settings

SOURCE = (("ferry", 0.3), ("cancelled", 0.7))
TARGET = (("ferri", 0.4), ("cancelado", 0.6))
SIMILARITY = ((0.9, 0.2), (0.1, 0.8))
SETTINGS = Settings(task="nli")


@lru_cache(maxsize=1)
def worked_example() -> PairAnalysis:
    """Return the example: scores and similarities are invented; mass, plan, C and references are computed."""
    source, target = _side("en", SOURCE), _side("es", TARGET)
    plan = solve(source.mass, target.mass, np.array(SIMILARITY))
    model = ModelInfo("none", "", "none", "nli", None, "invented scores")
    return PairAnalysis(source, target, plan, references(plan), SETTINGS, model, space={})


def _side(language: str, scored: tuple[tuple[str, float], ...]) -> Side:
    words, tokens, start = [], [], 0
    for index, (word, _) in enumerate(scored):
        words.append(Word(word, start, start + len(word), "text"))
        tokens.append(Token(word, start, start + len(word), "text", False, index))
        start += len(word) + 1
    text = TokenizedText(
        language=language,
        fields=(("text", " ".join(word.text for word in words)),),
        tokens=tuple(tokens),
        words=tuple(words),
        input_ids=tuple(range(len(tokens))),
        token_type_ids=(0,) * len(tokens),
        n_tokens_uncut=len(tokens),
    )
    scores = np.array([score for _, score in scored])
    attribution = TokenAttribution(
        text=text,
        target=Target("class", 2, "contradiction"),
        scores=scores,
        f_input=float(scores.sum()),
        f_baseline=0.0,
        n_steps=0,
        n_forward=0,
        token_error=None,
        method=SETTINGS.method,
    )
    return side_of(attribution, {}, SETTINGS)
