"""The page "Runs": what a store holds, the run at work with Cancel, and what may be started."""

import csv
import io
import re
import shutil
import signal
import sys
import time
from functools import partial

import pytest

from core import paths
from core.errors import CctaError, DegenerateMassError
from core.report.problems import reason
from core.runs.progress import write_progress
from core.runs.request import RunRequest
from core.runs.session import RunProgress
from core.store import open_store
from dashboard.figures.grids.coverage import coverage_html
from dashboard.runs import files as runs_files
from dashboard.runs import form as runs_form
from dashboard.runs import process as run_process
from dashboard.runs import view as runs_view
from dashboard.runs.form import checkpoints_for, pairs_line
from dashboard.runs.process import STOPPED, RunDesk, RunProcess
from dashboard.runs.work import CANCEL, STOPPING, progress_words
from dashboard.shared.store import Results
from dashboard.shared.verbatim import verbatim
from tests.world import pages
from tests.world.pages import SOON, checked, html, popovers, said, show
from tests.world.pages import said_plainly as plain
from tests.world.records import ABSENT_ROW
from tests.world.sentences import write_shown
from tests.world.stores import fill_nli
from tests.world.tiny import write_catalogue

visit = partial(pages.visit, "runs")
REQUEST = RunRequest("xnli", "nli", ("tiny-nli",), ("en", "es"), 6, 0, "results", "data folder")
HOSTILE = "**bold** [x](http://e.x) `code`"
# Stands for `python -m core`: says where it is until it is asked to stop, or for as long as it is told to.
PROGRAM = """
import json, signal, sys, time
words = sys.argv[1:]
place = words[words.index("--progress") + 1]
stop = []
signal.signal(signal.SIGINT, lambda *_: stop.append(1))
told = {"checkpoint": "tiny-nli", "kind": "pairs", "done": 3, "of": 12, "problems": 1, "seconds": 6.0}
json.dump(told, open(place, "w"))
print("working", flush=True)
until = time.monotonic() + float(SECONDS)
while not stop and time.monotonic() < until:
    time.sleep(0.02)
print("Stopped at 3 of 12 pairs compared." if stop else LAST, flush=True)
sys.exit(130 if stop else CODE)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datasets.config.HF_DATASETS_CACHE", folder / "hf")
        write_shown(folder / "data", copies=1)
        fill_nli(folder / "store", languages=("en", "es"), rows=range(6))
    return folder


@pytest.fixture
def desk(monkeypatch):
    """The server's desk, of this test alone."""
    own = RunDesk()
    for module in (run_process, runs_view):
        monkeypatch.setattr(module, "run_desk", lambda: own)
    yield own
    if own.last is not None and own.last.running:
        own.last.process.kill()


@pytest.fixture(autouse=True)
def _served(place, monkeypatch, tiny_folder, own_cache, bare_catalogue):
    monkeypatch.setenv("CCTA_STORE", str(place / "store"))
    monkeypatch.setenv("CCTA_DATA", str(place / "data"))
    monkeypatch.delenv("CCTA_RUNS", raising=False)
    model = {"name": "tiny-nli", "task": "nli", "location": tiny_folder("bert", "nli")}
    monkeypatch.setenv("CCTA_CONFIG", str(write_catalogue(own_cache.parent / "models.toml", [model])))


def program(tmp_path, *, seconds=30.0, last="complete", code=0):
    path = tmp_path / "program.py"
    head = f"SECONDS, LAST, CODE = {seconds!r}, {last!r}, {code!r}\n"
    path.write_text(head + PROGRAM, encoding="utf-8")
    return (sys.executable, str(path))


def wait(condition):
    until = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


class Process:
    """Stands for a process that is at work, or that has ended with a code."""

    def __init__(self, code=None):
        self.returncode, self.signals = code, []

    def poll(self):
        return self.returncode

    def send_signal(self, number):
        self.signals.append(number)

    def kill(self):
        self.returncode = -9


def put(desk, tmp_path, *lines, code=None, checkpoints=("tiny-nli-en",), progress=None, seconds=75.0):
    """Put a run on the desk: at work, or ended with a code after so many seconds."""
    run = RunProcess(
        RunRequest("xnli", "nli", checkpoints, ("en", "es"), 6, 0, "results"), Process(code), tmp_path / "progress.json"
    )
    run.lines = list(lines)
    run.ended = None if code is None else run.begun + seconds
    if progress is not None:
        write_progress(run.progress_file, progress)
    desk.last = run
    return run


def labels(app):
    return [button.label for button in app.button]


# what is there


