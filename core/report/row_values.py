"""The values of single examples for the paper's tables and figure, from the runs of a store."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from core.data.catalogue import DATASETS
from core.data.cells import SPLIT
from core.errors import StoreChoiceError
from core.report.tables.sources import Quantity, Wanted
from core.statistics import Axes, ExampleGrid, grids_from_frame
from core.store import ExampleFilter, Reader, RunIdentity, Scope

ENGLISH = "en"
PERFORMANCES: tuple[Quantity, ...] = ("performance", "exact_match")
# C and its references -> the column of `pairs`.
COMPARISONS: Mapping[Quantity, str] = {
    "consistency": "consistency",
    "uniform": "uniform",
    "shuffled": "shuffled_mean",
    "mismatched": "mismatched",
}
# Catalogue name -> the paper's name; a fine-tuned checkpoint is named after its model.
PAPER_NAMES = {
    "mbert": "mBERT",
    "xlm-base": "XLM-Base",
    "xlm-large": "XLM-Large",
    "xlm-r-base": "XLM-R-Base",
    "xlm-r-large": "XLM-R-Large",
}

_SEED = re.compile(r"-seed(\d+)$")


@dataclass(frozen=True)
class StoredRowValues:
    """The values of a table's rows (`RowValues`), read from a store.

    Attributes
    ----------
    runs : only these; empty: all, which must then be one for each checkpoint and data set.
    model : whose checkpoints make the grids of training languages (`e5-small-nli` of `e5-small-nli-de`); empty: the
        one of which the store holds several training languages.
    """

    reader: Reader
    runs: tuple[str, ...] = ()
    model: str = ""

    def __call__(self, wanted: Wanted) -> ExampleGrid | None:
        """Return the grid; None where nothing of it is stored.

        Raises StoreChoiceError where the store holds several runs of a cell, several models of a grid, or runs with
        different settings: these are never mixed.
        """
        grids = self._read(wanted, (wanted.quantity,))
        return grids[wanted.quantity] if grids else None

    def comparisons(self, wanted: Wanted) -> dict[Quantity, ExampleGrid]:
        """Return the grids of C and all its references, whatever quantity is wanted; it takes little longer than one.

        Empty where nothing is stored. Raises StoreChoiceError as a call does.
        """
        return self._read(wanted, tuple(COMPARISONS))

    def _read(self, wanted: Wanted, quantities: tuple[Quantity, ...]) -> dict[Quantity, ExampleGrid]:
        """The grids of one performance, or of comparisons."""
        kind = "predictions" if quantities[0] in PERFORMANCES else "pairs"
        chosen = self._labelled(wanted, self._choose(wanted.data_set, kind))
        if not chosen:
            return {}
        self._require_one_group({run: identity for run, (_, identity) in chosen.items()})
        frames = [self._values(run, wanted, quantities) for run in chosen]
        if kind == "predictions":
            frames = [frame.merge(self._clusters(tuple(chosen)), on="row", how="left") for frame in frames]
        columns = languages_in_order({code for frame in frames for code in frame["language"].unique()}, wanted.data_set)
        if not columns:
            return {}
        identities = [identity for _, identity in chosen.values()]
        axes = Axes(
            rows=tuple(label for label, _ in chosen.values()),
            columns=columns,
            trained_on=tuple(str(identity.train_language) for identity in identities),
        )
        grids = grids_from_frame(
            pd.concat([_in_row(frame, at, axes) for at, frame in enumerate(frames)], ignore_index=True),
            axes,
            row="label",
            column="language",
            values=quantities,
            example="row",
            cluster="cluster",
            proportion=kind == "predictions" and _metric(identities[0].task, quantities[0]) != "f1",
        )
        return dict(zip(quantities, grids, strict=True))

    def _choose(self, data_set: str, kind: str) -> dict[str, RunIdentity]:
        """The one run of each checkpoint on a data set that holds records of a kind.

        Performance is that of the run from which the consistency comes, on the same rows, rather than `evaluate`'s.
        """
        holding, compared_runs = self.reader.holding(kind), self.reader.holding("pairs")
        # Two trainings may have a folder of one name, such as checkpoint-500.
        by_checkpoint: dict[tuple[str, str], list[str]] = {}
        for run, manifest in sorted(self.reader.runs.items()):
            identity = manifest.identity
            # A user's file may have the name of a data set.
            asked = run in self.runs if self.runs else identity.split != SPLIT
            if asked and run in holding and identity.dataset == data_set and identity.train_language:
                by_checkpoint.setdefault((identity.checkpoint, identity.train_language), []).append(run)
        chosen = {}
        for (checkpoint, _), runs in by_checkpoint.items():
            compared = [run for run in runs if run in compared_runs] or runs
            if len(compared) > 1:
                raise StoreChoiceError(
                    f"The store holds {len(compared)} runs of {checkpoint} on {data_set} with different settings, "
                    f"splits or revisions: name one with --run: {', '.join(compared)}."
                )
            chosen[compared[0]] = self.reader.runs[compared[0]].identity
        return _first_seeds(chosen)

    def _require_one_group(self, chosen: dict[str, RunIdentity]) -> None:
        """Raise StoreChoiceError unless the runs have equal data and, where both hold pairs, equal settings."""
        compared = self.reader.holding("pairs")
        first = next((run for run in chosen if run in compared), next(iter(chosen)))
        for run, identity in chosen.items():
            both = run in compared and first in compared
            differing = _differing(chosen[first], identity, settings=both)
            if differing:
                raise StoreChoiceError(
                    f"The runs {first} and {run} differ in {', '.join(differing)}, not only in the checkpoint: name "
                    "runs with equal data and settings with --run."
                )

    def _labelled(self, wanted: Wanted, chosen: dict[str, RunIdentity]) -> dict[str, tuple[str, RunIdentity]]:
        """Return the runs that are rows of the grid, each with its label."""
        if wanted.rows == "checkpoints":
            names = Counter(identity.checkpoint for identity in chosen.values())
            return {
                run: (f"{identity.checkpoint}{f' ({run[-12:]})' * (names[identity.checkpoint] > 1)}", identity)
                for run, identity in chosen.items()
            }
        if wanted.rows == "models":
            return {
                run: (_paper_name(identity), identity)
                for run, identity in chosen.items()
                if identity.train_language == ENGLISH
            }
        stem = self.model or _model_of_grid(wanted.data_set, list(chosen.values()))
        own = {run: identity for run, identity in chosen.items() if stem_of(identity) == stem}
        order = languages_in_order([str(identity.train_language) for identity in own.values()], wanted.data_set)
        ranked = sorted(own.items(), key=lambda entry: order.index(str(entry[1].train_language)))
        return {run: (str(identity.train_language), identity) for run, identity in ranked}

    def _values(self, run: str, wanted: Wanted, quantities: tuple[Quantity, ...]) -> pd.DataFrame:
        """Columns language (categories), row and the quantities: pairs with the training language, or performance.

        Pairs have their cluster as well.
        """
        identity = self.reader.runs[run].identity
        scope = Scope(runs=(run,))
        if quantities[0] in PERFORMANCES:
            metric = _metric(identity.task, quantities[0])
            found = self.reader.prediction_values(metric, scope, by=("language",))
            return found.rename(columns={"value": quantities[0]})
        where = ExampleFilter(source_language=identity.train_language, end=wanted.part or "")
        columns = {COMPARISONS[quantity]: quantity for quantity in quantities}
        found = self.reader.pair_columns((*columns, "cluster"), scope, where, by=("target_language",))
        return found.rename(columns={"target_language": "language", **columns})

    def _clusters(self, runs: tuple[str, ...]) -> pd.DataFrame:
        """Columns row and cluster, as the pairs of these runs have them."""
        found = self.reader.pair_columns(("cluster",), Scope(runs=runs), by=())
        return found.dropna().drop_duplicates("row")


def _in_row(frame: pd.DataFrame, at: int, axes: Axes) -> pd.DataFrame:
    """Label a run's values with row number `at`, in the categories that the values of all runs share."""
    return frame.assign(
        language=frame["language"].astype(pd.CategoricalDtype(axes.columns)),
        label=pd.Categorical.from_codes([at] * len(frame), list(axes.rows)),
    )


