"""Small stores that fill grids of training languages: pairs and predictions without texts or attributions."""

import numpy as np

from core.store import PairRecord, PredictionRecord, RunIdentity, blocks, open_store

LEVELS = {"en": 0.5, "es": 0.6, "de": 0.55, "fr": 0.52, "zh": 0.4, "ko": 0.41, "ar": 0.45, "tr": 0.44}
LABELS = {"nli": ("entailment", "neutral", "contradiction"), "paraphrase": ("different", "paraphrase"), "qa": ()}


def fill_grid(
    place,
    *,
    model="tiny-nli",
    trained=("en", "es", "zh"),
    languages=("en", "es", "ar", "zh"),
    dataset="xnli",
    split=None,
    task="nli",
    rows=range(50),
    shift=0.0,
    mismatched=True,
    ends=("",),
    known=True,
):
    """A run for each training language; C with language x is around the mean of both `LEVELS`, 1 with itself.

    `known` says whether the runs name their training language.
    """
    store = open_store(place, create=True)
    for own in trained:
        identity = RunIdentity(
            dataset=dataset,
            split=split or ("validation" if task == "qa" else "test"),
            checkpoint=f"{model}-{own}",
            revision="1",
            family="bert",
            task=task,
            train_language=own if known else None,
            labels=LABELS[task],
            data_fingerprint="none",
            seed=0,
            settings={"steps": "auto"},
        )
        run = store.run(identity, {"torch": "2"})
        for code in languages:
            for unit in run.missing(blocks("predictions", [code], rows, size=4096)):
                run.write(unit, [_prediction(task, code, own, row) for row in unit.rows])
            for unit in run.missing(blocks("pairs", [own, code], rows, size=4096)):
                run.write(
                    unit,
                    [
                        _pair(own, code, row, end, shift=shift, mismatched=mismatched)
                        for row in unit.rows
                        for end in ends
                    ],
                )
        run.finish()
    return store


def _rng(*key):
    return np.random.default_rng([sum((at + 1) * ord(char) for at, char in enumerate(str(part))) for part in key])


def _prediction(task, code, own, row):
    right = bool(_rng("p", code, own, row).random() < LEVELS[code] + 0.25)
    if task == "qa":
        f1 = 1.0 if right else float(_rng("f", code, own, row).random())
        return PredictionRecord(row, n_tokens=20, correct=right, f1=f1, exact_match=float(right))
    labels = LABELS[task]
    return PredictionRecord(
        row, n_tokens=20, gold=labels[0], predicted=labels[0 if right else 1], probabilities=(), correct=right
    )


def _pair(own, code, row, end, *, shift, mismatched):
    level = (LEVELS[own] + LEVELS[code]) / 2 + shift
    easy = _rng("easy", row).normal(0, 0.05)
    value = 1.0 if own == code else float(np.clip(level + easy + _rng("c", own, code, end, row).normal(0, 0.03), 0, 1))
    return PairRecord(
        row,
        n_source=18,
        n_target=20,
        consistency=value,
        end=end,
        uniform=value * 0.9,
        shuffled_mean=value * 0.8,
        shuffled_sd=0.05,
        shuffled_percentile=97.0,
        n_shuffles=1000,
        mismatched=value * 0.5 if mismatched else None,
        mismatched_row=row + 1 if mismatched else None,
    )
