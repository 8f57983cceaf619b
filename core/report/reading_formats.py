"""Readings as plain text and as JSON, for the commands `readings` and `tables`."""

from typing import Any

from core.report.grids import StoredGrid
from core.report.readings import DEFINITIONS, Reading, Readings
from core.statistics.leaders import STANDING_WORDS


def readings_to_json(computed: Readings, grid: StoredGrid) -> dict[str, Any]:
    """Return a JSON object: every reading with its uncertainty, and the variance of the cells."""
    variance = computed.variance
    return {
        "dataset": grid.data_set,
        "split": grid.split,
        "model": grid.model,
        "pairs": ["-".join(pair) for pair in computed.values.pairs],
        "shared_pairs": int(computed.values.shared.sum()),
        "n": len(computed.values.examples),
        "clusters": len(set(computed.values.clusters.tolist())),
        "seeds": dict(zip(computed.values.languages, computed.n_seeds, strict=True)),
        "seed_sd": computed.seed_sd,
        "readings": [_reading_to_json(reading) for reading in computed.readings],
        "not_computed": dict(computed.absent),
        "variance": None if variance is None else {**variance.shares, "example": variance.example},
    }


def _reading_to_json(reading: Reading) -> dict[str, Any]:
    ranking = reading.ranking
    difference = ranking.difference
    return {
        "reading": reading.definition.name,
        "leader": ranking.leader,
        "standing": ranking.standing,
        "first": dict(zip(ranking.languages, ranking.first.tolist(), strict=True)),
        "runner_up": ranking.runner_up,
        "difference": [difference.value, difference.low, difference.high],
        "values": dict(zip(ranking.languages, ranking.values.tolist(), strict=True)),
        "interval": dict(zip(ranking.languages, ranking.interval.tolist(), strict=True)),
        "agrees_with_paper": reading.agrees_with_paper,
    }


def readings_to_text(computed: Readings, grid: StoredGrid) -> str:
    """Return one line a reading, then what was not computed, the variance of the cells, and what was resampled."""
    lines = [
        f"{grid.data_set}, {grid.split}, {grid.model}: {len(computed.values.examples)} examples, "
        f"{int(computed.values.shared.sum())} pairs of languages under every checkpoint"
    ]
    lines += map(_reading_to_text, computed.readings)
    titles = {definition.name: definition.title for definition in DEFINITIONS}
    lines += [f"{titles[name]}: not computed, {lacking}" for name, lacking in computed.absent.items()]
    if computed.variance is not None:
        shares = ", ".join(f"{name} {share:.1%}" for name, share in computed.variance.shares.items())
        lines.append(f"Variance of the cells' means: {shares}")
    return "\n".join([*lines, _resampled(computed)]) + "\n"


def _reading_to_text(reading: Reading) -> str:
    ranking, difference = reading.ranking, reading.ranking.difference
    standing = STANDING_WORDS[ranking.standing]
    named = standing if ranking.standing == "none" else f"{ranking.leader} {standing}"
    paper = {True: "; the paper's leader too", False: "; the paper has another leader", None: ""}
    return (
        f"{reading.definition.title}: {named}; {ranking.leader} is first in {ranking.first_share:.1%} of resamples; "
        f"{ranking.leader} minus "
        f"{ranking.runner_up} {difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
        f"{paper[reading.agrees_with_paper]}"
    )


def _resampled(computed: Readings) -> str:
    """Say what the intervals and shares are uncertain over."""
    seeds = computed.n_seeds
    if computed.seed_sd is None:
        return (
            "Intervals are over other sentences only: one training a language, so a lead may belong to that training."
        )
    counted = f"{min(seeds)}" if min(seeds) == max(seeds) else f"{min(seeds)} to {max(seeds)}"
    return (
        f"Intervals are over other sentences and training seeds ({counted} a language); between seeds, a checkpoint's "
        f"mean C has a standard deviation of {computed.seed_sd:.4f}."
    )
