"""Readings of "which training language is the most consistent" in words: names, values, standing, uncertainty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.report.readings import DEFINITIONS, PAPER_READING, Reading, ReadingDefinition, Readings
from core.statistics.leaders import AHEAD_SHARE, LEADS_SHARE, STANDING_WORDS
from core.statistics.pair_values import LanguagePair
from dashboard.figures.names import language_name
from dashboard.figures.numbers import count, counted, decimal, percent, signed, signed_interval

Agreement = Literal["same", "other", "nothing"]
NOT_COMPUTED = "not computed"
SIGNED: Mapping[str, str] = {"above-shuffled": "shuffled importance", "above-equal": "equal importance"}
"""Reading whose values are differences -> the reference they are differences from."""
VALUE_NAMES: Mapping[str, str] = {
    "above-shuffled": "C minus shuffled",
    "above-equal": "C minus equal",
    "share-of-attainable": "share of the attainable",
}
"""What a reading's values are; C for the others."""
AGREEMENT: Mapping[Agreement, tuple[str, str]] = {
    "same": ("✓", "same leader as in the paper"),
    "other": ("✗", "another leader than in the paper"),
    "nothing": ("–", "nothing to compare with in the paper"),
}
RULE = (
    f"“{STANDING_WORDS['leads']}”: first in at least {percent(LEADS_SHARE, 0)} of resamples, and the interval of the "
    f"difference from the runner-up leaves out 0; “{STANDING_WORDS['ahead']}”: first in at least "
    f"{percent(AHEAD_SHARE, 0)}; otherwise “{STANDING_WORDS['none']}”."
)
_NOTES: Mapping[str, str] = {
    PAPER_READING: "own pairs, the diagonal counts as 1",
    "own-pairs": "each checkpoint on pairs with its language",
    "same-pairs": "every checkpoint on the same {pairs}",
    "above-shuffled": "0 is chance",
    "above-equal": "0 is C when every word counts the same",
    "share-of-attainable": "0 is chance, 1 importance carried over",
    "other-languages": "by least squares over the other pairs",
}
READING_RULES: Mapping[str, str] = {
    PAPER_READING: "mean C of each checkpoint over the pairs that contain its training language, with 1 for the "
    "language itself, as “Overall” in the paper’s Table 5. Each training language has other pairs.",
    "own-pairs": "the same without the 1.",
    "same-pairs": "mean C of each checkpoint over the pairs that all checkpoints have.",
    "above-shuffled": "the same for C minus the mean C of shuffled importance.",
    "above-equal": "the same for C minus C when every word counts the same; below 0 where the model’s importance is "
    "less alike than equal importance is.",
    "share-of-attainable": "mean of C minus shuffled, divided by the mean of carried-over importance minus shuffled.",
    "other-languages": "only cells whose pair does not contain the training language; least squares for cell = "
    "training language + pair, so that no language gains from the pairs it is left out of.",
}


@dataclass(frozen=True)
class ReadingRow:
    """One line of the table of readings, as it is printed.

    Attributes
    ----------
    lacks : why it was not computed; "" if it was, and all that follows holds.
    leader : "" where there is no clear leader. largest : the language with the largest observed value.
    first : share of the resamples in which `largest` is first. remark : "" or what its values have in common.
    """

    name: str
    title: str
    note: str
    lacks: str = ""
    leader: str = ""
    largest: str = ""
    standing: str = ""
    first: float = 0.0
    settled: bool = False
    runner_up: str = ""
    difference: str = ""
    remark: str = ""
    agreement: Agreement = "nothing"

    @property
    def spoken(self) -> str:
        """The whole line for screen readers."""
        if self.lacks:
            return f"{self.title}: {NOT_COMPUTED}, {self.lacks}."
        leader = f"{self.leader} {self.standing}" if self.leader else f"{self.standing}, {self.largest} largest"
        return (
            f"{self.title}: {leader}, first in {percent(self.first)} of resamples; minus {self.runner_up} "
            f"{self.difference}; {AGREEMENT[self.agreement][1]}."
        )


def reading_title(definition: ReadingDefinition) -> str:
    return definition.title.replace("'", "’")


