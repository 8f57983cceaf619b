"""Small stores with realistic records, written without a model, and the data sets that they are about.

Sentences are our own, some of them hostile. Values come from a seed: training languages differ in consistency, the
diagonal is 1, one row could not be compared.
"""

from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.data.catalogue import get_dataset
from core.data.load import load_rows
from core.errors import DegenerateMassError
from core.store import (
    AttributionRecord,
    PairRecord,
    PredictionRecord,
    RunIdentity,
    Store,
    WorkUnit,
    blocks,
    open_store,
)
from core.text.cleaning import clean_text

HOSTILE = '<img src=x onerror=window.broken=1> \u202eabc "quoted" =1+1'
LONG = "x" * 10_000
PREMISES = {
    "en": ["the storm closed the road", "the ferry left late", "our train was full", HOSTILE, LONG, "=2+3 is a sum"],
    "es": ["la tormenta cerró la carretera", "el ferri salió tarde", "el tren iba lleno", HOSTILE, LONG, "=2+3 suma"],
    "ar": ["أغلقت العاصفة الطريق", "غادرت العبارة متأخرة", "كان القطار ممتلئا", HOSTILE, LONG, "=2+3 جمع"],
    "zh": ["暴风雨封闭了道路", "渡轮晚点出发", "我们的火车满员", HOSTILE, LONG, "=2+3 是和"],
}
HYPOTHESES = {
    "en": ["nobody could drive", "it was on time", "there were no seats", "it is safe", "it is long", "it is five"],
    "es": ["nadie pudo conducir", "fue puntual", "no había asientos", "es seguro", "es largo", "son cinco"],
    "ar": ["لم يستطع أحد القيادة", "كانت في موعدها", "لم تكن هناك مقاعد", "إنه آمن", "إنه طويل", "إنها خمسة"],
    "zh": ["没人能开车", "它准时", "没有座位", "很安全", "很长", "是五"],
}
QUESTIONS = {
    "en": ["what did the storm close", "when did the bridge open"],
    "es": ["qué cerró la tormenta", "cuándo abrió el puente"],
}
CONTEXTS = {
    "en": ["the storm closed the road for two days", "the old bridge opened in 1889 and is made of iron"],
    "es": ["la tormenta cerró la carretera dos días", "el puente viejo abrió en 1889 y es de hierro"],
}
ANSWERS = {"en": ["the road", "1889"], "es": ["la carretera", "1889"]}
LABELS = ("entailment", "neutral", "contradiction")
ABSENT_ROW = 2  # could not be compared in Spanish
# Expected C of a training language with any other.
LEVELS = {"en": 0.42, "es": 0.50, "zh": 0.38, "ar": 0.36}


def write_data(folder: Path, *, copies: int = 10) -> Path:
    """XNLI (60 rows, four languages) and XQuAD (2 rows for each copy, two languages), laid out like the hub's."""
    labels = [row % 3 for row in range(6)] * copies
    for code, premises in PREMISES.items():
        columns = {"premise": premises * copies, "hypothesis": HYPOTHESES[code] * copies, "label": labels}
        _write(folder, "xnli", code, "test", columns)
    for code, questions in QUESTIONS.items():
        golds = [
            {"text": [answer], "answer_start": [context.index(answer)]}
            for context, answer in zip(CONTEXTS[code], ANSWERS[code], strict=True)
        ]
        columns = {
            "id": [f"q{index}" for index in range(2 * copies)],
            "question": questions * copies,
            "context": CONTEXTS[code] * copies,
            "answers": golds * copies,
        }
        _write(folder, "xquad", code, "validation", columns)
    return folder


def fill_nli(
    location: str | Path,
    data: Path | None = None,
    *,
    checkpoints: Sequence[str] = ("en", "es"),
    languages: Sequence[str] = ("en", "es", "ar", "zh"),
    rows: Sequence[int] = range(60),
    family: str = "tiny-nli",
    split: str = "test",
    steps: str = "auto",
) -> Store:
    """A run for each training language, on every language; with `data`, under its fingerprint.

    A checkpoint is called `tiny-nli-en`. Its C with language x is around `LEVELS[en]`, 1 with itself.
    """
    fingerprint = load_rows("xnli", "en", split, data).fingerprint if data else "elsewhere"
    store = open_store(location, create=True)
    for trained in checkpoints:
        identity = _identity(
            "xnli",
            split,
            f"{family}-{trained}",
            "nli",
            trained=trained,
            labels=LABELS,
            fingerprint=fingerprint,
            settings={"steps": steps},
        )
        run = store.run(identity, {"torch": "2"})
        kinds = [("predictions", (x,)) for x in languages] + [("attributions", (x,)) for x in languages]
        kinds += [("pairs", (trained, x)) for x in languages]
        for kind, spoken in kinds:
            for unit in run.missing(blocks(kind, spoken, rows, size=64)):
                make = {"predictions": _prediction, "attributions": _attribution, "pairs": _pair}[kind]
                run.write(unit, [make(unit, trained, row) for row in unit.rows], seconds=2.0)
        run.finish()
    return store


