import json

import pytest

from core.cli.app import run
from core.errors import CatalogueError, CctaError, ModelError, TaskError, UnknownModelError
from core.models.catalogue import (
    DEFAULT_MODEL,
    default_model,
    describe_directory,
    find_base,
    find_model,
    is_cached,
    load_catalogue,
    models_for_task,
)
from tests.world.tiny import FAMILIES

ENTRY = '[[model]]\nname = "mine"\ntitle = "Mine"\nsource = "directory"\nfamily = "bert"\nlocation = "here"\n'


@pytest.fixture
def operator(tmp_path, monkeypatch):
    """Write the operator's catalogue."""

    def write(content):
        (tmp_path / "operator.toml").write_text(content, encoding="utf-8")
        monkeypatch.setenv("CCTA_CONFIG", str(tmp_path / "operator.toml"))

    return write


def test_the_papers_models_and_the_embedded_default_are_listed():
    specs = load_catalogue()
    hub = {spec.location for spec in specs.values() if spec.source == "hub"}
    assert hub >= {
        "google-bert/bert-base-multilingual-cased",
        "FacebookAI/xlm-mlm-xnli15-1024",
        "FacebookAI/xlm-mlm-100-1280",
        "FacebookAI/xlm-roberta-base",
        "FacebookAI/xlm-roberta-large",
    }
    default = specs[DEFAULT_MODEL]
    assert (default.source, default.family, default.prefix) == ("embedded", "bert", "query: ")
    assert default.title == "multilingual-e5-small, 4-bit dequantised"


def test_every_model_can_explain_meaning_those_made_for_it_first():
    tasks = [spec.task for spec in models_for_task("meaning")]
    assert len(tasks) == len(load_catalogue())
    assert tasks == sorted(tasks, key=lambda task: task != "meaning")
    assert all(spec.task == "qa" for spec in models_for_task("qa"))


@pytest.mark.parametrize("name", ["gpt-5", "../nowhere", "", "facebook/bart"])
def test_an_unlisted_model_is_one_line_that_says_where_the_choice_is(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownModelError, match="multilingual-e5-small") as caught:
        find_model(name)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_operator_adds_and_replaces_models(operator, tmp_path):
    operator(ENTRY + 'labels = ["b", "a"]\n' + ENTRY.replace("mine", "mbert"))
    specs = load_catalogue()
    assert specs["mine"].location == str(tmp_path / "here")
    assert specs["mine"].labels == ("b", "a")
    assert specs["mbert"].title == "Mine"
    assert DEFAULT_MODEL in specs
    assert not is_cached(specs["mine"])
    (tmp_path / "here").mkdir()
    assert is_cached(specs["mine"])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[[model", "not valid TOML"),
        (ENTRY.replace('title = "Mine"\n', ""), "lacks title"),
        (ENTRY + 'colour = "red"\n', "unknown keys colour"),
        (ENTRY.replace('"bert"', '"gpt"'), "no family 'gpt'"),
        (ENTRY.replace('"directory"', '"torrent"'), "source 'torrent'"),
        (ENTRY + 'task = "poetry"\n', "Unknown task 'poetry'"),
        (ENTRY.replace('location = "here"\n', ""), "lacks location"),
        ('model = ["mine"]\n', r"must list its models as \[\[model\]\]"),
        ("labels = 3\n", "it has labels"),
        (ENTRY + "labels = 3\n", "labels in .* must be a list"),
        (ENTRY + 'labels = [1, "a"]\n', "labels in .* must be a list"),
        (ENTRY.replace('"mine"', "3"), "name in .* must be text"),
        (ENTRY.replace('"here"', "[]"), "location in .* must be text"),
        (ENTRY.replace('"here"', '"a\\u0000b"'), "location in .* must be text"),
        (ENTRY.replace('"here"', f'"{"x" * 5000}"'), "cannot be read"),
        (ENTRY + "prefix = 1.5\n", "prefix in .* must be text"),
        (ENTRY + ENTRY, "two models called mine"),
        ("model = [[1]]\n", "must list its models"),
    ],
)
def test_a_broken_catalogue_is_named_in_one_line(operator, content, problem):
    operator(content)
    with pytest.raises(CctaError, match=problem) as caught:
        load_catalogue()
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_catalogue_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("CCTA_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(ModelError, match=r"none\.toml cannot be read"):
        load_catalogue()


@pytest.mark.parametrize("kind", ["folder", "binary", "unknown home"])
def test_a_bad_path_or_encoding_of_the_catalogue_is_one_line(kind, tmp_path, monkeypatch, capsys):
    (tmp_path / "binary").write_bytes(b"\xff\xfe[\x00")
    path = {"folder": tmp_path, "binary": tmp_path / "binary", "unknown home": "~nobody-of-this-name/a.toml"}[kind]
    monkeypatch.setenv("CCTA_CONFIG", str(path))
    assert run(["models"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("card", [{"labels": 3}, {"task": ["nli"]}, {"labels": "abc"}, {"train_language": 1}])
def test_a_card_of_other_types_is_one_line(operator, tmp_path, card):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "ccta.json").write_text(json.dumps(card), encoding="utf-8")
    (tmp_path / "here" / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    operator(ENTRY)
    for read in (load_catalogue, lambda: describe_directory(tmp_path / "here")):
        with pytest.raises(CatalogueError, match=f"{next(iter(card))} in .*ccta.json"):
            read()


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "~nobody-of-this-name"])
def test_a_name_that_can_be_no_path_is_an_unknown_model(name):
    with pytest.raises(UnknownModelError):
        find_model(name)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("mbert", "mbert"),
        ("FacebookAI/xlm-roberta-base", "xlm-r-base"),
        ("bert-base-multilingual-cased", "mbert"),
        ("../base", "base"),
        ("base", "base"),
    ],
)
def test_an_adapter_finds_its_base(tmp_path, monkeypatch, base, expected):
    for place in ("base", "adapter/base"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    monkeypatch.chdir("/")
    assert find_base({"base_model_name_or_path": base}, tmp_path / "adapter").name == expected


@pytest.mark.parametrize("base", [None, 3, "", "."])
def test_an_adapter_without_a_base_is_refused(tmp_path, base):
    config = {"base_model_name_or_path": base}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match=r"names no base|is the adapter"):
        find_base(config, tmp_path)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("task", ["meaning", "nli", "qa"])