def reading_rows(computed: Readings) -> list[ReadingRow]:
    """Every reading there is, in the order of their definitions; those that could not be computed say why."""
    n_pairs = int(computed.values.shared.sum())
    there = {reading.definition.name: reading for reading in computed.readings}
    rows = []
    for definition in DEFINITIONS:
        note = _NOTES[definition.name].format(pairs=counted(n_pairs, "pair"))
        title = reading_title(definition)
        if definition.name in there:
            rows.append(_row(there[definition.name], title, note))
        else:
            rows.append(ReadingRow(definition.name, title, note, lacks=computed.absent[definition.name]))
    return rows


def _row(reading: Reading, title: str, note: str) -> ReadingRow:
    ranking, name = reading.ranking, reading.definition.name
    largest = language_name(ranking.leader)
    difference = ranking.difference
    return ReadingRow(
        name,
        title,
        note,
        leader=largest if ranking.standing != "none" else "",
        largest=largest,
        standing=STANDING_WORDS[ranking.standing],
        first=ranking.first_share,
        settled=ranking.standing == "leads",
        runner_up=language_name(ranking.runner_up),
        difference=signed_interval(difference.value, difference.low, difference.high),
        remark="all training languages below 0" if name in SIGNED and (ranking.values < 0).all() else "",
        agreement={True: "same", False: "other", None: "nothing"}[reading.agrees_with_paper],  # type: ignore[arg-type]
    )


def value_words(name: str, value: float) -> str:
    """A reading's value as a sentence has it: `0.379`, `0.014 below equal importance`, `0.512 of the attainable`.

    A difference names the side on which it is, so that no negative value is called a surplus.
    """
    if name in SIGNED:
        size = decimal(abs(value))
        if float(size) == 0:
            return f"equal to {SIGNED[name]} to three decimals"
        return f"{size} {'above' if value > 0 else 'below'} {SIGNED[name]}"
    return f"{decimal(value)} of the attainable" if name == "share-of-attainable" else decimal(value)


def value_name(name: str) -> str:
    """What the values of a reading are: `C`, `C minus shuffled`."""
    return VALUE_NAMES.get(name, "C")


def value_number(name: str, value: float, places: int = 3) -> str:
    """A value in a table or a picture, with its sign where it is a difference."""
    return (signed if name in SIGNED else decimal)(value, places)


def chosen_sentence(reading: Reading) -> str:
    """The two largest values of a reading, and whether the interval of their paired difference contains 0."""
    ranking, name = reading.ranking, reading.definition.name
    first, second = (
        f"{language_name(code)} {value_words(name, float(ranking.values[ranking.languages.index(code)]))}"
        for code in ranking.order[:2]
    )
    difference = ranking.difference
    contains = "contains" if difference.low <= 0 <= difference.high else "does not contain"
    number = signed_interval(difference.value, difference.low, difference.high)
    return f"{first}; {second}. The 95% interval of the paired difference, {number}, {contains} 0."


def uncertainty_sentence(n_seeds: Sequence[int], seed_sd: float | None) -> str:
    """Over what the intervals speak: other sentences, and other trainings only where there are several."""
    fewest, most = min(n_seeds), max(n_seeds)
    if most == 1:
        return "other sentences only; one training per language, so a lead may belong to that one training."
    seeds = f"{count(most)}" if fewest == most else f"{count(fewest)} to {count(most)}"
    sentence = f"other sentences and {seeds} training seeds"
    if seed_sd is not None:
        sentence += f"; standard deviation of mean C between seeds {decimal(seed_sd)}"
    one = "; a lead of a language with one training may belong to that one training" if fewest == 1 else ""
    return f"{sentence}{one}."


def coverage_sentence(n_shared: int, n_pairs: int, waiting_for: Sequence[str]) -> str:
    """`10 of 15 pairs are computed under every checkpoint; 5 wait for Korean.`; "" where all of them are."""
    if n_shared == n_pairs:
        return ""
    names = joined([language_name(code) for code in waiting_for])
    missing = n_pairs - n_shared
    return (
        f"{count(n_shared)} of {counted(n_pairs, 'pair')} {'is' if n_shared == 1 else 'are'} computed under every "
        f"checkpoint; {count(missing)} {'waits' if missing == 1 else 'wait'} for {names}."
    )


def joined(names: Sequence[str]) -> str:
    """`Korean`, `Korean and Chinese`, `German, Korean and Chinese`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def pair_name(pair: LanguagePair) -> str:
    """`Spanish–French`."""
    return "–".join(map(language_name, pair))


def pair_code(pair: LanguagePair) -> str:
    """`es-fr`, as addresses and files have it."""
    return "-".join(pair)
