"""Agreement over the links of a plan, against SciPy and by hand; from a store as from the analysis."""

import json

import numpy as np
import pytest
from scipy.stats import spearmanr

from core.cli.app import run
from core.consistency.agreement import agreement_of, link_agreement, links_of_plan
from core.consistency.export import report_to_json
from core.consistency.pair import TextInput, analyze_pair
from core.consistency.transport import solve
from core.data.load import load_parallel
from core.report.agreement import stored_agreements
from core.settings import Settings
from core.store import open_store


def random_plan(seed, n=12, m=10):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=n), rng.normal(size=m)
    masses = [np.abs(one) / np.abs(one).sum() for one in scores]
    return solve(*masses, rng.uniform(-0.2, 1, (n, m))), scores


@pytest.mark.parametrize("seed", range(5))
def test_the_rank_correlation_is_scipys_over_the_links(seed):
    plan, (source, target) = random_plan(seed)
    pairs = [
        (i, j)
        for i in range(12)
        for j in range(10)
        if plan.plan[i, j] >= 0.499 * min(plan.source_mass[i], plan.target_mass[j]) > 0
    ]
    found = agreement_of(plan, source, target)
    expected = spearmanr([source[i] for i, _ in pairs], [target[j] for _, j in pairs]).statistic
    assert found.spearman == pytest.approx(expected, abs=1e-12)
    assert found.n_links == len(pairs)
    assert {tuple(link) for link in np.argwhere(links_of_plan(plan.plan, plan.source_mass, plan.target_mass))} == set(
        pairs
    )


def test_a_translation_word_for_word_agrees_completely():
    scores = np.array([0.5, -0.3, 0.2, 0.1, -0.05])
    mass = np.abs(scores) / np.abs(scores).sum()
    found = agreement_of(solve(mass, mass, np.eye(5)), scores, scores)
    assert (found.spearman, found.overlap, found.n_links, found.top) == (pytest.approx(1.0), 1.0, 5, 3)


def test_the_overlap_counts_links_between_the_largest_scores():
    """Words 0 and 1 are the largest on both sides, but only word 0 is linked to its partner."""
    scores = np.array([0.5, -0.4, 0.06, 0.04])
    mass = np.abs(scores)
    plan = solve(mass, mass, np.diag([1.0, -1.0, 1.0, 1.0]))
    found = agreement_of(plan, scores, scores, top=2)
    assert (found.overlap, found.n_links) == (0.5, 3)


def test_without_ranks_there_is_no_correlation():
    even = np.full(4, 0.25)
    assert agreement_of(solve(even, even, np.eye(4)), even, even).spearman is None
    two = np.array([0.6, 0.4])
    found = agreement_of(solve(two, two, np.eye(2)), two, two)
    assert (found.spearman, found.top) == (None, 2)


@pytest.mark.usefixtures("run_cache")
@pytest.mark.parametrize("choice", [(), ("--level", "word", "--mass", "signed"), ("--output", "contrast")])
def test_a_store_gives_what_the_analyses_give(command, tiny_model, data, tmp_path, choice, capsys):
    assert run(command("store", "--limit", "4", *choice)) == 0
    reader = open_store(tmp_path / "store").read()
    (name,) = reader.runs
    rows = load_parallel("xnli", ["en", "es", "zh"], "test", data)
    options = dict(zip([one[2:] for one in choice[::2]], choice[1::2], strict=True))
    settings = Settings(task="nli", steps=8, permutations=5, space="static", **options)
    chosen = sorted(reader.values().row.unique())
    found = {pair.languages: pair for pair in stored_agreements(reader, name)}
    assert set(found) == {("en", "es"), ("en", "zh")}
    for languages, pair in found.items():
        sides = [[TextInput(code, rows[code].texts[row]) for code in languages] for row in chosen]
        analyses = [analyze_pair(tiny_model("bert", "nli"), *both, settings).analyses[0] for both in sides]
        agreed = [link_agreement(one) for one in analyses]
        assert pair.consistency.n == 4
        assert pair.consistency.value == pytest.approx(np.mean([one.consistency for one in analyses]), abs=1e-5)
        known = [one.spearman for one in agreed if one.spearman is not None]
        assert pair.spearman.value == pytest.approx(np.mean(known), abs=1e-6)
        assert pair.overlap.value == pytest.approx(np.mean([one.overlap for one in agreed]), abs=1e-9)
        assert pair.overlap.low <= pair.overlap.value <= pair.overlap.high
        plain = report_to_json(analyze_pair(tiny_model("bert", "nli"), *sides[0], settings))
        assert plain["agreement"]["spearman"] == pytest.approx(agreed[0].spearman, abs=1e-9)
    capsys.readouterr()
    assert run(["agreement", "--store", str(tmp_path / "store"), "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["pairs"][0]["spearman"]["value"] == found["en", "es"].spearman.value
    assert run(["agreement", "--store", str(tmp_path / "store"), "--format", "csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert run(["agreement", "--store", str(tmp_path / "store")]) == 0
    assert capsys.readouterr().out.count("spearman") == 2


@pytest.mark.parametrize("words", [["--format", "xml"], ["--top", "0"], ["--end", "start"], ["--dataset", "none"]])
def test_what_cannot_be_answered_is_one_line(words, capsys):
    assert run(["agreement", *words]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