def fill_qa(location: str | Path, data: Path | None = None, *, rows: Sequence[int] = range(20)) -> Store:
    """A run of question answering, English with English and Spanish, answer start and answer end."""
    fingerprint = load_rows("xquad", "en", "validation", data).fingerprint if data else "elsewhere"
    store = open_store(location, create=True)
    identity = _identity(
        "xquad",
        "validation",
        "tiny-qa-en",
        "qa",
        trained="en",
        labels=(),
        fingerprint=fingerprint,
        settings={"steps": "auto"},
    )
    run = store.run(identity, {"torch": "2"})
    plan = [(kind, (x,)) for kind, x in product(("predictions", "attributions"), ("en", "es"))]
    for kind, spoken in [*plan, *(("pairs", ("en", x)) for x in ("en", "es"))]:
        for unit in run.missing(blocks(kind, spoken, rows, size=64)):
            make = {"predictions": _answer, "attributions": _answer_scores, "pairs": _answer_pairs}[kind]
            run.write(unit, [record for row in unit.rows for record in make(unit, row)], seconds=2.0)
    run.finish()
    return store


def _write(folder: Path, dataset: str, code: str, split: str, columns: dict[str, list[object]]) -> None:
    """One split of a language, with the README that names all configurations written so far."""
    spec = get_dataset(dataset)
    place = folder / dataset / str(spec.config_of(code))
    place.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), place / f"{split}.parquet")
    lines = ["---", "configs:"]
    for path in sorted((folder / dataset).glob("*/*.parquet")):
        lines += [
            f"- config_name: {path.parent.name}",
            "  data_files:",
            f"  - split: {path.stem}",
            f"    path: {path.parent.name}/{path.name}",
        ]
    (folder / dataset / "README.md").write_text("\n".join([*lines, "---", ""]), encoding="utf-8")


def _identity(dataset, split, checkpoint, task, *, trained, labels, fingerprint, settings):
    return RunIdentity(
        dataset=dataset,
        split=split,
        checkpoint=checkpoint,
        revision="1",
        family="bert",
        task=task,
        train_language=trained,
        labels=labels,
        data_fingerprint=fingerprint,
        seed=0,
        settings={"mass": "abs", "space": "isolated", "level": "token", "explain": "source", **settings},
    )


def _rng(*key: object) -> np.random.Generator:
    return np.random.default_rng([sum((at + 1) * ord(char) for at, char in enumerate(str(part))) for part in key])


def _prediction(unit: WorkUnit, trained: str, row: int) -> PredictionRecord:
    shares = _rng("p", trained, unit.languages[0], row).dirichlet(np.ones(3))
    # Right in three of four rows, so that accuracy is above chance.
    best = row % 3 if _rng("r", trained, unit.languages[0], row).random() < 0.75 else (row + 1) % 3
    ordered = sorted(shares.tolist())
    largest = ordered.pop()
    ordered.insert(best, largest)
    return PredictionRecord(
        row,
        n_tokens=12,
        gold=LABELS[row % 3],
        predicted=LABELS[best],
        probabilities=tuple(ordered),
        correct=best == row % 3,
    )


def words(text: str, language: str) -> list[tuple[str, int, int]]:
    """(word, start, end): by spaces; Chinese by characters."""
    if language == "zh" and " " not in text:
        return [(char, at, at + 1) for at, char in enumerate(text)]
    found, at = [], 0
    for word in text.split(" "):
        if word:
            found.append((word, at, at + len(word)))
        at += len(word) + 1
    return found


