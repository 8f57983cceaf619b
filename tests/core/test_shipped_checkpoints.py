"""The shipped checkpoints: listed, small, described by a card that fits the commands beside them."""

import json

import pytest

from core.data.load import Rows
from core.evaluation.evaluate import evaluate
from core.examples import load_examples
from core.models.catalogue import load_catalogue
from core.models.loader import load_model
from core.paths import ASSETS

FOLDER = ASSETS / "checkpoints"
SHIPPED = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
MEGABYTE = 1 << 20


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
    assert len(card["dev_scores"]) > 1
    assert card["dev_rows"] >= 200
    assert all(0 <= value <= 1 for value in own.values())


@pytest.mark.parametrize("name", [name for name in SHIPPED if "-nli-" in name])
def test_an_inference_checkpoint_is_right_on_most_of_our_own_examples(name, embedded_model):
    model, examples = load_model(name, device="cpu"), load_examples("nli")
    language = model.info.train_language
    texts = tuple(example.texts(language) for example in examples)
    labels = tuple(example.label for example in examples)
    rows = Rows("own", "written", language, "nli", tuple(range(len(texts))), texts, labels, ((),) * len(texts))
    assert evaluate(model, rows).means()["accuracy"] > 0.5
