"""What drives a lead, in words: pair by pair, or split into pairs and checkpoint."""

from core.report.pair_cells import Drivers, OwnPairParts
from core.report.readings import Reading
from dashboard.figures.names import language_name
from dashboard.figures.numbers import count, counted, signed
from dashboard.figures.words.readings import pair_name


def drivers_title(reading: Reading) -> str:
    """`Spanish minus English: which pairs`; it claims no lead, which the reading may not have."""
    what = "which pairs" if reading.definition.on_shared_pairs else "pairs and checkpoint"
    return f"{_two(reading)}: {what}"


def drivers_note(reading: Reading, drivers: Drivers) -> str:
    """On how many pairs the first is above the second, and what is left without the strongest pair."""
    n = len(drivers.pairs)
    difference = signed(reading.ranking.difference.value)
    pairs = counted(n, "pair")
    if reading.definition.leaves_out_own:
        pairs = f"the {pairs} that contain neither language"
    note = f"Above 0 on {count(drivers.n_ahead)} of {pairs}; {difference} in the reading"
    if drivers.without_strongest is None:
        return f"{note}."
    return f"{note}, {signed(drivers.without_strongest)} without {pair_name(drivers.pairs[0])}, the strongest."


def parts_note(reading: Reading, parts: OwnPairParts) -> str:
    """What the choice of pairs alone would give, and what the checkpoint adds to it."""
    return (
        f"The two means are over different pairs. If every checkpoint had each pair’s mean C, {_two(reading)} would be "
        f"{signed(parts.pairs)}; the checkpoint changes this by {signed(parts.checkpoint)}, to {signed(parts.total)}."
    )


def _two(reading: Reading) -> str:
    return f"{language_name(reading.ranking.leader)} minus {language_name(reading.ranking.runner_up)}"