def test_a_directory_describes_itself(tiny_folder, family, task):
    spec = find_model(str(tiny_folder(family, task)))
    assert (spec.family, spec.task, spec.train_language, spec.source) == (family, task, "en", "directory")


@pytest.mark.parametrize(
    ("config", "task"),
    [
        ({"architectures": ["BertModel"]}, "meaning"),
        ({"architectures": ["BertForMaskedLM"]}, "meaning"),
        ({"architectures": ["BertForQuestionAnswering"]}, "qa"),
        ({"architectures": ["BertForSequenceClassification"]}, "paraphrase"),
        ({"architectures": ["BertForSequenceClassification"], "id2label": {"0": "a", "1": "b", "2": "c"}}, "nli"),
        (
            {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "Entails", "1": "not entailed"}},
            "nli",
        ),
        ({"architectures": "BertForSequenceClassification", "id2label": []}, "paraphrase"),
    ],
)
def test_a_directory_without_a_card_is_read_from_its_config(tmp_path, config, task):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"} | config), encoding="utf-8")
    assert find_model(str(tmp_path)).task == task


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("readme.txt", "", "neither config.json nor adapter_config.json"),
        ("config.json", "{", "cannot be read as JSON"),
        ("config.json", "[]", "must hold a JSON object"),
        ("config.json", '{"model_type": "gpt"}', "no family 'gpt'"),
        ("config.json", '{"auto_map": {"AutoModel": "modeling.Mine"}}', "names no model_type"),
        (
            "adapter_config.json",
            '{"task_type": "SEQ_CLS", "base_model_name_or_path": "mbert"}',
            "its task: add ccta.json",
        ),
        ("adapter_config.json", '{"task_type": "SEQ_CLS"}', "names no base model"),
        ("adapter_config.json", '{"base_model_name_or_path": "who/knows"}', "Unknown model 'who/knows'"),
    ],
)
def test_a_directory_that_is_no_model_is_named(tmp_path, file, content, problem):
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=problem) as caught:
        find_model(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_an_unknown_name_gets_the_nearest_ones_however_many_are_listed(operator):
    entry = (
        '[[model]]\nname = "model-{}-of-a-long-list"\ntitle = "M"\nsource = "hub"\nfamily = "bert"\nlocation = "x/y"'
    )
    operator("\n".join(entry.format(number) for number in range(500)))
    with pytest.raises(UnknownModelError) as caught:
        find_model("model-7-of-a-lomg-list")
    assert "Did you mean model-7-of-a-long-list" in str(caught.value)
    assert f"`python -m core models` lists all {len(load_catalogue())}" in str(caught.value)
    assert len(str(caught.value)) < 300
    with pytest.raises(UnknownModelError) as caught:
        find_model("zzz")
    assert "Did you mean" not in str(caught.value)


def test_an_adapter_takes_family_and_task_from_its_base(tmp_path, tiny_folder):
    config = {"base_model_name_or_path": str(tiny_folder("xlm-roberta", "qa")), "task_type": "QUESTION_ANS"}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    spec = find_model(str(tmp_path))
    assert (spec.family, spec.task) == ("xlm-roberta", "qa")


def test_an_entry_need_not_repeat_what_the_card_says(operator, tmp_path):
    card = {"title": "Mine", "task": "nli", "train_language": "es", "labels": ["a", "b", "c"]}
    card |= {"base_licence": "MIT", "dataset_licence": "CC0"}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "ccta.json").write_text(json.dumps(card), encoding="utf-8")
    entry = '[[model]]\nname = "mine"\nsource = "directory"\nfamily = "bert"\nlocation = "mine"\n'
    operator(entry)
    spec = find_model("mine")
    assert (spec.title, spec.task, spec.train_language, spec.labels) == ("Mine", "nli", "es", ("a", "b", "c"))
    assert spec.licence == "MIT; trained on data under CC0"
    operator(entry + 'title = "Ours"\nlicence = "MIT"\n')
    assert (find_model("mine").title, find_model("mine").licence) == ("Ours", "MIT")


