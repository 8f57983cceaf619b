"""Readings as plain values, for `core readings --format json` and the files of the dashboard."""

from core.report.readings import Reading, Readings

Plain = dict[str, object]


def readings_plain(computed: Readings, *, data_set: str, split: str, model: str) -> Plain:
    """Return everything that `json` writes of the readings of one model on one data set."""
    variance = computed.variance
    return {
        "dataset": data_set,
        "split": split,
        "model": model,
        "pairs": ["-".join(pair) for pair in computed.values.pairs],
        "n": len(computed.values.examples),
        "readings": [_reading(reading) for reading in computed.readings],
        "not_computed": dict(computed.absent),
        "variance": None if variance is None else {**variance.shares, "example": variance.example},
    }


def _reading(reading: Reading) -> Plain:
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
