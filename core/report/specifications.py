"""How much "which training language is first" depends on choices: a value for each combination that was computed.

A specification is a set of choices (baseline, output, aggregate, mass rule, ...). Every specification has values of the
same examples for the same training languages in the same reading, so that all of them can be resampled together.
Simonsohn, Simmons and Nelson (2020), Specification curve analysis.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import DataError
from core.report.grids import StoredGrid, stored_grids
from core.report.pair_quantities import pair_quantities
from core.report.readings import DEFINITIONS, ReadingDefinition
from core.results import Array
from core.setting import Setting, settings_of
from core.settings import Settings
from core.statistics.intervals import N_RESAMPLES, percentile_interval
from core.statistics.pair_values import PairValues
from core.store import Reader

# Readings whose value is a mean over examples: each example has a value of its own.
READINGS = ("same-pairs", "above-shuffled", "above-equal", "own-pairs", "paper")
_KEYS = ("reading", "trained_on", "row")


@dataclass(frozen=True)
class Specifications:
    """Values of one model on one data set in one reading, under every specification.

    Attributes
    ----------
    choices : (specification,) name of each setting that differs between them -> its value as text.
    languages : training languages. examples, clusters : (example,) data set rows, and the group each is drawn with.
    values : (specification, training language, example).
    """

    reading: str
    choices: tuple[Mapping[str, str], ...]
    languages: tuple[str, ...]
    examples: npt.NDArray[np.int64]
    clusters: npt.NDArray[np.int64]
    values: Array

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that differ, in the order of the list of settings."""
        return tuple(self.choices[0])

    @property
    def default(self) -> int | None:
        """The specification with the default of every setting that differs; None where it was not computed."""
        usual = {one.name: one.code(one.default) for one in settings_of(Settings)}
        wanted = {name: usual[name] for name in self.names}
        return next((at for at, chosen in enumerate(self.choices) if dict(chosen) == wanted), None)


@dataclass(frozen=True)
class SpecificationCurve:
    """The lead of one training language over the strongest other one, in every specification.

    Attributes
    ----------
    language : the one that is first under the default choices, or where these were not computed, most often.
    order : (specification,) from the smallest lead to the largest.
    lead, interval : (specification,) and (specification, 2) mean over examples, and its 95% interval from resamples
        that are the same for all specifications.
    leaders : (specification,) the language with the largest mean.
    """

    specifications: Specifications
    language: str
    order: npt.NDArray[np.int64]
    lead: Array
    interval: Array
    leaders: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """Training language -> number of specifications in which it is first, the largest number first."""
        languages = self.specifications.languages
        counted = {code: self.leaders.count(code) for code in languages}
        return dict(sorted(((code, n) for code, n in counted.items() if n), key=lambda entry: -entry[1]))

    @property
    def n_first(self) -> int:
        """Number of specifications in which `language` is first."""
        return self.leaders.count(self.language)

    @property
    def n_settled(self) -> int:
        """Number of them whose interval lies above 0."""
        return int((self.interval[:, 0] > 0).sum())

    def first_with(self, name: str) -> dict[str, tuple[int, int]]:
        """Value of a setting -> in how many of its specifications `language` is first, and their number."""
        found: dict[str, tuple[int, int]] = {}
        for chosen, leader in zip(self.specifications.choices, self.leaders, strict=True):
            first, of = found.get(chosen[name], (0, 0))
            found[chosen[name]] = (first + (leader == self.language), of + 1)
        return found


