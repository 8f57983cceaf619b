"""A file that someone drops on the page "Runs": refused where nothing may be computed, else read once."""

from functools import partial

import pytest

from core.paths import uploads_folder
from dashboard.runs import upload
from dashboard.runs.form import OWN_FILE
from dashboard.shared.verbatim import verbatim
from tests.world import pages
from tests.world.pages import checked, said

visit = partial(pages.visit, "runs")
NLI = (
    "premise.en,hypothesis.en,premise.es,hypothesis.es,label\n"
    "the road is closed,nobody drives,la carretera está cerrada,nadie conduce,entailment\n"
)


@pytest.fixture(autouse=True)
def _served(tmp_path, monkeypatch, own_cache):
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CCTA_RUNS", "1000")


@pytest.fixture
def kept(monkeypatch):
    """The names of the uploads that were kept, in order: of their files, and the one that was given."""
    names, keep = [], upload.keep_files

    def note(files, name):
        names.append((*(file.name for file in files), name))
        return keep(files, name)

    monkeypatch.setattr(upload, "keep_files", note)
    return names


def choose_own():
    app = visit()
    app.selectbox(key="start-data").set_value(OWN_FILE)
    return checked(app.run())


def drop(app, *files):
    app.file_uploader[0].set_value([(name, content.encode(), "text/csv") for name, content in files])
    return checked(app.run())


def test_with_runs_off_no_file_is_taken_in(monkeypatch):
    monkeypatch.delenv("CCTA_RUNS")
    app = choose_own()
    assert len(app.file_uploader) == 0
    assert any("Starting runs is off on this server." in line for line in said(app))
    assert any(entry.value.startswith("python -m core run --dataset texts.csv") for entry in app.code)
    assert any("premise.en, hypothesis.en" in line for line in said(app)), "there is no field whose help says it"
    assert not uploads_folder().exists()


def test_without_a_store_of_ones_own_no_file_is_taken_in(monkeypatch):
    monkeypatch.delenv("CCTA_STORE")
    app = choose_own()
    assert len(app.file_uploader) == 0
    assert any("shipped results are read-only" in line for line in said(app))


def test_a_file_is_kept_once_however_often_the_page_runs(kept):
    app = drop(choose_own(), ("pairs.csv", NLI))
    assert any("1 row in English, Spanish" in line for line in said(app))
    for value in (1, 2, 3):
        app.number_input(key="start-seed").set_value(value)
        checked(app.run())
    assert any("1 row in English, Spanish" in line for line in said(app))
    assert kept == [("pairs.csv", "")]
    (folder,) = uploads_folder().iterdir()
    (command,) = [entry.value for entry in app.code if "--seed 3" in entry.value]
    assert f"--dataset $CCTA_CACHE/files/{folder.name}/pairs.jsonl " in command


def test_another_file_takes_the_place_of_the_first(kept):
    app = drop(choose_own(), ("pairs.csv", NLI))
    app = drop(app, ("more.csv", NLI + NLI.splitlines()[1] + "\n"))
    assert any("2 rows in English, Spanish" in line for line in said(app))
    assert kept == [("pairs.csv", ""), ("more.csv", "")]


def test_a_file_that_cannot_be_used_is_named_as_it_is(kept):
    app = drop(choose_own(), ("pairs.csv", NLI.replace("entailment", "**yes** [x](http://e.x)")))
    (line,) = [entry.value for entry in app.error]
    assert line.startswith(verbatim("pairs.csv, line 2: the label '**yes** [x](http://e.x)' is none of"))
    assert list(uploads_folder().iterdir()) == []


def test_the_form_says_how_a_file_was_read(kept):
    table = NLI.replace(",", ";").replace("label", "label;source").replace("entailment", "entailment;x")
    app = drop(choose_own(), ("pairs.csv", table))
    shown = [entry.value.replace("\\", "") for entry in app.caption]
    assert "pairs.csv: a table with semicolons between cells, UTF-8; 1 row in en, es." in shown
    assert "pairs.csv: columns not read: source." in shown


def test_two_files_of_lines_are_taken_together(kept):
    app = drop(choose_own(), ("news.en", "The bus is late.\n"), ("news.es", "El autobús llega tarde.\n"))
    assert any("1 row in English, Spanish" in line for line in said(app))
    assert kept == [("news.en", "news.es", "")]


def test_texts_are_computed_under_the_name_that_is_given(kept):
    app = drop(choose_own(), ("pairs.csv", NLI))
    app.text_input(key="start-name").set_value("bus lines")
    checked(app.run())
    assert kept == [("pairs.csv", ""), ("pairs.csv", "bus lines")]
    assert any("bus lines.jsonl" in entry.value for entry in app.code)


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("pairs.csv", "en,es\nThe bus is late.,\n", "pairs.csv, line 2: es is empty."),
        ("pairs.csv", "en\nThe bus is late.\n", "pairs.csv has texts in one language that is read, en:"),
        ("pairs.csv", "", "pairs.csv has no rows: it is empty."),
        ("pairs.jsonl", '{"en": ' + "[" * 20_000 + "]" * 20_000 + "}\n", "pairs.jsonl, line 1 cannot be read as JSON"),
    ],
)
def test_a_wrong_file_is_one_line_at_the_upload(name, content, line):
    app = drop(choose_own(), (name, content))
    (said_,) = [entry.value.replace("\\", "") for entry in app.error]
    assert said_.startswith(line)
    assert "Start" not in [button.label for button in app.button]