def test_the_table_lists_every_run_and_one_is_shown(place, desk):
    app = visit()
    table = app.dataframe[0].value
    assert set(table["Checkpoint"]) == {"tiny-nli-es", "tiny-nli-en"}
    assert set(table["State"]) == {"✓ complete"}
    assert list(table["Rows"]) == [6, 6]
    (run,) = [name for name in (path.name for path in (place / "store").iterdir()) if "tiny-nli-en" in name]
    app = visit(run=run)
    settings = dict(app.dataframe[2].value.itertuples(index=False, name=None))
    assert settings["checkpoint"] == "tiny-nli-en"
    assert settings["steps"] == "auto"


def test_coverage_counts_rows_and_failures_of_checkpoints_with_equal_settings(place, desk):
    (run,) = [name for name in (path.name for path in (place / "store").iterdir()) if "tiny-nli-en" in name]
    app = visit(run=run)
    assert html(app).count("6/6") == 2 * 4, "two checkpoints, two languages, drawn for wide and for narrow screens"
    assert re.search('<span class="bad"[^>]*>1 ✗</span>', html(app))
    problems = app.dataframe[1].value
    why = "Every token of a text has score 0, so there is no importance to compare."
    assert problems.to_numpy().tolist() == [[ABSENT_ROW, "English → Spanish", why]]


def test_failures_beyond_what_is_shown_are_named(place, desk, monkeypatch):
    (run,) = [name for name in (path.name for path in (place / "store").iterdir()) if "tiny-nli-en" in name]
    assert not any("Failures (CSV)" in line for line in said(visit(run=run)))
    monkeypatch.setattr(runs_view, "MOST_PROBLEMS", 0)
    app = visit(run=run)
    assert len(app.dataframe[1].value) == 0
    assert any("The first 0 are shown" in line and "Failures (CSV)" in line for line in said(app))


def test_the_files_hold_whole_names_plain_states_and_what_is_missing(place, desk):
    reader = open_store(place / "store").read()
    results = Results(str(place / "store"), reader.version, reader)
    tables = []

    def shown(results, tables):
        from dashboard.runs.view import runs_table
        from dashboard.shared.address import Address

        tables.append(runs_table(results, Address("runs"))[1])

    show(shown, {"results": results, "tables": tables})
    files = {file.name: file.make().decode() for file in runs_files.run_files(results, tables[0])}
    read = {
        name: list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
        for name, text in files.items()
        if name.endswith(".csv")
    }
    assert {line["Run"] for line in read["runs.csv"]} == set(results.runs)
    assert {line["State"] for line in read["runs.csv"]} == {"complete"}
    assert len(read["coverage.csv"]) == 2 * 3 * 2, "runs, kinds, languages"
    (failure,) = read["failures.csv"]
    assert (failure["row"], failure["reason"]) == (str(ABSENT_ROW), reason(DegenerateMassError.__name__))


def test_an_empty_store_says_so_and_offers_to_start(tmp_path, desk, monkeypatch):
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "nothing_yet"))
    app = visit()
    assert any("There are no results in" in line for line in said(app))
    assert app.get("dataframe") == []
    assert [entry.proto.expanded for entry in app.expander] == [True]
    assert [entry.value for entry in app.header] == ["Runs"] and "Copy link" in popovers(app)


def test_a_store_that_cannot_be_read_leaves_title_and_link(tmp_path, desk, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "file"))
    app = visit()
    assert [entry.value for entry in app.error] and [entry.value for entry in app.header] == ["Runs"]
    assert "Copy link" in popovers(app)


def test_a_run_of_predictions_alone_is_named_as_such(tmp_path, desk, monkeypatch):
    fill_nli(tmp_path / "predicted", trained=("en",), languages=("en", "es"), rows=range(6))
    for folder in (tmp_path / "predicted").glob("*/pairs"):
        shutil.rmtree(folder)
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "predicted"))
    app = visit()
    assert list(app.dataframe[0].value["State"]) == ["predictions only"]
    assert any("predictions only" in line for line in said(app))
    assert "<table>" not in html(app)


def test_every_table_is_named_for_a_screen_reader(place, desk):
    (run,) = [name for name in (path.name for path in (place / "store").iterdir()) if "tiny-nli-en" in name]
    app = visit(run=run)
    assert len(app.dataframe) == 4
    assert len({entry.proto.alt for entry in app.dataframe} - {""}) == 4
    assert html(app).count("<caption") == 2
    assert 'aria-label="1 without C">1 ✗' in html(app)


def test_a_hostile_name_in_the_coverage_is_text():
    drawn = coverage_html(["<img src=x>"], ["en", "es"], {("<img src=x>", "en"): 3}, {}, {"<img src=x>": 6})
    assert "<img" not in drawn and "&lt;img" in drawn
    assert drawn.count("3/6") == 2
    assert drawn.count("not run") == 2


