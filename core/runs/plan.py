"""The plan of work of one checkpoint: the units of each step, and the job that computes them.

predictions -> attributions -> pairs and their flows; which class a text is explained for is known once predictions are
there. Units are blocks of rows in the seed's order. Their size is free: what a job computes does not depend on it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from core.attribution.methods import require_aggregate
from core.attribution.targets import require_output, strongest_other
from core.errors import StoreError
from core.models.identity import earlier_revision_of
from core.models.loaded import LoadedModel
from core.runs.data import RunData
from core.runs.identity import require_explainable, stored_identity
from core.runs.jobs import (
    AttributeJob,
    Checkpoint,
    Job,
    PredictJob,
    TextKey,
    keyed,
)
from core.runs.pair_jobs import PairJob, PairToCompare
from core.settings import Settings, get_task
from core.store import PredictionRecord, Reader, Run, Store, WorkUnit, blocks
from core.versions import library_versions

TEXT_STEPS, PAIR_STEPS = ("predictions", "attributions"), ("pairs",)
STEPS = (*TEXT_STEPS, *PAIR_STEPS)
# Step -> the kinds of record that its jobs compute together, in the order in which they are written.
KINDS_OF = {"predictions": ("predictions",), "attributions": ("attributions",), "pairs": ("pairs", "flows")}
# Rows of a unit: tens of seconds of one CPU core, so that little is lost when a run is stopped.
SIZES = {"predictions": 64, "attributions": 16, "pairs": 32}
QA_SIZES = {"predictions": 16, "attributions": 4, "pairs": 8}
TRAIN, EVERY = "train", "all"

Predictions = Mapping[tuple[str, int], PredictionRecord]
Units = tuple[WorkUnit, ...]
"""What one job computes: the same rows of the same languages, a unit for each kind of its step."""


def steps_of(task: str) -> tuple[str, ...]:
    """Return the steps of a run on data of a task; `meaning` has nothing to predict."""
    return STEPS[1:] if task == "meaning" else STEPS


@dataclass(frozen=True)
class CheckpointPlan:
    """Everything that is to be computed of one checkpoint.

    Attributes
    ----------
    pairs : (source, target) languages. run : where it is stored; its manifest may not be written yet.
    explained_by : the language whose text decides the class that is explained, with `explain` "source": the
        checkpoint's training language, whichever pair of languages is compared.
    weights, earlier : revision of the model that was loaded for the plan, and the one that earlier versions gave it.
    """

    checkpoint: Checkpoint
    classes: tuple[str, ...]
    run: Run
    data: RunData
    settings: Settings
    pairs: tuple[tuple[str, str], ...]
    explained_by: str
    weights: str
    earlier: str

    @property
    def name(self) -> str:
        return self.run.identity.checkpoint

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of all texts: the requested ones and the source languages."""
        return tuple(dict.fromkeys([*(language for pair in self.pairs for language in pair), *self.data.languages]))

    def units(self, step: str, predictions: Predictions) -> list[Units]:
        """Return all units of a step, stored or not; `predictions` decide which classes are explained."""
        size = (QA_SIZES if self.data.task == "qa" else SIZES)[step]
        if step == "predictions":
            rows = list(dict.fromkeys([*self.data.chosen, *self._partners()]))
            wanted = self.languages if self._predicts else ()
            return [(unit,) for language in wanted for unit in blocks(step, [language], rows, size=size)]
        if step == "attributions":
            return [(unit,) for unit in self._attribution_units(predictions, size)]
        return [
            tuple(replace(unit, kind=kind) for kind in KINDS_OF[step])
            for pair in self.pairs
            for unit in blocks(step, pair, self.data.chosen, size=size)
        ]

    def jobs(self, step: str, work: Iterable[Units], predictions: Predictions, reader: Reader) -> Iterator[Job]:
        """Yield the job of some units each, with its texts; for pairs and flows, with the stored attributions."""
        for units in work:
            if step == "predictions":
                yield PredictJob(self.checkpoint, units[0], self.data.take(units[0].languages[0], units[0].rows))
            elif step == "attributions":
                yield self._attribute_job(units[0], predictions)
            else:
                yield self._pair_job(units, predictions, reader)

    def stored_predictions(self, reader: Reader) -> Predictions:
        """Return the stored predictions of the rows and languages of this plan."""
        return (
            reader.predictions(self.run.run_id, rows=self._rows(), languages=self.languages) if self._predicts else {}
        )

    def whole_predictions(self, reader: Reader) -> Predictions:
        """Return the predictions of this plan. Raises StoreError where one cannot be read back."""
        predictions = self.stored_predictions(reader)
        if self._predicts:
            for key in product(self.languages, self._rows()):
                if key not in predictions:
                    raise self._lost("prediction", *key)
        return predictions

    def on_cores(self) -> "CheckpointPlan":
        """Return the plan for the pair step: linear programs are solved on CPU cores."""
        return replace(self, checkpoint=replace(self.checkpoint, device="cpu", precision="fp32"))

    @property
    def _predicts(self) -> bool:
        return self.data.task != "meaning"

    def _rows(self) -> list[int]:
        return sorted({*self.data.chosen, *self._partners()})

    def _lost(self, what: str, language: str, row: int) -> StoreError:
        address = self.run.store.location
        return StoreError(
            f"The {what} of row {row} ({language}) was stored and cannot be read back. `python -m core store check "
            f"--repair {address}` sets damaged shards aside; the same command then computes their rows again."
        )

    def _partners(self) -> list[int]:
        return [self.data.partners[row] for row in self.data.chosen if row in self.data.partners]

    def _attribution_units(self, predictions: Predictions, size: int) -> list[WorkUnit]:
        wanted: dict[tuple[str, int], dict[int, None]] = {}
        for (source, target), row in product(self.pairs, self.data.chosen):
            pair = self._pair(source, target, row, predictions)
            for key in (pair.source, pair.target, pair.mismatched):
                if key is not None and not pair.problem:
                    wanted.setdefault((key[0], key[2]), {})[key[1]] = None
        return [
            unit
            for (language, index), rows in wanted.items()
            for unit in blocks(
                "attributions", [language], list(rows), size=size, variant=self.classes[index] if index >= 0 else ""
            )
        ]

    def _pair(self, source: str, target: str, row: int, predictions: Predictions) -> PairToCompare:
        """Which attributions are compared for one row of a language pair."""
        left, right = (self._key(language, row, predictions) for language in (source, target))
        ours, theirs = predictions.get((source, row)), predictions.get((target, row))
        same = None
        if ours and theirs and self.classes and not (ours.problem or theirs.problem):
            same = ours.predicted == theirs.predicted
        problem = next((key for key in (left, right) if isinstance(key, str)), "")
        if isinstance(left, str) or isinstance(right, str):
            return PairToCompare(
                row, (source, row, -1), (target, row, -1), cluster=self.data.clusters[row], problem=problem
            )
        partner = self.data.partners.get(row)
        other = None if partner is None else self._key(target, partner, predictions)
        return PairToCompare(
            row,
            left,
            right,
            mismatched=None if isinstance(other, str) else other,
            same_prediction=same,
            source_correct=ours.correct if ours else None,
            target_correct=theirs.correct if theirs else None,
            cluster=self.data.clusters[row],
        )

    def _key(self, language: str, row: int, predictions: Predictions) -> TextKey | str:
        """The attribution of a text; the name of the error where there can be none."""
        if not self.classes:
            return (language, row, -1)
        explain = self.settings.explain
        if explain in ("source", "own"):
            explained = self.explained_by if explain == "source" else language
            prediction = predictions.get((explained, row))
            if prediction is None:
                raise self._lost("prediction", explained, row)
            if prediction.problem:
                return prediction.problem
            label = prediction.predicted
        else:
            label = self.data.label(row) if explain == "gold" else explain
        return (language, row, self.classes.index(str(label)))

    def _attribute_job(self, unit: WorkUnit, predictions: Predictions) -> AttributeJob:
        explain = unit.variant or ("gold" if self.settings.explain == "gold" else "own")
        rows = self.data.take(unit.languages[0], unit.rows)
        against = tuple(self._against(unit.languages[0], row, unit.variant, predictions) for row in unit.rows)
        return AttributeJob(self.checkpoint, unit, rows, explain, self.settings, against)

    def _against(self, language: str, row: int, label: str, predictions: Predictions) -> str | None:
        """The class that `contrast` subtracts: the strongest other one on the text that decides what is explained."""
        if self.settings.output != "contrast" or not label:
            return None
        decides = language if self.settings.explain == "own" else self.explained_by
        prediction = predictions.get((decides, row))
        if prediction is None:
            raise self._lost("prediction", decides, row)
        if prediction.problem:
            return None
        return strongest_other(dict(zip(self.classes, prediction.probabilities, strict=True)), label)

    def _pair_job(self, units: Units, predictions: Predictions, reader: Reader) -> PairJob:
        source, target = units[0].languages
        pairs = tuple(self._pair(source, target, row, predictions) for row in units[0].rows)
        if all(unit.kind == "flows" for unit in units):
            # Flows have no references: the attributions of mismatched translations are not read.
            pairs = tuple(replace(pair, mismatched=None) for pair in pairs)
        compared = [(pair.source, pair.target, pair.mismatched) for pair in pairs if not pair.problem]
        keys = {key for three in compared for key in three if key is not None}
        rows = sorted({row for _, row, _ in keys})
        stored = reader.attributions(self.run.run_id, rows=rows, languages=sorted({source, target}))
        attributions = keyed(((key[0], record) for key, record in stored.items()), self.data.task)
        for language, row, index in sorted(keys):
            if (language, row, index) not in attributions:
                raise self._lost("attribution", language, row)
        texts = {(language, row): self.data.take(language, [row]).texts[0] for language, row, _ in keys}
        needed = {key: attributions[key] for key in keys}
        return PairJob(self.checkpoint, units, pairs, texts, needed, self.settings)


