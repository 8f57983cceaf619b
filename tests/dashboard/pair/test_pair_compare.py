"""Two checkpoints side by side on the page "Translation pair", as Streamlit runs it, with tiny random checkpoints."""

import pytest

from core.consistency.translations import AnalysisKey
from core.errors import ModelError
from core.settings import TASKS
from dashboard.figures.numbers import decimal, signed
from dashboard.pair import job as pair_job
from dashboard.pair.actions import progress_line
from tests.world.pages import address, analysed, checked, flows, html, lines, linked, press, state, typed, visit, waited
from tests.world.sentences import ENGLISH, SPANISH
from tests.world.tiny import save_sibling, save_tiny, write_catalogue

NLI = TASKS["nli"].title
TEXTS = (ENGLISH, "the boat sailed on time", SPANISH, "el barco zarpó")


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory):
    """Folders of tiny checkpoints: two trainings of one model for each task, and one of another family."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for task in ("nli", "qa"):
        english = save_tiny(folder / f"{task}-en", "bert", task)
        save_sibling(folder / f"{task}-es", english, seed=1, train_language="es")
    save_tiny(folder / "nli-de", "xlm-roberta", "nli", seed=4)
    return folder


@pytest.fixture(autouse=True)
def _catalogue(checkpoints, tmp_path, monkeypatch, own_cache, bare_catalogue):
    """An operator's file with those checkpoints, and one whose folder holds no weights."""
    entries = [(path.name, *path.name.split("-"), path) for path in sorted(checkpoints.iterdir())]
    entries.append(("nli-none", "nli", "fr", tmp_path))
    models = [
        {
            "name": name,
            "title": f"tiny, {task.upper()}",
            "task": task,
            "family": "xlm-roberta" if language == "de" else "bert",
            "train_language": language,
            "location": folder,
        }
        for name, task, language, folder in entries
    ]
    monkeypatch.setenv("CCTA_CONFIG", str(write_catalogue(tmp_path / "catalogue.toml", models)))


def compared(*texts, first="nli-en", second="nli-es", task=NLI):
    app = waited(visit("translation_pair", task=task, model=first, cmp=second))
    return analysed(typed(app, *texts)) if texts else app


def both(app):
    return [report.analyses[0] for report in state(app).result.by_translation(0).values()]


def test_both_models_and_their_difference_are_shown():
    app = compared(*TEXTS)
    first, second = both(app)
    assert [found.model.name for found in (first, second)] == ["nli-en", "nli-es"]
    assert first.consistency != second.consistency
    shown = html(app)
    for value in (
        decimal(first.consistency),
        decimal(second.consistency),
        signed(first.consistency - second.consistency),
    ):
        assert f'<div class="c-num">{value}</div>' in shown
    assert "C, A: trained in English" in shown
    assert "C, B: trained in Spanish" in shown
    for analysis in (first, second):
        assert decimal(analysis.references.uniform) in shown
        assert decimal(analysis.references.shuffled_mean) in shown
    assert shown.count('class="pair"') == len(" ".join(TEXTS).split())
    assert shown.count("A: predicts ") == shown.count("B: predicts ") == 2
    assert [caption.value for caption in app.caption if "for both models" in caption.value]
    assert not app.error


def test_each_text_is_attributed_once_a_model(monkeypatch):
    calls = []
    real = pair_job.analyze_translations

    def counting(model, source, translations, settings, **options):
        calls.append((model.info.name, len(translations)))
        return real(model, source, translations, settings, **options)

    monkeypatch.setattr(pair_job, "analyze_translations", counting)
    compared()
    assert calls == [("nli-en", 1), ("nli-es", 1)]


def test_flow_matrix_and_tables_switch_in_place():
    app = compared(*TEXTS)
    first, second = both(app)

    def top():
        return flows(app)["Adds to C"].iloc[0]

    assert top() == pytest.approx(first.transport.flows()[0].contribution, abs=5e-4)
    app.segmented_control(key="shown-model").set_value("B")
    app = checked(app.run())
    assert top() == pytest.approx(second.transport.flows()[0].contribution, abs=5e-4)
    assert state(app).job is None


