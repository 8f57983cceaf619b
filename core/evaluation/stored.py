"""Evaluations in the store, so that no row is evaluated twice."""

import time
from collections.abc import Sequence

import numpy as np

from core.callbacks import CountCallback
from core.data.rows import ParallelRows
from core.evaluation.evaluate import Evaluation, evaluate
from core.models.loaded import LoadedModel
from core.results import Array
from core.store import PredictionRecord, Run, RunIdentity, Store, blocks
from core.versions import library_versions

# Rows per shard. Larger blocks need less padding, smaller ones lose less when a run is stopped.
BLOCK = 512


def evaluate_once(
    model: LoadedModel,
    rows: ParallelRows,
    store: Store | None,
    fingerprint: str,
    *,
    progress: CountCallback | None = None,
) -> list[PredictionRecord]:
    """Return the predictions for `rows`; those that are not in the store are computed and added to it.

    Parameters
    ----------
    store : None computes everything and stores nothing.
    fingerprint : identifies the content of the data set's split, independent of the languages and rows evaluated.

    Raises
    ------
    TaskError : the model has no head for the task of `rows`. StoreError : the store cannot be written.
    """
    model.require_task(rows.task)
    if store is None:
        return prediction_records(evaluate(model, rows, progress=progress))
    run = evaluation_run(store, model, rows, fingerprint)
    evaluate_missing(run, model, rows, progress=progress)
    run.finish()
    predictions = store.read().predictions(run.run_id, rows=rows.rows, languages=[rows.language])
    return [predictions[rows.language, row] for row in rows.rows]


def metric_values(records: Sequence[PredictionRecord]) -> dict[str, Array]:
    """Return metric -> (record,) values in [0, 1]: "accuracy", or "f1" and "exact_match" for `qa`."""
    if any(record.f1 is not None for record in records):
        return {name: np.array([getattr(record, name) for record in records], float) for name in ("f1", "exact_match")}
    return {"accuracy": np.array([record.correct for record in records], float)}


def evaluation_run(store: Store, model: LoadedModel, rows: ParallelRows, fingerprint: str) -> Run:
    """Return the store's run of this model on this data set; rows and languages can be added to it at any time."""
    identity = RunIdentity(
        dataset=rows.dataset,
        split=rows.split,
        checkpoint=model.info.name,
        revision=model.info.revision,
        family=model.info.family,
        task=rows.task,
        train_language=model.info.train_language,
        labels=model.classes,
        data_fingerprint=fingerprint,
        seed=0,
        settings={"precision": model.precision, "evaluation": "accuracy" if model.classes else "f1"},
    )
    return store.run(identity, library_versions())


def evaluate_missing(run: Run, model: LoadedModel, rows: ParallelRows, *, progress: CountCallback | None = None) -> int:
    """Evaluate and store those of `rows` that are not in the run yet; return their number."""
    position_of = {row: position for position, row in enumerate(rows.rows)}
    missing = list(run.missing(blocks("predictions", [rows.language], rows.rows, size=BLOCK)))
    n_missing, done = sum(len(unit.rows) for unit in missing), 0
    for unit in missing:
        begun = time.perf_counter()
        evaluation = evaluate(model, rows.take([position_of[row] for row in unit.rows]))
        run.write(unit, prediction_records(evaluation), seconds=time.perf_counter() - begun)
        done += len(unit.rows)
        if progress is not None:
            progress(done, n_missing)
    return n_missing


def prediction_records(evaluation: Evaluation) -> list[PredictionRecord]:
    """Return one record per row."""
    make_record = _answer_record if evaluation.rows.task == "qa" else _class_record
    return [make_record(evaluation, position) for position in range(len(evaluation.rows))]


def _class_record(evaluation: Evaluation, position: int) -> PredictionRecord:
    return PredictionRecord(
        row=evaluation.rows.rows[position],
        n_tokens=int(evaluation.n_tokens[position]),
        gold=evaluation.rows.labels[position],
        predicted=evaluation.predicted[position],
        probabilities=tuple(evaluation.probabilities[position].tolist()),
        correct=bool(evaluation.scores["accuracy"][position]),
    )


def _answer_record(evaluation: Evaluation, position: int) -> PredictionRecord:
    golds = evaluation.rows.answers[position]
    start, end = (int(value) for value in evaluation.spans[position])
    return PredictionRecord(
        row=evaluation.rows.rows[position],
        n_tokens=int(evaluation.n_tokens[position]),
        correct=bool(evaluation.scores["exact_match"][position]),
        answer_start=start,
        answer_end=end,
        gold_starts=tuple(answer.start for answer in golds),
        gold_ends=tuple(answer.start + len(answer.text) for answer in golds),
        f1=float(evaluation.scores["f1"][position]),
        exact_match=float(evaluation.scores["exact_match"][position]),
        answer=evaluation.predicted[position],
        gold_answers=tuple(answer.text for answer in golds),
    )
