"""Made-up results, drawn from seeds: records of a store, and grids of values.

Two kinds of records. Those for tests of the store itself (`prediction`, `attribution`, `pair`, `flows`) fill every
column, with bits and words that a careless reader, writer or export would lose or leak. Those for tests of tables and
pages (`Believable`) have the texts of `sentences`, C that depends on the languages, and accuracy above chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import DegenerateMassError
from core.store import AttributionRecord, FlowRecord, PairRecord, PredictionRecord, RunIdentity, WorkUnit
from core.store.records import Record
from core.text.cleaning import clean_text
from tests.world.sentences import ANSWERS, CONTEXTS, PREMISES, QUESTIONS, shown_texts

if TYPE_CHECKING:  # imported where it is used: processes that write records need no torch
    from core.statistics import Axes, ExampleGrid

CLASSES = {"nli": ("entailment", "neutral", "contradiction"), "paraphrase": ("different", "paraphrase"), "qa": ()}
LABELS = CLASSES["nli"]

# Text that no export without texts may hold.
WORDS = ("glacier", "Fährschiff", "مركب", "渡し船", '"comma,quote"')
ANSWER = "the harbour master"
ROWS = (0, 1, 2, 5, 8, 13)

# Of these rows no C could be computed: in any language of a store of its own, in Spanish of a believable one.
PROBLEM_ROW, ABSENT_ROW = 8, 2
# Believable C: two languages are compared at the mean of their levels, a language with itself at 1.
LEVELS = {"en": 0.5, "es": 0.6, "de": 0.55, "fr": 0.52, "zh": 0.4, "ko": 0.41, "ar": 0.45, "tr": 0.44}


def identity(**changes: Any) -> RunIdentity:
    """A run of the tiny English checkpoint on XNLI, but for `changes`."""
    values = {
        "dataset": "xnli",
        "split": "test",
        "checkpoint": "tiny-nli-en",
        "revision": "rev1",
        "family": "bert",
        "task": "nli",
        "train_language": "en",
        "labels": LABELS,
        "data_fingerprint": "abc",
        "seed": 0,
        "settings": {"steps": "auto", "tolerance": 0.01},
    }
    return RunIdentity(**(values | changes))


def rng_of(*key: object) -> np.random.Generator:
    """Random numbers that depend on the key alone."""
    return np.random.default_rng([sum((at + 1) * ord(char) for at, char in enumerate(str(part))) for part in key])


def prediction(language: str, row: int) -> PredictionRecord:
    rng = rng_of("p", language, row)
    shares = rng.dirichlet(np.ones(3))
    return PredictionRecord(
        row,
        n_tokens=int(rng.integers(4, 30)),
        gold=LABELS[row % 3],
        predicted=LABELS[int(shares.argmax())],
        probabilities=tuple(shares.tolist()),
        correct=bool(shares.argmax() == row % 3),
        answer=f"{ANSWER} {row}",
        gold_answers=(ANSWER, WORDS[row % 5]),
    )


def attribution(language: str, row: int) -> AttributionRecord:
    rng = rng_of("a", language, row)
    n = int(rng.integers(3, 9))
    scores = rng.normal(size=n)
    # Bits that a careless round trip would lose.
    scores[0], scores[1] = 0.0, -0.0
    return AttributionRecord(
        row,
        target_index=int(rng.integers(3)),
        target_label=LABELS[0],
        scores=tuple(scores.tolist()),
        starts=tuple(range(n)),
        ends=tuple(range(1, n + 1)),
        fields=(-1, *[0] * (n - 1)),
        words=(-1, *range(n - 1)),
        special=(True, *[False] * (n - 1)),
        tokens=("[CLS]", *(WORDS[int(rng.integers(5))] for _ in range(n - 1))),
        f_input=float(rng.normal()),
        f_baseline=float(rng.normal()),
        delta=1e-17,
        token_error=None if row % 2 else 0.004,
        n_steps=17,
    )


def pair(source: str, target: str, row: int) -> PairRecord:
    rng = rng_of("c", source, target, row)
    if row == PROBLEM_ROW:
        return PairRecord(row, n_source=5, n_target=6, consistency=None, problem="DegenerateMassError")
    consistency, uniform = rng.random(2).tolist()
    return PairRecord(
        row,
        n_source=int(rng.integers(3, 40)),
        n_target=int(rng.integers(3, 40)),
        consistency=consistency,
        uniform=uniform,
        shuffled_mean=uniform / 2,
        shuffled_sd=0.1,
        shuffled_low=uniform / 2 - 0.2,
        shuffled_high=uniform / 2 + 0.2,
        shuffled_percentile=99.0,
        n_shuffles=1000,
        carried=uniform + 0.05,
        cluster=row - row % 2,
        mismatched=0.2,
        mismatched_row=(row + 1) % 14,
        same_prediction=bool(row % 2),
        source_correct=row % 3 == 0,
        target_correct=row % 5 == 0,
    )


def flows(source: str, target: str, row: int) -> FlowRecord:
    if row == PROBLEM_ROW:
        return FlowRecord(row, problem="DegenerateMassError")
    rng = rng_of("f", source, target, row)
    n = int(rng.integers(3, 9))
    masses, similarities = rng.random((2, n)).astype(np.float32).tolist()
    return FlowRecord(
        row, source_units=tuple(range(n)), target_units=(0, *range(n - 1)), masses=masses, similarities=similarities
    )


def records(unit: WorkUnit) -> list[Record]:
    """What every row of a unit holds, every column filled."""
    make = {"predictions": prediction, "attributions": attribution, "pairs": pair, "flows": flows}[unit.kind]
    return [make(*unit.languages, row) for row in unit.rows]


@dataclass(frozen=True)
class Believable:
    """Records of a checkpoint trained in a language, as its tables and pages would show them.

    Attributes
    ----------
    shift : added to every C of two languages. spread : sd of what the checkpoint alone adds to the C of an example.
    mismatched : whether C with mismatched translations is known. carried : whether the carried-over reference is.
    absent : whether row `ABSENT_ROW` could not be compared in Spanish.
    uneven : whether C of equal importance is another share of C in every language; else it is nine tenths in all.
    """

    task: str
    trained: str
    shift: float = 0.0
    spread: float = 0.0
    mismatched: bool = True
    carried: bool = True
    absent: bool = False
    uneven: bool = False

    def records(self, unit: WorkUnit) -> list[Record]:
        """What every row of a unit holds; for question answering, of both ends."""
        if unit.kind == "predictions":
            return [self.prediction(*unit.languages, row) for row in unit.rows]
        ends = ("start", "end") if self.task == "qa" else ("",)
        if unit.kind == "attributions":
            return [self.attribution(*unit.languages, row, end) for row in unit.rows for end in ends]
        return [self.pair(*unit.languages, row, end) for row in unit.rows for end in ends]

    def prediction(self, language: str, row: int) -> PredictionRecord:
        rng = rng_of("p", self.trained, language, row)
        right = bool(rng.random() < LEVELS[language] + 0.25)
        if self.task == "qa":
            return self._answer(language, row, right, f1=1.0 if right else float(rng.random()))
        classes = CLASSES[self.task]
        gold = row % len(classes)
        best = gold if right else (gold + 1) % len(classes)
        shares = sorted(rng.dirichlet(np.ones(len(classes))).tolist())
        shares.insert(best, shares.pop())
        return PredictionRecord(
            row,
            n_tokens=20,
            gold=classes[gold],
            predicted=classes[best],
            probabilities=tuple(shares),
            correct=right,
        )

    def _answer(self, language: str, row: int, right: bool, *, f1: float) -> PredictionRecord:
        scores = {"f1": f1, "exact_match": float(right), "correct": right}
        if language not in CONTEXTS:
            return PredictionRecord(row, n_tokens=20, **scores)
        context, gold = CONTEXTS[language][row % 2], ANSWERS[language][row % 2]
        start = context.index(gold)
        first, last = (start, start + len(gold)) if right else (0, 3)
        return PredictionRecord(
            row,
            n_tokens=20,
            answer_start=first,
            answer_end=last,
            gold_starts=(start,),
            gold_ends=(start + len(gold),),
            answer=context[first:last],
            gold_answers=(gold,),
            **scores,
        )

    def attribution(self, language: str, row: int, end: str = "") -> AttributionRecord:
        scored = _scored(_texts(self.task, language, row), language, rng_of("a", self.trained, language, row, end))
        if end:
            return AttributionRecord(row, end=end, target_index=7, **scored)
        label = self.prediction(self.trained, row).predicted
        index = CLASSES[self.task].index(str(label))
        return AttributionRecord(row, target_index=index, target_label=label, **scored)

    def pair(self, source: str, target: str, row: int, end: str = "") -> PairRecord:
        both = [self.prediction(language, row) for language in (source, target)]
        outcomes = {
            "same_prediction": None if self.task == "qa" else both[0].predicted == both[1].predicted,
            "source_correct": both[0].correct,
            "target_correct": both[1].correct,
        }
        if self.absent and row == ABSENT_ROW and target == "es" != source:
            return PairRecord(row, 0, 0, None, end=end, problem=DegenerateMassError.__name__, **outcomes)
        value = 1.0 if source == target else self._consistency(source, target, row, end)
        index = 7 if self.task == "qa" else CLASSES[self.task].index(str(both[0].predicted))
        return PairRecord(
            row,
            n_source=_length(self.task, source, row),
            n_target=_length(self.task, target, row),
            consistency=value,
            end=end,
            source_target=index,
            target_target=index,
            uniform=value * (rng_of("u", source, target).uniform(0.85, 0.95) if self.uneven else 0.9),
            shuffled_mean=value * 0.8,
            shuffled_sd=0.05,
            shuffled_low=value * 0.8 - 0.1,
            shuffled_high=value * 0.8 + 0.1,
            shuffled_percentile=97.0,
            n_shuffles=1000,
            carried=min(value * 1.1, 1.0) if self.carried else None,
            cluster=row - row % 2,
            mismatched=value * 0.5 if self.mismatched else None,
            mismatched_row=row + 1 if self.mismatched else None,
            **outcomes,
        )

    def _consistency(self, source: str, target: str, row: int, end: str) -> float:
        """Around the level of both languages; examples share how easy they are."""
        level = (LEVELS[source] + LEVELS[target]) / 2 + self.shift
        noise = rng_of("easy", row).normal(0, 0.05) + rng_of("c", source, target, end, row).normal(0, 0.03)
        if self.spread:
            noise += rng_of("checkpoint", self.trained, source, target, end, row).normal(0, self.spread)
        return float(np.clip(level + noise, 0, 1))


def _texts(task: str, language: str, row: int) -> tuple[str, str]:
    if task == "qa":
        return QUESTIONS[language][row % 2], CONTEXTS[language][row % 2]
    return shown_texts(language, row)


def _length(task: str, language: str, row: int) -> int:
    """Words of a row's texts; 18 in languages without sentences."""
    if language not in (QUESTIONS if task == "qa" else PREMISES):
        return 18
    return sum(len(_words(text, language)) for text in _texts(task, language, row))


