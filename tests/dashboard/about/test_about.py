"""The page "About": its sums are right, its anchors are there, and no help text leads nowhere."""

import io
import re
from dataclasses import fields
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.report.first_pair import load_first_pair
from core.report.verdict import against_carried
from core.setting import settings_of
from core.settings import Settings
from dashboard.about import sections as about
from dashboard.about import texts as about_texts
from dashboard.about.example import SIMILARITY, worked_example
from dashboard.figures.flow.picture import flow_svg
from tests.world.pages import html, visit

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def page():
    return visit("about")


def words(app):
    return "\n".join(entry.value for entry in app.markdown)


def test_the_worked_example_is_the_sum_it_prints(page):
    example = worked_example()
    # By hand: cancelado takes 0.6 of cancelled's 0.7, ferri takes ferry's 0.3 and what is left.
    by_hand = np.array([[0.3, 0.0], [0.1, 0.6]])
    np.testing.assert_allclose(example.transport.plan, by_hand)
    assert example.consistency == pytest.approx((by_hand * np.array(SIMILARITY)).sum())
    (line,) = [entry.value for entry in page.markdown if entry.value.startswith("C = ")]
    terms, result = re.match(r"C = (.*) = \*\*(.*)\*\*", line).groups()
    total = sum(float(a) * float(b) for a, b in (term.split(" × ") for term in terms.split(" + ")))
    assert total == pytest.approx(float(result)) == pytest.approx(example.consistency)


def test_the_references_of_both_examples_are_computed(page):
    example = worked_example()
    # By hand: equal importance pairs each word with its translation, so importance is carried over as it is.
    by_hand = np.array([0.3 * 0.9 + 0.7 * 0.8, 0.4 * 0.9 + 0.6 * 0.8])
    assert example.references.carried == pytest.approx(by_hand.mean())
    (line,) = [entry.value for entry in page.markdown if "In the worked example C is" in entry.value]
    assert "C is 0.760, 0.090 below equal importance (0.850)" in line
    assert "here by 0.015" in line and "30% on *ferry* and 40% on *ferri*" in line and "(0.835), here by 0.075" in line
    (shipped,) = load_first_pair()[0].analyses.values()
    references = shipped.references
    assert f"<span>carried-over importance</span><b>{references.carried:.3f}</b>" in html(page)
    assert escape(against_carried(shipped.consistency, references)) in html(page)


def test_the_worked_flow_prints_its_factors_in_a_readable_ink():
    svg = flow_svg(worked_example(), ribbon_labels=True, standalone_theme="light")
    labels = re.findall(r'<g style="fill:(#\w+);"><text class="rl"[^>]*>([^<]+)<', svg)
    assert sorted(labels) == [("#000000", "0.10 × 0.10"), ("#FFFFFF", "0.30 × 0.90"), ("#FFFFFF", "0.60 × 0.80")]
    assert "rl" not in re.sub(r"<style>.*</style>", "", flow_svg(worked_example()))


def test_every_section_has_its_anchor(page):
    anchors = [entry.proto.anchor for kind in (page.header, page.subheader) for entry in kind]
    wanted = [
        "c",
        "example",
        "references",
        "below-equal",
        "pictures",
        "choices",
        "limits",
        "cite",
        "versions",
        "licences",
    ]
    assert set(anchors) >= {*wanted, *(anchor for _, anchor, _, _ in about_texts.CHOICES)}
    assert len(anchors) == len(set(anchors))


def test_every_link_to_this_page_has_its_paragraph(page):
    anchors = {entry.proto.anchor for kind in (page.header, page.subheader) for entry in kind}
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "dashboard").rglob("*.py"))
    linked = set(re.findall(r'explained\([^()]*?, "([a-z0-9-]+)"\s*\)', code, re.S))
    assert linked and linked <= anchors


def test_every_setting_is_listed_and_leads_to_a_paragraph_that_is_there(page):
    anchors = {entry.proto.anchor for kind in (page.header, page.subheader) for entry in kind}
    table = page.dataframe[1].value
    assert set(table["Name"]) == {entry.name for entry in fields(Settings)}
    assert {setting.anchor for setting in settings_of(Settings)} <= anchors


def test_the_paper_is_cited_with_all_its_authors(page):
    (code,) = [entry.value for entry in page.code if entry.value.startswith("@")]
    for author in ("Wang, Junxiang", "Zhang, Xuchao", "Zong, Bo", "Liu, Yanchi", "Cheng, Wei", "Ni, Jingchao"):
        assert author in code
    assert "Consistent Token Attributions" in code


def test_versions_and_licences_are_listed(page):
    tables = [frame.value for frame in page.dataframe]
    assert "torch" in set(tables[0]["Library"])
    licences = dict(zip(tables[2]["Name"], tables[2]["Licence"], strict=True))
    assert licences["XNLI"] == "CC-BY-NC-4.0"
    assert licences["XLM large (MLM, 100 languages)"] == "CC-BY-NC-4.0"


def test_what_is_listed_can_be_taken_along(page):
    files = {file.name: file.make().decode("utf-8-sig") for file in about.files()}
    (code,) = [entry.value for entry in page.code if entry.value.startswith("@")]
    assert files["ccta.bib"] == f"{code}\n"
    for name, table in zip(("versions.csv", "settings.csv", "licences.csv"), page.dataframe, strict=True):
        read = pd.read_csv(io.StringIO(files[name]), dtype=str, keep_default_na=False)
        cells = [[cell.removeprefix("'") for cell in line] for line in read.to_numpy().tolist()]
        assert cells == table.value.to_numpy().tolist(), "an apostrophe guards what a spreadsheet would run"


def test_without_the_shipped_pair_the_worked_example_takes_its_place(monkeypatch, tmp_path):
    from core.report import first_pair as shipped

    monkeypatch.setattr(shipped, "FILE", tmp_path / "none.json")
    about._real_example.clear()
    assert "cancelado" in html(visit("about"))
    about._real_example.clear()