def test_a_checkpoint_of_fewer_rows_is_complete_with_its_own():
    drawn = coverage_html(["a", "b"], ["en"], {("a", "en"): 200, ("b", "en"): 100}, {}, {"a": 200, "b": 100})
    assert "200/200" in drawn and "100/100" in drawn
    assert len(set(re.findall(r'<td class="(m\d)"', drawn))) == 1


# what may be started


def test_starting_is_off_unless_the_operator_allows_it(desk):
    app = visit()
    assert "Start" not in labels(app)
    assert any("Starting runs is off on this server." in line for line in said(app))
    (command,) = [entry.value for entry in app.code if entry.value.startswith("python -m core run")]
    assert "--dataset xnli --model tiny-nli --languages" in command


def test_a_run_beyond_the_operators_limit_is_not_offered(desk, monkeypatch):
    monkeypatch.setenv("CCTA_RUNS", "100")
    app = visit()
    assert "Start" not in labels(app)
    assert any("are more than the 100 that this server allows" in line for line in said(app))
    app.number_input[0].set_value(10)
    checked(app.run())
    assert "Start" in labels(app)


def test_nothing_is_computed_into_the_shipped_results(desk, monkeypatch, place):
    monkeypatch.setenv("CCTA_RUNS", "1000")
    monkeypatch.delenv("CCTA_STORE")
    monkeypatch.setattr(paths, "SHIPPED_RESULTS", place / "store")
    app = visit()
    assert len(app.dataframe[0].value) == 2
    assert "Start" not in labels(app)
    assert any("shipped results are read-only" in line for line in said(app))


def test_the_cost_is_that_of_stored_rows(desk):
    app = visit()
    app.number_input[0].set_value(6)
    checked(app.run())
    # Each of the store's units (6 rows of a kind and language) took 2 s: a second a row over its three kinds.
    n = 6 * len(app.multiselect[1].value)
    assert any(line.startswith("6 rows × 4 languages × 1 checkpoint: about") for line in said(app))
    assert f"about {n} s on one core" in " ".join(said(app))


def test_the_form_starts_what_it_shows(desk, monkeypatch):
    monkeypatch.setenv("CCTA_RUNS", "1000")
    started = []
    monkeypatch.setattr(RunDesk, "start", lambda self, request, owner, at_end: started.append(request))
    app = visit()
    app.number_input[0].set_value(4)
    app.number_input[1].set_value(7)
    app.multiselect[1].set_value(["en", "zh"])
    checked(app.run())
    (button,) = [entry for entry in app.button if entry.label == "Start"]
    button.click().run()
    (request,) = started
    assert (request.dataset, request.checkpoints, request.rows, request.seed) == ("xnli", ("tiny-nli",), 4, 7)
    assert set(request.languages) == {"en", "zh"}
    assert request.arguments()[:3] == ["run", "--dataset", "xnli"]


def test_all_pairs_are_a_choice_of_the_form(desk):
    app = visit()
    app.multiselect[1].set_value(["es", "zh", "ar"])
    checked(app.run())
    assert "English, in which tiny-nli was trained, is compared with each." in plain(app)
    assert not any("--pairs" in entry.value for entry in app.code)
    app.button_group(key="start-pairs").set_value("all")
    checked(app.run())
    assert "Every two of English, Spanish, Chinese, Arabic are compared." in plain(app)
    assert any("--pairs all" in entry.value for entry in app.code)
    assert any(line.startswith("50 rows × 3 languages × 1 checkpoint, 300 pairs") for line in said(app))


def test_texts_without_the_training_language_start_no_run(desk, monkeypatch, own_cache, tiny_folder):
    model = {"name": "tiny-nli", "task": "nli", "location": tiny_folder("bert", "nli"), "train_language": "sw"}
    monkeypatch.setenv("CCTA_CONFIG", str(write_catalogue(own_cache.parent / "models.toml", [model])))
    monkeypatch.setenv("CCTA_RUNS", "1000")
    app = visit()
    assert any("These texts have no Swahili, in which tiny-nli was trained" in line for line in plain(app))
    assert "Start" not in labels(app)


def test_without_a_training_language_the_form_says_which_one_is_compared_with_the_others():
    request = RunRequest("texts.csv", "meaning", ("multilingual-e5-small",), ("es", "zh"), 6, 0, "results")
    said_ = "Spanish, the first chosen (multilingual-e5-small: no training language), is compared with each."
    assert pairs_line(request) == said_


