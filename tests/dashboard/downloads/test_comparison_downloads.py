"""What can be downloaded of two models on one pair."""

import json
from dataclasses import replace

import numpy as np

from core.consistency.two_models import comparison_to_json
from core.results import PairReport
from dashboard.downloads.comparison import comparison_bundle, comparison_html
from tests.world.analyses import answers, hostile, retold, storm
from tests.world.pages import Page, contents, rows


def reports(analysis):
    return PairReport((analysis,)), PairReport((retold(analysis),))


def test_the_zip_holds_both_results_under_their_names():
    first, second = reports(storm())
    files = contents(comparison_bundle(first, second, stamp="2025-01-02"))
    assert {"README.txt", "comparison.json", "report.html", "differences-source.csv", "differences-target.csv"} <= set(
        files
    )
    for folder, report in (("A-e5-small-nli-en", first), ("B-e5-small-nli-es", second)):
        own = {name for name in files if name.startswith(f"{folder}/")}
        assert {f"{folder}/{name}" for name in ("result.json", "flows.csv", "tokens-target.csv", "flow.svg")} <= own
        found = json.loads(files[f"{folder}/result.json"])
        assert found["consistency"] == report.analyses[0].consistency
    assert json.loads(files["comparison.json"]) == json.loads(json.dumps(comparison_to_json(first, second)))
    readme = files["README.txt"].decode()
    assert "model e5-small-nli-en" in readme
    assert "model e5-small-nli-es" in readme
    assert "Difference A - B: " in readme
    assert "2025-01-02" in readme
    assert comparison_bundle(first, second) == comparison_bundle(*reports(storm()))


def test_the_table_of_differences_adds_up():
    first, second = reports(storm())
    header, *table = rows(contents(comparison_bundle(first, second))["differences-source.csv"])
    assert header[4:] == ["mass A: e5-small-nli-en", "mass B: e5-small-nli-es", "A - B"]
    numbers = np.array([[float(cell) for cell in row[4:]] for row in table])
    np.testing.assert_allclose(numbers[:, 0], first.analyses[0].source.mass)
    np.testing.assert_allclose(numbers[:, 0] - numbers[:, 1], numbers[:, 2], atol=1e-12)


def test_the_report_shows_both_models_and_no_id_twice():
    first, second = reports(storm())
    html = comparison_html(first, second)
    page = Page(html)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for analysis in (first.analyses[0], second.analyses[0]):
        assert f'<div class="c-num">{analysis.consistency:.3f}</div>' in html
        assert analysis.model.name in html
    assert "Difference A − B" in html
    assert html.count("<h1>") == 3
    assert not [tag for tag, _ in page.tags if tag in ("script", "img")]


def test_nothing_a_token_holds_gets_out_of_its_place():
    first, second = reports(hostile())
    named = PairReport(
        (replace(second.analyses[0], model=replace(second.analyses[0].model, name="../<b>x", title="<b>")),)
    )
    files = contents(comparison_bundle(first, named))
    assert not [name for name in files if ".." in name or "<" in name]
    page = Page(files["report.html"].decode())
    assert not [tag for tag, _ in page.tags if tag in ("script", "img")]
    assert "\u202e" not in files["report.html"].decode() + files["comparison.json"].decode()


def test_answers_are_compared_at_both_ends():
    first = answers()
    second = PairReport(tuple(retold(each) for each in first.analyses))
    files = contents(comparison_bundle(first, second))
    assert {"differences-source-start.csv", "differences-target-end.csv"} <= set(files)
    assert set(json.loads(files["comparison.json"])["difference"]) == {"start", "end"}
    page = Page(files["report.html"].decode())
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