def _words(text: str, language: str) -> list[tuple[str, int, int]]:
    """(word, start, end): by spaces; Chinese by characters."""
    if language == "zh" and " " not in text:
        return [(char, at, at + 1) for at, char in enumerate(text)]
    words, at = [], 0
    for word in text.split(" "):
        if word:
            words.append((word, at, at + len(word)))
        at += len(word) + 1
    return words


def _scored(texts: Sequence[str], language: str, rng: np.random.Generator) -> dict[str, Any]:
    """The token columns of a text: one token a word, specials around."""
    tokens = [("<s>", 0, 0, -1, -1, True)]
    for field, text in enumerate(clean_text(text).text for text in texts):
        first = max((token[4] for token in tokens), default=-1) + 1
        tokens += [(w, a, b, field, first + at, False) for at, (w, a, b) in enumerate(_words(text, language))]
        tokens.append(("</s>", 0, 0, -1, -1, True))
    scores = tuple(0.0 if token[5] else float(rng.normal(0.1, 0.4)) for token in tokens)
    names = ("tokens", "starts", "ends", "fields", "words", "special")
    return {name: tuple(column) for name, column in zip(names, zip(*tokens, strict=True), strict=True)} | {
        "scores": scores,
        "f_input": 2.0,
        "f_baseline": 2.0 - sum(scores),
        "delta": 0.0,
        "token_error": 0.004,
        "n_steps": 24,
    }


def square_axes(languages: str = "en de es fr ko zh") -> "Axes":
    """Every language trained on and evaluated on."""
    from core.statistics import Axes

    codes = tuple(languages.split())
    return Axes(codes, codes, codes)


def made_up(axes: "Axes", n: int = 60, seed: int = 0, *, proportion: bool = False) -> "ExampleGrid":
    """Values that share an effect of the example, as translations of one text do."""
    from core.statistics import ExampleGrid

    rng = np.random.default_rng(seed)
    easy = rng.normal(size=n)
    noise = rng.normal(size=(*axes.shape, n))
    level = rng.uniform(-0.5, 0.5, (*axes.shape, 1))
    values = 1 / (1 + np.exp(-(level + 0.6 * easy + 0.4 * noise)))
    values = (values > 0.5).astype(float) if proportion else values
    return ExampleGrid(axes, np.arange(10, 10 + n), values, proportion)