def test_a_checkpoint_without_a_training_language_says_so(tmp_path, desk, monkeypatch):
    fill_nli(tmp_path / "own", trained=("en",), languages=("en", "es"), rows=range(6), known=False)
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "own"))
    app = visit()
    settings = dict(app.dataframe[2].value.itertuples(index=False, name=None))
    assert settings["train_language"] == "no training language"
    assert "languages compared with English (no training language)" in html(app)


def test_checkpoints_on_this_computer_are_offered():
    assert checkpoints_for("nli") == ["tiny-nli"]
    assert checkpoints_for("qa") == []


# a run at work


def test_the_run_at_work_is_marked_and_one_with_other_settings_is_not(tmp_path, desk, monkeypatch):
    fill_nli(tmp_path / "two", trained=("en", "es"), languages=("en",), rows=range(6))
    store = fill_nli(tmp_path / "two", trained=("en",), languages=("en",), rows=range(6), steps=8)
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "two"))
    put(desk, tmp_path)
    table = visit().dataframe[0].value
    settings = {run[-12:]: manifest.identity for run, manifest in store.read().runs.items()}
    (marked,) = table.loc[table["State"] == "▸ running", "Run"]
    assert len(table) == 3 and set(table["State"]) == {"✓ complete", "▸ running"}
    assert (settings[marked].checkpoint, settings[marked].settings["steps"]) == ("tiny-nli-en", "auto")
    desk.last.process.kill()
    assert set(visit().dataframe[0].value["State"]) == {"✓ complete"}


def test_a_run_at_work_shows_its_step_and_can_be_cancelled(tmp_path, desk):
    told = RunProgress("tiny-nli-en", "attributions", 6, 24, 0, 12.0)
    run = put(desk, tmp_path, HOSTILE, progress=told)
    app = visit()
    (bar,) = app.get("progress")
    line = "tiny-nli-en, step 2 of 3: texts attributed, 6 of 24, 0.5 rows a second, about 36 s left of this step"
    assert (bar.proto.value, bar.proto.text) == (25, verbatim(line))
    assert any(
        "texts predicted ✓ · texts attributed 6 of 24" in line and "so far" in line for line in pages.said_plainly(app)
    )
    assert "Stop the run" not in labels(app)
    (button,) = [entry for entry in app.button if entry.label == "Cancel"]
    checked(button.click().run())
    assert "Stop the run" in labels(app)
    assert CANCEL in [entry.value for entry in app.markdown]
    assert run.process.signals == [], "only what is confirmed is cancelled"


def test_a_confirmed_cancel_interrupts_the_run_and_keeps_its_bar(tmp_path, desk):
    run = put(desk, tmp_path, progress=RunProgress("tiny-nli-en", "pairs", 3, 12, 0, 6.0))

    def confirm(run):
        from dashboard.runs.work import confirm_cancel

        confirm_cancel(run)

    app = show(confirm, {"run": run})
    checked(app.button[0].click().run())
    assert run.process.signals == [signal.SIGINT]
    assert progress_words(run) == (0.25, STOPPING)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (0, "The run was completed in 1 min 15 s."),
        (2, f"The run failed after 1 min 15 s: {verbatim(HOSTILE)}"),
        (STOPPED, "The run was stopped after 1 min 15 s. Finished rows are kept; the same command continues it:"),
    ],
)
def test_what_became_of_the_last_run_is_said_in_its_own_words(tmp_path, desk, code, line):
    run = put(desk, tmp_path, "before", HOSTILE, code=code)
    app = visit()
    assert line in said(app)
    assert app.get("progress") == []
    assert (run.request.command() in [entry.value for entry in app.code]) == (code == STOPPED)


def test_of_several_checkpoints_the_bar_names_which(tmp_path, desk):
    told = RunProgress("b", "predictions", 0, 24, 2, 0.0)
    run = put(desk, tmp_path, checkpoints=("a", "b"), progress=told)
    words = "b (checkpoint 2 of 2), step 1 of 3: texts predicted, 0 of 24, 2 not computable"
    assert progress_words(run) == (0.0, words)


def test_a_run_goes_on_by_itself_and_is_cancelled_by_an_interrupt(tmp_path):
    desk = RunDesk()
    run = desk.start(REQUEST, program=program(tmp_path))
    wait(lambda: run.progress() is not None and run.lines)
    assert run.running and not run.failed
    share, line = progress_words(run)
    assert share == 0.25
    assert line == (
        "tiny-nli, step 3 of 3: pairs compared, 3 of 12, 0.5 rows a second, about 18 s left of this step, "
        "1 not computable"
    )
    with pytest.raises(CctaError, match="A run is in progress"):
        desk.start(REQUEST, program=program(tmp_path))
    run.cancel()
    wait(lambda: not run.running and run.ended)
    assert run.process.returncode == STOPPED
    assert run.stopped and not run.failed
    assert run.lines[-1] == "Stopped at 3 of 12 pairs compared."