def _scored(texts: Sequence[str], language: str, rng: np.random.Generator) -> dict[str, tuple]:
    """The token columns of a text: one token a word, specials around."""
    entries = [("<s>", 0, 0, -1, -1, True)]
    for field, text in enumerate(clean_text(text).text for text in texts):
        first = max((entry[4] for entry in entries), default=-1) + 1
        entries += [(w, a, b, field, first + at, False) for at, (w, a, b) in enumerate(words(text, language))]
        entries.append(("</s>", 0, 0, -1, -1, True))
    scores = tuple(0.0 if entry[5] else float(rng.normal(0.1, 0.4)) for entry in entries)
    names = ("tokens", "starts", "ends", "fields", "words", "special")
    return {name: tuple(column) for name, column in zip(names, zip(*entries, strict=True), strict=True)} | {
        "scores": scores,
        "f_input": 2.0,
        "f_baseline": 2.0 - sum(scores),
        "delta": 0.0,
        "token_error": 0.004,
        "n_steps": 24,
    }


def _attribution(unit: WorkUnit, trained: str, row: int) -> AttributionRecord:
    language = unit.languages[0]
    texts = (PREMISES[language][row % 6], HYPOTHESES[language][row % 6])
    index = LABELS.index(str(_prediction(WorkUnit("predictions", (trained,), (row,)), trained, row).predicted))
    scored = _scored(texts, language, _rng("a", trained, language, row))
    return AttributionRecord(row, target_index=index, target_label=LABELS[index], **scored)


def _pair(unit: WorkUnit, trained: str, row: int) -> PairRecord:
    source, target = unit.languages
    ours, theirs = (_prediction(WorkUnit("predictions", (code,), (row,)), trained, row) for code in unit.languages)
    known = {
        "same_prediction": ours.predicted == theirs.predicted,
        "source_correct": ours.correct,
        "target_correct": theirs.correct,
    }
    if row == ABSENT_ROW and target == "es" != source:
        return PairRecord(row, 0, 0, None, problem=DegenerateMassError.__name__, **known)
    rng = _rng("c", trained, target, row)
    value = 1.0 if source == target else float(np.clip(LEVELS[trained] + rng.normal(0, 0.08), 0, 1))
    index = LABELS.index(str(ours.predicted))
    sizes = [
        len(words(PREMISES[code][row % 6], code)) + len(words(HYPOTHESES[code][row % 6], code))
        for code in unit.languages
    ]
    return PairRecord(
        row,
        n_source=sizes[0],
        n_target=sizes[1],
        consistency=value,
        source_target=index,
        target_target=index,
        uniform=value * 0.9,
        shuffled_mean=value * 0.8,
        shuffled_sd=0.05,
        shuffled_percentile=97.9,
        n_shuffles=1000,
        mismatched=value * 0.5,
        mismatched_row=(row + 1) % 60,
        **known,
    )


def _answer(unit: WorkUnit, row: int) -> list[PredictionRecord]:
    code = unit.languages[0]
    start = CONTEXTS[code][row % 2].index(ANSWERS[code][row % 2])
    end = start + len(ANSWERS[code][row % 2])
    right = row % 4 != 3
    return [
        PredictionRecord(
            row,
            n_tokens=20,
            answer_start=start if right else 0,
            answer_end=end if right else 3,
            gold_starts=(start,),
            gold_ends=(end,),
            f1=1.0 if right else 0.0,
            exact_match=1.0 if right else 0.0,
            correct=right,
            answer=CONTEXTS[code][row % 2][start:end] if right else CONTEXTS[code][row % 2][:3],
            gold_answers=(ANSWERS[code][row % 2],),
        )
    ]


def _answer_scores(unit: WorkUnit, row: int) -> list[AttributionRecord]:
    code = unit.languages[0]
    texts = (QUESTIONS[code][row % 2], CONTEXTS[code][row % 2])
    return [
        AttributionRecord(row, end=end, target_index=7, **_scored(texts, code, _rng(end, code, row)))
        for end in ("start", "end")
    ]


def _answer_pairs(unit: WorkUnit, row: int) -> list[PairRecord]:
    make = partial(_answer_pair, unit, row)
    return [make("start"), make("end")]


def _answer_pair(unit: WorkUnit, row: int, end: str) -> PairRecord:
    source, target = unit.languages
    same = source == target
    value = 1.0 if same else float(np.clip(0.45 + _rng(end, target, row).normal(0, 0.08), 0, 1))
    return PairRecord(
        row,
        n_source=14,
        n_target=15,
        consistency=value,
        source_target=7,
        target_target=7,
        end=end,
        uniform=value * 0.9,
        shuffled_mean=value * 0.8,
        shuffled_sd=0.05,
        shuffled_percentile=97.9,
        n_shuffles=1000,
        mismatched=value * 0.5,
        mismatched_row=(row + 1) % 20,
        same_prediction=None,
        source_correct=row % 4 != 3,
        target_correct=row % 4 != 3,
    )
