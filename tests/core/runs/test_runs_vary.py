"""`python -m core run --vary`: every combination of choices is a run of its own, and nothing is computed twice."""

from itertools import pairwise, product

import pytest

from core.cli.app import run
from core.errors import OptionError
from core.runs.vary import combinations, parse_variations
from core.settings import AGGREGATES, BASELINES, MASS_RULES, OUTPUTS, Settings
from core.store import open_store
from core.store.check import check

pytestmark = pytest.mark.usefixtures("run_cache")


def chosen_in(folder, *names):
    """The choices of each run in a store, the defaults written out."""
    usual = Settings()
    return sorted(
        tuple(manifest.identity.settings.get(name, getattr(usual, name)) for name in names)
        for manifest in open_store(folder).read().runs.values()
    )


def test_every_combination_is_a_run_of_its_own(command, attributed, tmp_path):
    vary = ["--vary", "baseline=pad,zero", "--vary", "mass=abs,signed", "--vary", "level=token,word"]
    assert run(command("store", "--limit", "2", *vary)) == 0
    names = ("baseline", "mass", "level")
    expected = sorted(product(("pad", "zero"), ("abs", "signed"), ("token", "word")))
    assert chosen_in(tmp_path / "store", *names) == expected
    # Two baselines of 3 x 2 texts; the other choices take them over.
    assert sum(attributed.values()) == 12
    for name, choice in (("one", ()), ("other", ("--baseline", "zero", "--mass", "signed", "--level", "word"))):
        assert run(command(name, "--limit", "2", *choice)) == 0
        alone = check(open_store(tmp_path / name)).runs
        assert alone.items() <= check(open_store(tmp_path / "store")).runs.items()


def test_the_same_command_continues(command, attributed, tmp_path):
    vary = ["--vary", "output=logit,contrast", "--vary", "aggregate=sum,l2"]
    assert run(command("store", "--limit", "2", *vary)) == 0
    before = check(open_store(tmp_path / "store")).total
    computed = sum(attributed.values())
    assert run(command("store", "--limit", "2", *vary)) == 0
    assert check(open_store(tmp_path / "store")).total == before
    assert sum(attributed.values()) == computed == 12
    assert run(command("store", "--limit", "3", *vary)) == 0
    assert sum(attributed.values()) == 18
    assert len(chosen_in(tmp_path / "store", "output", "aggregate")) == 4


def test_what_must_give_the_same_result_is_computed_once():
    """Norms have no sign, saliency has no baseline, and two classes have one contrast."""
    everything = {
        "method": ("integrated-gradients", "saliency", "occlusion"),
        "baseline": BASELINES,
        "output": OUTPUTS,
        "aggregate": AGGREGATES,
        "mass": MASS_RULES,
    }
    for task, outputs in (("nli", 4), ("paraphrase", 3)):
        found = combinations(Settings(), everything, task)
        by_method = [sum(one.method == method for one in found) for method in everything["method"]]
        assert by_method == [4 * outputs * 5, outputs * 5, 4 * outputs * 3]
        assert len(set(found)) == len(found)
    order = [(one.baseline, one.output) for one in found if one.method == "occlusion"]
    # Settings with equal attributions follow each other.
    assert len(list(dict.fromkeys(order))) == sum(a != b for a, b in pairwise(order)) + 1


def test_without_variations_there_is_the_one_run():
    assert combinations(Settings(mass="signed"), {}, "nli") == (Settings(task="nli", mass="signed"),)


@pytest.mark.parametrize(
    "entries",
    [
        ["baseline"],
        ["baseline="],
        ["base=pad"],
        ["baseline=pad,grey"],
        ["baseline=pad", "baseline=mask"],
        ["seed=1,2"],
        ["task=nli"],
        ["steps=many"],
        ["tolerance=2"],
        ["procrustes=maybe"],
    ],
)
def test_what_cannot_be_varied_is_refused_in_a_line(entries, command, capsys):
    with pytest.raises(OptionError):
        parse_variations(entries)
    assert run(command("store", *[word for entry in entries for word in ("--vary", entry)])) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_values_are_read_as_the_options_are():
    found = parse_variations(["steps=auto,20", "tolerance=0.01,0.1", "procrustes=yes,no", "level=token, word"])
    assert found == {
        "steps": ("auto", 20),
        "tolerance": (0.01, 0.1),
        "procrustes": (True, False),
        "level": ("token", "word"),
    }


def test_norms_of_a_method_without_them_leave_nothing():
    with pytest.raises(OptionError, match="no norms"):
        combinations(Settings(method="occlusion"), {"aggregate": ("l2", "l1")}, "nli")