def test_a_run_that_fails_leaves_its_last_line(tmp_path):
    desk = RunDesk()
    run = desk.start(REQUEST, program=program(tmp_path, seconds=0, last="XNLI has no split.", code=2))
    wait(lambda: not run.running and run.ended)
    assert run.failed and not run.stopped
    assert run.lines[-1] == "XNLI has no split."
    assert desk.start(REQUEST, program=program(tmp_path, seconds=0)) is desk.last


def test_the_real_command_takes_what_the_form_gives(tmp_path, monkeypatch, place):
    """Every word that the page passes on is an option of `run`."""
    request = RunRequest("xnli", "nli", ("no-such-model",), ("en",), 2, 0, str(tmp_path / "s"), str(place / "data"))
    desk = RunDesk()
    run = desk.start(request)
    wait(lambda: not run.running and run.ended)
    assert run.process.returncode == 2
    assert run.lines[-1].startswith("Unknown model 'no-such-model'")


def test_who_started_a_run_may_cancel_it_and_others_see_it(tmp_path, desk, monkeypatch):
    told = RunProgress("tiny-nli-en", "pairs", 3, 12, 0, 6.0)
    put(desk, tmp_path, progress=told).owner = "another session"
    app = visit()
    assert "Cancel" not in labels(app)
    assert app.get("progress")
    assert any("someone else" in line for line in said(app))
    monkeypatch.setattr(run_process, "visitor", lambda: "another session")
    assert "Cancel" in labels(visit())


def test_a_run_of_an_account_is_cancelled_by_that_account_alone(tmp_path, desk, monkeypatch):
    run = put(desk, tmp_path)
    run.owner = "ada@example.org"
    monkeypatch.setattr(run_process, "login_rules", object)
    for who, may in (("ada@example.org", True), ("eve@example.org", False), ("a session", False)):
        monkeypatch.setattr(run_process, "visitor", lambda who=who: who)
        assert run_process.may_cancel(run) == may


def test_a_run_needs_an_account_where_the_operator_says_so(desk, monkeypatch):
    monkeypatch.setenv("CCTA_RUNS", "1000")
    assert "Start" in labels(visit())
    monkeypatch.setattr(runs_form, "lacks_login", lambda what: what == "runs")
    app = visit()
    assert "Start" not in labels(app) and "Time one row" not in labels(app)
    assert any("Log in to start a run on this server" in line for line in said(app))


def test_a_run_is_logged_when_it_ends(tmp_path, desk):
    ended = []
    run = desk.start(REQUEST, at_end=ended.append, program=program(tmp_path, seconds=0, code=2))
    wait(lambda: ended)
    assert ended == [run]
    assert run.outcome == "failed"


def test_the_end_says_what_came_out(place, tmp_path, desk):
    put(desk, tmp_path, code=0)
    app = visit()
    values = open_store(place / "store").read().grid()
    values = values[values["checkpoint"] == "tiny-nli-en"]
    mean = (values["consistency"] * values["n"]).sum() / values["n"].sum()
    assert any(
        f"{values['n'].sum()} pairs with a C, mean {mean:.3f}" in entry.value.replace("\\", "")
        for entry in app.markdown
    )
    assert "Open its results" in labels(app)


def test_an_empty_store_where_runs_are_on_points_to_the_form(tmp_path, desk, monkeypatch):
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "nothing_yet"))
    monkeypatch.setenv("CCTA_RUNS", "1000")
    app = visit()
    assert any("start a run with the form below" in line for line in said(app))
    assert "Time one row" in labels(app)


def test_the_cost_is_measured_by_the_command(tmp_path):
    path = tmp_path / "dry.py"
    path.write_text(
        "import sys; assert sys.argv[-1] == '--dry-run'; "
        "print('│ tiny │ pairs │ 3 │ 0 │ 3 │ 1 │ 2 s │ 0.1 MB │'); print('│ all │  │  │  │ 3 min 20 s │ 4.5 MB │')"
    )
    assert run_process.measured_cost(REQUEST, program=(sys.executable, str(path))) == "about 3 min 20 s, 4.5 MB"
    path.write_text("import sys; sys.exit('XNLI has no split.')")
    with pytest.raises(CctaError, match="XNLI has no split"):
        run_process.measured_cost(REQUEST, program=(sys.executable, str(path)))
