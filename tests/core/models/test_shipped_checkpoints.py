"""The shipped checkpoints: listed, small, described by a card that fits the commands beside them."""

import json

import pytest

from core.data.catalogue import get_dataset
from core.data.load import choose_rows
from core.data.rows import ParallelRows
from core.evaluation.evaluate import evaluate
from core.models.catalogue import load_catalogue
from core.models.loader import load_model
from core.paths import ASSETS, data_folder
from core.results import Answer
from core.text.examples import load_examples
from core.training.recipe import get_recipe
from core.training.train import TrainingPlan, read_data

FOLDER = ASSETS / "checkpoints"
SHIPPED = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
MEGABYTE = 1 << 20


def english_first(task):
    """The checkpoints of a task; all but the one trained in English are slow to test."""
    names = [name for name in SHIPPED if f"-{task}-" in name]
    return [name if name.endswith("-en") else pytest.param(name, marks=pytest.mark.slow) for name in names]


def test_all_shipped_folders_are_listed_and_no_other():
    listed = {name for name, spec in load_catalogue().items() if spec.location.startswith(str(FOLDER))}
    assert listed == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_checkpoint_is_what_its_name_says(name):
    spec, card = load_catalogue()[name], json.loads((FOLDER / name / "ccta.json").read_text(encoding="utf-8"))
    assert name == f"e5-small-{spec.task}-{spec.train_language}" == card["name"]
    assert card["base"] == "multilingual-e5-small"
    assert card["split"] != "test"
    assert sum(path.stat().st_size for path in (FOLDER / name).iterdir()) < 4 * MEGABYTE
    table = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"`{name}`" in table


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_reports_every_language_of_its_data(name):
    card = json.loads((FOLDER / name / "ccta.json").read_text(encoding="utf-8"))
    own = card["dev_scores"][card["train_language"]]
    assert set(card["dev_scores"]) == {*get_dataset(card["dataset"]).languages, card["train_language"]}
    assert card["dev_rows"] >= 200
    assert all(0 <= value <= 1 for value in own.values())


@pytest.mark.parametrize("name", english_first("nli"))
def test_an_inference_checkpoint_knows_our_own_examples_better_than_a_guess(name, embedded_model):
    """One with classes in the wrong order, or whose adapter is not applied, would be right on a third at most."""
    assert mean_on_our_examples(name, "accuracy") > 0.45


@pytest.mark.parametrize("name", english_first("paraphrase"))
def test_a_paraphrase_checkpoint_takes_a_sentence_for_a_paraphrase_of_itself(name, embedded_model):
    """One with classes in the wrong order would take it for something different."""
    model = load_model(name, device="cpu")
    language = name.rpartition("-")[2]
    sentences = [text for example in load_examples("paraphrase") for text in example.texts(language)]
    pairs, labels = tuple((text, text) for text in sentences), ("paraphrase",) * len(sentences)
    assert evaluate(model, own_rows("paraphrase", language, pairs, labels)).means()["accuracy"] > 0.8


def test_the_question_answering_checkpoint_finds_most_of_our_own_answers(embedded_model):
    """Positions that were off by a token, or logits of start and end exchanged, would leave little of F1."""
    assert mean_on_our_examples("e5-small-qa-en", "f1") > 0.6


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_the_scores_on_a_card_come_out_again(name, embedded_model, tmp_path):
    """Two of 200 predictions may turn between computers, whose last bits differ."""
    folder = data_folder()
    if folder is None:
        pytest.skip("the data sets are not on this computer (CCTA_DATA)")
    card = json.loads((FOLDER / name / "ccta.json").read_text(encoding="utf-8"))
    language, recipe = card["train_language"], get_recipe(card["recipe"]["name"], card["base"])
    choices = {"split": card["split"], "seed": card["seed"]}
    found = read_data(TrainingPlan(card["task"], language, tmp_path, folder, recipe, card["base"], **choices))
    assert (len(found.train), found.train.fingerprint) == (card["rows"], card["data_fingerprint"])
    dev = found.dev[language].take(choose_rows(len(found.dev[language]), card["dev_rows"], card["seed"]))
    scores = evaluate(load_model(name, device="cpu"), dev).means()
    assert scores == pytest.approx(card["dev_scores"][language], abs=0.011)


def mean_on_our_examples(name, metric):
    """The mean of a metric over the shipped examples in all their languages."""
    model = load_model(name, device="cpu")
    examples = load_examples(model.task)
    found = [evaluate(model, rows_of(examples, code)).means()[metric] for code in languages_of(examples)]
    assert len(found) == 14
    return sum(found) / len(found)


def languages_of(examples):
    return next(iter(examples[0].fields.values()))


def rows_of(examples, language):
    """Our examples in one language, as rows of a data set."""
    texts = tuple(example.texts(language) for example in examples)
    labels = tuple(example.label or "" for example in examples)
    answers = tuple(answers_of(example, language) for example in examples)
    return own_rows(examples[0].task, language, texts, labels, answers)


def own_rows(task, language, texts, labels, answers=None):
    answers = answers or ((),) * len(texts)
    return ParallelRows("own", "written", language, task, tuple(range(len(texts))), texts, labels, answers)


def answers_of(example, language):
    if example.answer is None:
        return ()
    answer, context = example.answer[language], example.fields["context"][language]
    return (Answer(answer, context.index(answer)),)
