"""Where results come from, what a page's address holds, and tables as files."""

import csv
import io

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import paths
from core.store import ExampleFilter, Scope, open_store
from core.store.check import check
from dashboard.downloads.tables import frame_csv, frame_latex
from dashboard.shared import store as results_module
from tests.world.pages import popovers, visit
from tests.world.sentences import write_shown
from tests.world.stores import fill_nli, fill_qa


@pytest.fixture
def no_store(monkeypatch, tmp_path):
    monkeypatch.delenv("CCTA_STORE", raising=False)
    monkeypatch.setattr(paths, "SHIPPED_RESULTS", tmp_path / "none")


def looking():
    import streamlit as st

    from dashboard.shared.store import open_results

    found = open_results(lambda: None)
    st.write(f"{len(found.runs)} runs, {found.reader.values()['consistency'].count()} pairs")


def page(script):
    app = AppTest.from_function(script, default_timeout=30)
    return app.run()


def test_the_shipped_store_is_read_where_none_is_named(monkeypatch, tmp_path, no_store):
    assert paths.results_location() is None
    monkeypatch.setattr(paths, "SHIPPED_RESULTS", tmp_path / "shipped")
    (tmp_path / "shipped").mkdir()
    assert paths.results_location() is None, "an empty folder is no store"
    fill_nli(tmp_path / "shipped", rows=range(4))
    assert paths.results_location() == str(tmp_path / "shipped")
    assert paths.store_location() is None, "nothing is computed into it"
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "own"))
    assert paths.results_location() == str(tmp_path / "own")


def test_without_a_store_the_page_says_how_to_make_one(no_store):
    app = page(looking)
    assert not app.exception
    assert "No results yet" in app.info[0].value
    assert app.code[0].value == results_module.HOW_TO_RUN


def test_a_store_that_is_not_there_yet_is_an_empty_one(monkeypatch, tmp_path):
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "nowhere"))
    app = page(looking)
    assert not app.exception
    assert "There are no results in" in app.info[0].value
    assert not (tmp_path / "nowhere").exists()


def test_what_is_no_store_is_one_line(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "file"))
    app = page(looking)
    assert not app.exception
    assert "is a file: name a folder" in app.error[0].value


@pytest.mark.parametrize("state", ["nothing", "no store", "no pairs"])
@pytest.mark.parametrize("title", ["Results", "Source languages", "Correlation"])
def test_every_page_has_its_title_and_link_in_every_state(monkeypatch, tmp_path, no_store, state, title):
    if state == "no store":
        (tmp_path / "file").write_text("not a folder")
        monkeypatch.setenv("CCTA_STORE", str(tmp_path / "file"))
    elif state == "no pairs":
        fill_nli(tmp_path / "store", languages=())
        monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit(title.lower().replace(" ", "_"))
    assert [entry.value for entry in app.header] == [title]
    assert popovers(app).count("Copy link") == 1
    assert app.error or app.info


def test_a_run_at_work_is_seen(monkeypatch, tmp_path):
    place = tmp_path / "store"
    monkeypatch.setenv("CCTA_STORE", str(place))
    monkeypatch.setattr(results_module, "REFRESH_SECONDS", 0.0)
    fill_nli(place, trained=("en",), languages=("en", "es"), rows=range(6))
    assert page(looking).markdown[0].value == "1 runs, 11 pairs"
    fill_nli(place, trained=("en",), languages=("en", "es"), rows=range(9))
    assert page(looking).markdown[0].value == "1 runs, 17 pairs"


def test_the_stores_of_the_tests_are_sound(tmp_path):
    data = write_shown(tmp_path / "data", copies=2)
    fill_nli(tmp_path / "store", data, rows=range(12))
    store = fill_qa(tmp_path / "store", data, rows=range(4))
    report = check(store)
    assert not report.notices
    assert report.total.rows == {"predictions": 104, "attributions": 112, "pairs": 112, "flows": 0}
    reader = open_store(tmp_path / "store").read()
    grid = reader.grid(Scope(dataset="xnli"), ExampleFilter(source_language="es")).set_index("target_language")
    assert grid.loc["es", "consistency"] == 1
    assert grid.loc["en", "consistency"] == pytest.approx(0.5, abs=0.08)
    assert set(reader.grid(Scope(dataset="xquad"))["end"]) == {"start", "end"}


def test_a_table_as_a_file_holds_no_formula_and_nothing_unseen():
    frame = pd.DataFrame({"text": ["=1+1", "@x", "-a", "\u202eabc", "two\nlines"], "C": [0.1, float("nan"), 1, 0, 2]})
    raw = frame_csv(frame)
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [line[0] for line in lines[1:]] == ["'=1+1", "'@x", "'-a", "U+202Eabc", "twoU+000Alines"]
    assert [line[1] for line in lines[1:]] == ["0.1", "", "1.0", "0.0", "2.0"]
    tex = frame_latex(frame, caption="50% & more_", formats={"C": "{:.2f}".format}).decode()
    assert r"\caption{50\% \& more\_}" in tex
    assert "=1+1 & 0.10 \\\\" in tex
    assert "@x & – \\\\" in tex or "@x & -- \\\\" in tex
    assert "\\begin{tabular}{lr}" in tex