def _differing(one: RunIdentity, other: RunIdentity, *, settings: bool = True) -> list[str]:
    """Return the names of the data and, if `settings`, of the settings in which two runs differ."""
    names = [name for name in ("dataset", "split", "data_fingerprint") if getattr(one, name) != getattr(other, name)]
    if not settings:
        return names
    ours, theirs = ({"seed": run.seed, **run.settings} for run in (one, other))
    return names + [name for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)]


def _metric(task: str, quantity: Quantity) -> str:
    """The column of `predictions` that a performance is read from."""
    if task != "qa":
        return "correct"
    return "exact_match" if quantity == "exact_match" else "f1"


def languages_in_order(languages: Iterable[str], data_set: str) -> tuple[str, ...]:
    """Return languages in the paper's order for the data set, then the others by code."""
    known = DATASETS[data_set].languages if data_set in DATASETS else ()
    return tuple(sorted(sorted(set(languages)), key=lambda code: known.index(code) if code in known else len(known)))


def stem_of(identity: RunIdentity) -> str:
    """The checkpoint's name without its training language and seed: what the checkpoints of one model share."""
    return _SEED.sub("", identity.checkpoint).removesuffix(f"-{identity.train_language}")


def seed_of(identity: RunIdentity) -> int:
    """The training seed that a checkpoint's name ends in, `-seed2`; 0 where it names none."""
    named = _SEED.search(identity.checkpoint)
    return int(named[1]) if named else 0


def _first_seeds(chosen: Mapping[str, RunIdentity]) -> dict[str, RunIdentity]:
    """Keep, of training seeds of one model in one language, the lowest: tables have a row for each language."""
    lowest: dict[tuple[str, str | None], int] = {}
    for identity in chosen.values():
        key = stem_of(identity), identity.train_language
        lowest[key] = min(seed_of(identity), lowest.get(key, seed_of(identity)))
    return {
        run: identity
        for run, identity in chosen.items()
        if seed_of(identity) == lowest[stem_of(identity), identity.train_language]
    }


def _paper_name(identity: RunIdentity) -> str:
    base = stem_of(identity).removesuffix(f"-{identity.task}")
    return PAPER_NAMES.get(base, identity.checkpoint)


def _model_of_grid(data_set: str, identities: Sequence[RunIdentity]) -> str:
    """The model with most training languages. Raises StoreChoiceError where several have equally many."""
    trained: dict[str, set[str]] = {}
    for identity in identities:
        trained.setdefault(stem_of(identity), set()).add(str(identity.train_language))
    most = max((len(languages) for languages in trained.values()), default=0)
    leading = sorted(stem for stem, languages in trained.items() if len(languages) == most)
    if len(leading) > 1:
        raise StoreChoiceError(
            f"The store holds checkpoints of {len(leading)} models on {data_set} with equally many training languages: "
            f"name one with --model: {', '.join(leading)}."
        )
    return leading[0] if leading else ""