def make_plan(
    model: LoadedModel, checkpoint: Checkpoint, data: RunData, settings: Settings, store: Store, *, pairs: str = TRAIN
) -> CheckpointPlan:
    """Return the plan of a checkpoint; raises where it cannot be carried out.

    Parameters
    ----------
    pairs : "train": the checkpoint's training language (without one, the first requested language) with every
        requested language; "all": every two of them as well, once: C of a pair does not depend on which text is
        called the source.

    Raises
    ------
    TaskError : the model has no head for the data's task. TargetError : it lacks the class to explain.
    LanguageError : the model or the data lack a language.
    """
    model.require_task(data.task)
    settings = replace(settings, task=data.task)
    require_explainable(model, data.task, settings.explain)
    require_output(data.task, settings.output)
    require_aggregate(settings)
    source = model.info.train_language or data.languages[0]
    data.require_language(source, f"in which {model.info.name} was trained")
    wanted = pairs_of(source, data.languages, every=pairs == EVERY)
    for code in dict.fromkeys(code for pair in wanted for code in pair):
        model.require_language(code)
    identity = stored_identity(model, data, settings, store, threads=checkpoint.threads)
    run = Run(store, identity, library_versions())
    classes = model.classes if get_task(data.task).classes else ()
    return CheckpointPlan(
        checkpoint, classes, run, data, settings, wanted, source, model.info.revision, earlier_revision_of(model.spec)
    )


def pairs_of(source: str, languages: Sequence[str], *, every: bool) -> tuple[tuple[str, str], ...]:
    """Pairs with the source first; then, where `every` pair is wanted, those of two other languages by their codes.

    The order of codes does not depend on which languages are requested, so that no pair is stored in two directions.
    """
    own = tuple((source, target) for target in languages)
    others = combinations(sorted(code for code in languages if code != source), 2) if every else ()
    return (*own, *others)