@pytest.fixture
def checkpoints(operator, tmp_path, bare_catalogue):
    """(name, train_language) -> an operator's list of NLI checkpoints; a name with "far" is not on this computer."""

    def listed(*entries):
        blocks = []
        for name, language in entries:
            if "far" not in name:
                (tmp_path / name).mkdir()
            trained = f'train_language = "{language}"\n' if language else ""
            blocks.append(
                f'[[model]]\nname = "{name}"\ntitle = "{name}"\nsource = "directory"\nfamily = "bert"\ntask = "nli"\n'
                f'location = "{name}"\n{trained}'
            )
        operator("\n".join(blocks))

    return listed


@pytest.mark.parametrize(
    ("listed", "source", "expected"),
    [
        ([("a", "de"), ("b", "en"), ("c", "es")], "es", "c"),
        ([("a", "de"), ("b", "en"), ("c", "es")], "ar", "b"),
        ([("a", "de"), ("b", "es")], "ar", "a"),
        ([("a", None), ("b", "de")], None, "a"),
        ([("a", "de"), ("b", "en"), ("c", "en")], None, "b"),
        ([("far", "es"), ("b", "de")], "es", "b"),
        ([("far", "de"), ("far-too", "es")], "es", "far-too"),
    ],
)
def test_the_model_for_a_task_is_the_nearest_in_training_language(checkpoints, listed, source, expected):
    checkpoints(*listed)
    assert default_model("nli", source).name == expected


def test_the_model_for_meaning_is_never_a_task_checkpoint(checkpoints):
    checkpoints(("a", "en"))
    assert default_model("meaning", "en").name == DEFAULT_MODEL


def test_who_asks_for_meaning_is_not_told_to_choose_it(monkeypatch):
    monkeypatch.setattr("core.models.catalogue.load_catalogue", dict)
    with pytest.raises(TaskError) as caught:
        default_model("meaning")
    assert "choose the task meaning" not in str(caught.value)


def test_a_task_without_a_model_says_what_to_do(checkpoints):
    checkpoints(("a", "en"))
    with pytest.raises(TaskError, match="--model") as caught:
        default_model("qa", "en")
    assert caught.value.exit_code == 2
