"""From an attributed text to what carries its importance: tokens or words, each with its score and its mass."""

from collections.abc import Mapping

import numpy as np

from core.consistency.mass import mass_from_scores
from core.results import Side, TokenAttribution, TokenizedText, Unit
from core.settings import Settings
from core.text.languages import get_language


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