def specification_curve(
    specifications: Specifications, *, language: str | None = None, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> SpecificationCurve:
    """Return the lead of a training language over the strongest other one under every specification.

    Raises
    ------
    DataError : fewer than two training languages, or no value of `language`.
    """
    languages, values = specifications.languages, specifications.values
    if len(languages) < 2:
        raise DataError(f"Only {languages[0]} has been trained: there is nothing to rank.")
    means = values.mean(axis=2)
    leaders = tuple(languages[k] for k in means.argmax(axis=1))
    usual = specifications.default
    first = language or (max(languages, key=leaders.count) if usual is None else leaders[usual])
    if first not in languages:
        raise DataError(f"The specifications have no training language {first!r}: {', '.join(languages)}.")
    at = languages.index(first)
    lead = _lead(means, at)
    rng = np.random.default_rng(seed)
    labels, members = np.unique(specifications.clusters, return_inverse=True)
    drawn = rng.multinomial(len(labels), np.full(len(labels), 1 / len(labels)), size=n_resamples)[:, members]
    resampled = _resampled(drawn, values)
    return SpecificationCurve(
        specifications, first, np.argsort(lead, kind="stable"), lead, percentile_interval(_lead(resampled, at)), leaders
    )


def _resampled(drawn: npt.NDArray[np.int64], values: Array) -> Array:
    """Means of resamples, (resample, specification, language), from how often each example was drawn."""
    weights = drawn / drawn.sum(axis=1, keepdims=True)
    flat = values.reshape(-1, values.shape[2])
    means: Array = (weights @ flat.T).reshape(len(drawn), *values.shape[:2])
    return means


def _lead(means: Array, at: int) -> Array:
    """(..., language) -> (...) the language at a place minus the largest of the others."""
    lead: Array = means[..., at] - np.delete(means, at, axis=-1).max(axis=-1)
    return lead


def specification_frame(readers: Sequence[Reader], data_set: str, model: str = "") -> pd.DataFrame:
    """Return the values of every specification that stores hold of a data set, one line an example.

    Columns: a column for each setting that differs, reading, trained_on, row, cluster, value. Only examples that every
    training language has under a specification are in it.

    Parameters
    ----------
    model : whose checkpoints are compared, such as e5-small-paraphrase; the one with most specifications by default.

    Raises
    ------
    DataError : the stores compare no checkpoints on the data set.
    """
    grids = [
        (reader, grid)
        for reader in readers
        for grid in stored_grids(reader)
        if grid.data_set == data_set and model in ("", grid.model) and len(grid.trained_on) > 1
    ]
    if not grids:
        raise DataError(
            f"The stores compare no checkpoints on {data_set}{f' ({model})' if model else ''}. Name another --store."
        )
    models = [grid.model for _, grid in grids]
    usual_model = max(dict.fromkeys(models), key=models.count)
    by_choice = {
        tuple(_choices(reader, grid).items()): (reader, grid) for reader, grid in grids if grid.model == usual_model
    }
    chosen = [dict(choices) for choices in by_choice]
    differing = [name for name in chosen[0] if len({one[name] for one in chosen}) > 1]
    frames = []
    for choices, (reader, grid) in by_choice.items():
        values = _grid_frame(reader, grid)
        named = {name: value for name, value in choices if name in differing}
        frames.append(values.assign(**named)[[*named, *values.columns]])
    return pd.concat(frames, ignore_index=True)


def _choices(reader: Reader, grid: StoredGrid) -> dict[str, str]:
    """Every setting that changes C -> its value as text, the defaults of those that the run does not name included."""
    stored = reader.runs[grid.runs[0]].identity.settings
    return {one.name: one.code(stored.get(one.name, one.default)) for one in _changing()}


def _changing() -> list[Setting]:
    """The settings that a run can change and that change C."""
    return [one for one in settings_of(Settings) if one.name not in ("task", "gold", "vectors", "seed", "permutations")]


def _grid_frame(reader: Reader, grid: StoredGrid) -> pd.DataFrame:
    """The values of one specification in every reading that it allows."""
    quantities = pair_quantities(reader, grid)
    whole = quantities["consistency"].gapless()
    kept = np.isin(quantities["consistency"].examples, whole.examples)
    cells = {name: _by_language(values, kept) for name, values in quantities.items()}
    frames = []
    for definition in DEFINITIONS:
        if definition.name not in READINGS:
            continue
        by_example = _by_example(definition, cells, whole)
        if by_example is None:
            continue
        frames.append(
            pd.DataFrame(
                {
                    "reading": definition.name,
                    "trained_on": np.repeat(np.array(whole.languages, dtype=object), len(whole.examples)),
                    "row": np.tile(whole.examples, len(whole.languages)),
                    "cluster": np.tile(whole.clusters, len(whole.languages)),
                    "value": by_example.T.ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _by_language(values: PairValues, kept: npt.NDArray[np.bool_]) -> Array:
    """(training language, pair, example) of some examples; several seeds of a language as their mean."""
    codes = np.array(values.trained_on, dtype=object)
    return np.stack([values.values[codes == code][:, :, kept].mean(axis=0) for code in values.languages])


def _by_example(definition: ReadingDefinition, cells: Mapping[str, Array], whole: PairValues) -> Array | None:
    """(example, training language) values of one reading; None where the runs do not allow it."""
    pairs = whole.shared if definition.on_shared_pairs else np.ones(len(whole.pairs), dtype=bool)
    if not pairs.any() or any(np.isnan(cells[name][:, pairs]).all() for name in definition.needs):
        return None
    chosen = {name: np.moveaxis(cells[name][:, pairs], 2, 0) for name in definition.needs}
    reduced = definition.reduce(chosen, whole.own[:, pairs])
    return None if np.isnan(reduced).any() else reduced


def specifications_of(frame: pd.DataFrame, reading: str = "same-pairs") -> Specifications:
    """Return the specifications of one reading, on the examples and training languages that all of them have.

    Parameters
    ----------
    frame : of `specification_frame`, or read from a file.

    Raises
    ------
    DataError : the reading was not computed, or the specifications share no example.
    """
    part = frame[frame["reading"] == reading]
    if part.empty:
        raise DataError(f"There are no specifications in the reading {reading!r}: {', '.join(READINGS)}.")
    names = [name for name in frame.columns if name not in (*_KEYS, "cluster", "value")]
    specification = part.groupby(names, sort=False).ngroup() if names else pd.Series(0, index=part.index)
    language, languages = pd.factorize(part["trained_on"])
    example, examples = pd.factorize(part["row"], sort=True)
    values = np.full((int(specification.max()) + 1, len(languages), len(examples)), np.nan)
    values[specification.to_numpy(), language, example] = part["value"].to_numpy(np.float64)
    everywhere = (~np.isnan(values)).any(axis=2).all(axis=0)
    values = values[:, everywhere]
    shared = (~np.isnan(values)).all(axis=(0, 1))
    if not shared.any() or not everywhere.any():
        raise DataError("The specifications share no example: compute all of them on the same rows.")
    clusters = part.drop_duplicates("row").set_index("row")["cluster"].loc[examples[shared]]
    first = part.loc[~specification.duplicated().to_numpy(), names]
    return Specifications(
        reading,
        tuple({name: str(value) for name, value in line.items()} for line in first.to_dict("records")),
        tuple(str(code) for code, kept in zip(languages, everywhere, strict=True) if kept),
        np.asarray(examples[shared], dtype=np.int64),
        clusters.to_numpy(np.int64),
        values[:, :, shared],
    )