def test_the_table_of_all_tokens_holds_both_masses_and_their_difference():
    app = compared(*TEXTS)
    first, second = both(app)
    tables = [entry.value for entry in app.dataframe if "A − B" in entry.value.columns]
    assert len(tables) == 2
    assert tables[0]["Mass, A"].to_list() == pytest.approx(first.source.mass.tolist())
    assert tables[0]["Mass, B"].to_list() == pytest.approx(second.source.mass.tolist())
    assert tables[1]["A − B"].to_list() == pytest.approx((first.target.mass - second.target.mass).tolist())
    (settings,) = [entry.value for entry in app.dataframe if "Setting" in entry.value.columns]
    model = settings.set_index("Setting").loc["Model"]
    assert "nli-en" in model["A"]
    assert "nli-es" in model["B"]


def test_models_of_two_families_are_compared_by_words():
    app = compared(*TEXTS, second="nli-de")
    (source, _) = [entry.value for entry in app.dataframe if "A − B" in entry.value.columns]
    assert source["Word"].to_list() == " ".join(TEXTS[:2]).split()
    assert source["A − B"].sum() == pytest.approx(0, abs=1e-9)
    assert any("two spaces (nli-en and nli-de)" in line for line in lines(app))


def test_a_comparison_on_one_class_says_nothing_and_on_two_says_so():
    app = compared(*TEXTS)
    app.selectbox(key="pair-explain").set_value("neutral")
    app = analysed(checked(app.run()))
    assert {side.attribution.target.label for found in both(app) for side in (found.source, found.target)} == {
        "neutral"
    }
    assert not [line for line in lines(app) if "under Explain" in line]


@pytest.mark.parametrize(("first", "second"), [("nli-en", "nli-none"), ("nli-none", "nli-en")])
def test_a_model_that_fails_leaves_the_other(first, second):
    app = compared(first=first, second=second)
    (line,) = [entry.value for entry in app.error]
    assert line.startswith("nli-none: ")
    assert "\n" not in line
    assert state(app).result.models == ("nli-en",)
    assert html(app).count('class="c-num"') == 1
    assert "Transport matrix" in linked(app)["html"]


def test_two_models_that_fail_are_one_line_and_keep_the_previous_result(monkeypatch):
    def failing(*arguments, **options):
        raise ModelError("No model today.")

    app = compared()
    before = state(app).result
    monkeypatch.setattr(pair_job, "cached_model", failing)
    app = analysed(typed(app, *TEXTS))
    assert lines(app).count("No model today.") == 1
    assert state(app).result is before


def test_answers_are_compared_at_both_ends():
    app = compared(task=TASKS["qa"].title, first="qa-en", second="qa-es")
    assert html(app).count('class="c-num"') == 6
    end_of_b = state(app).result.analyses[AnalysisKey("qa-es", 0, "end")]
    app.segmented_control(key="pair-end").set_value("end")
    app = checked(app.run())
    tables = [entry.value for entry in app.dataframe if "A − B" in entry.value.columns]
    assert tables[0]["Mass, B"].to_list() == pytest.approx(end_of_b.source.mass.tolist())


def test_the_comparison_is_in_the_link_and_can_be_switched_off():
    app = compared(*TEXTS)
    link = address(app)
    assert link.keys() >= {"h", "cmp", "model", "task"}
    again = waited(visit("translation_pair", **link))
    assert state(again).result.models == ("nli-en", "nli-es")
    assert [area.value for area in again.text_area] == list(TEXTS)
    again.selectbox(key="pair-cmp").set_value("")
    again = checked(again.run())
    assert "Changed since the last analysis" in [caption.value for caption in again.caption]
    again = analysed(again)
    assert html(again).count('class="c-num"') == 1
    assert "cmp" not in again.query_params


def test_several_translations_have_a_grid_for_the_model_shown():
    app = compared(*TEXTS)
    press(app, "Add a translation")
    app = analysed(typed(app, *TEXTS[:2], "la tormenta", "el barco"))
    assert len(app.get("vega_lite_chart")) == 1
    result = state(app).result
    assert list(result.analyses) == [AnalysisKey(model, index) for model in ("nli-en", "nli-es") for index in range(2)]


def test_progress_names_the_model():
    from dashboard.service.jobs import Stage

    stage = Stage("attributing with e5-small-nli-es", 14, 40)
    assert progress_line(stage, 7.0) == "Attributing with e5-small-nli-es: 14 of 40 gradients, about 13 s left"
    seen = []
    pair_job._naming(lambda *progress: seen.append(progress), "nli-es")("attributing", 1, 2)
    assert seen == [("attributing with nli-es", 1, 2)]
