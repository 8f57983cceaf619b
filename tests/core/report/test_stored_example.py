"""A stored example rebuilt: the same masses, plan and C as when it was computed, and a line where that cannot be."""

from dataclasses import replace

import numpy as np
import pytest

from core.cli.app import run
from core.consistency.pair import TextInput, analyze_pair
from core.data.load import load_rows
from core.data.local import local_rows
from core.data.uploads import Uploaded, keep_files
from core.errors import DataError, StoreError
from core.paths import uploads_folder
from core.report.stored_example import read_example, rebuild, scored_sides, settings_of, stored_flow
from core.runs import jobs as jobs_module
from core.settings import Settings
from core.store import FlowRecord, open_store
from core.store.export import export
from tests.world.runs import QUICK
from tests.world.sentences import HYPOTHESES, PREMISES, qa_columns, write_split, write_xnli


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("stored")


@pytest.fixture(scope="module")
def data(place):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datasets.config.HF_DATASETS_CACHE", place / "hf")
        write_split(place / "data", "xquad", "validation", {code: qa_columns(code) for code in ("en", "es")})
        yield write_xnli(place / "data", splits=["test"], copies=1)


@pytest.fixture(scope="module")
def store(place, data, tiny_folder):
    """A run of NLI and one of questions, by tiny models."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCTA_CACHE", str(place / "cache"))
        jobs_module.load.cache_clear()
        for dataset, task in (("xnli", "nli"), ("xquad", "qa")):
            words = ["--dataset", dataset, "--model", tiny_folder("bert", task), "--data", data, "--languages", "en,es"]
            assert run([str(word) for word in ["run", *words, "--store", place / "store", *QUICK]]) == 0
        jobs_module.load.cache_clear()
    return open_store(place / "store")


@pytest.fixture
def reader(store, monkeypatch, place):
    monkeypatch.setenv("CCTA_CACHE", str(place / "cache"))
    return store.read()


@pytest.fixture
def bare(store, reader, tmp_path):
    """The reader of an export without text."""
    export(store, open_store(tmp_path / "out", create=True), scores_only=True)
    return open_store(tmp_path / "out").read()


def run_of(reader, dataset):
    return next(name for name, manifest in reader.runs.items() if manifest.identity.dataset == dataset)


def texts(row):
    return {code: (PREMISES[code][row], HYPOTHESES[code][row]) for code in ("en", "es")}


def test_a_rebuilt_pair_is_the_pair_that_was_computed(reader, tiny_model):
    model = tiny_model("bert", "nli")
    example = read_example(reader, run_of(reader, "xnli"), 1, "en", "es")
    (found,) = rebuild(example, model, texts(1))
    sides = [TextInput(code, texts(1)[code]) for code in ("en", "es")]
    settings = Settings(task="nli", steps=8, permutations=5, space="static")
    (live,) = analyze_pair(model, *sides, settings).analyses
    assert settings_of(example.identity) == settings
    np.testing.assert_allclose(found.source.mass, live.source.mass, atol=1e-5)
    np.testing.assert_allclose(found.target.mass, live.target.mass, atol=1e-5)
    assert found.consistency == pytest.approx(live.consistency, abs=1e-5)
    assert found.references.uniform == pytest.approx(live.references.uniform, abs=1e-6)
    assert [unit.text for unit in found.source.units] == [unit.text for unit in live.source.units]
    assert found.source.prediction == pytest.approx(live.source.prediction, abs=1e-5)


def test_both_ends_of_an_answer_are_rebuilt(reader, data, tiny_model):
    example = read_example(reader, run_of(reader, "xquad"), 0, "en", "es")
    rows = {code: load_rows("xquad", code, "validation", data).texts[0] for code in ("en", "es")}
    analyses = rebuild(example, tiny_model("bert", "qa"), rows)
    assert [analysis.end for analysis in analyses] == ["start", "end"]
    for analysis, pair in zip(analyses, example.pairs, strict=True):
        assert analysis.consistency == pytest.approx(pair.consistency, abs=1e-6)


@pytest.mark.parametrize("longer", [True, False])
def test_another_text_is_refused(reader, tiny_model, longer):
    example = read_example(reader, run_of(reader, "xnli"), 1, "en", "es")
    other = texts(1) | {"es": ("el barco", "llegó") if not longer else (PREMISES["es"][1] + " y más", "llegó tarde")}
    with pytest.raises(StoreError, match="The Spanish text of row 1 is not the one that was scored"):
        rebuild(example, tiny_model("bert", "nli"), other)


def test_a_consistency_that_does_not_come_out_again_is_refused(reader, tiny_model):
    example = read_example(reader, run_of(reader, "xnli"), 1, "en", "es")
    wrong = replace(example, pairs=(replace(example.pairs[0], consistency=0.123),))
    with pytest.raises(StoreError, match=r"and 0\.123 as stored"):
        rebuild(wrong, tiny_model("bert", "nli"), texts(1))


def test_without_a_model_the_text_is_cut_by_the_stored_spans(reader, tiny_model):
    example = read_example(reader, run_of(reader, "xnli"), 2, "en", "es")
    ((source, target),) = scored_sides(example, texts(2))
    (whole,) = rebuild(example, tiny_model("bert", "nli"), texts(2))
    for cut, full in ((source, whole.source), (target, whole.target)):
        assert [unit.text for unit in cut.units] == [unit.text for unit in full.units]
        assert [word.text for word in cut.text.words] == [word.text for word in full.text.words]
        np.testing.assert_array_equal(cut.mass, full.mass)
    with pytest.raises(StoreError, match="shorter than the one that was scored"):
        scored_sides(example, texts(2) | {"en": ("it", "was")})


def test_without_text_scores_and_masses_remain(reader):
    example = read_example(reader, run_of(reader, "xnli"), 2, "en", "es")
    ((source, _),) = scored_sides(example, None)
    ((named, _),) = scored_sides(example, texts(2))
    np.testing.assert_array_equal(source.mass, named.mass)
    assert {unit.text for unit in source.units} == {""}


@pytest.mark.parametrize(("dataset", "row"), [("xnli", 2), ("xquad", 0)])
def test_stored_flows_are_those_that_are_solved_again(bare, data, tiny_model, dataset, row):
    example = read_example(bare, run_of(bare, dataset), row, "en", "es")
    split, task = ("test", "nli") if dataset == "xnli" else ("validation", "qa")
    known = {code: load_rows(dataset, code, split, data).texts[row] for code in ("en", "es")}
    solved = rebuild(example, tiny_model("bert", task), known)
    for at, (analysis, sides) in enumerate(zip(solved, scored_sides(example, None), strict=True)):
        kept = stored_flow(example, sides, at)
        flows = analysis.transport.plan > 0
        np.testing.assert_allclose(kept.transport.plan, analysis.transport.plan, rtol=2**-11, atol=0)
        np.testing.assert_allclose(kept.transport.similarity[flows], analysis.transport.similarity[flows], rtol=2**-11)
        np.testing.assert_array_equal(kept.transport.source_mass, analysis.source.mass)
        assert kept.consistency == pytest.approx(example.pairs[at].consistency, rel=2**-11)
        assert kept.references == analysis.references
        assert (kept.end, kept.settings, kept.model.name) == (analysis.end, analysis.settings, analysis.model.name)


def test_flows_of_other_tokens_or_another_run_are_refused(reader):
    example = read_example(reader, run_of(reader, "xnli"), 2, "en", "es")
    (sides,) = scored_sides(example, None)
    far = replace(example.flows[""], source_units=(10_000, *example.flows[""].source_units[1:]))
    with pytest.raises(StoreError, match="The flows of row 2 are of other tokens than its scores"):
        stored_flow(replace(example, flows={"": far}), sides, 0)
    thin = replace(example.flows[""], masses=tuple(mass / 2 for mass in example.flows[""].masses))
    with pytest.raises(StoreError, match="the stored flows are of another run"):
        stored_flow(replace(example, flows={"": thin}), sides, 0)
    # A store from before flows were kept, and a pair whose flows could not be computed.
    failed = replace(example, flows={"": FlowRecord(2, problem="TransportError")})
    assert stored_flow(replace(example, flows={}), sides, 0) is None
    assert stored_flow(failed, sides, 0) is None


def test_an_export_without_text_is_rebuilt_just_the_same(reader, bare, tiny_model):
    run = run_of(reader, "xnli")
    (found,) = rebuild(read_example(bare, run, 0, "en", "es"), tiny_model("bert", "nli"), texts(0))
    (same,) = rebuild(read_example(reader, run, 0, "en", "es"), tiny_model("bert", "nli"), texts(0))
    np.testing.assert_array_equal(found.transport.plan, same.transport.plan)


def test_a_pair_that_was_not_compared_is_one_line(reader):
    with pytest.raises(StoreError, match="Row 77 was not compared in en and es"):
        read_example(reader, run_of(reader, "xnli"), 77, "en", "es")


def test_text_is_taken_from_the_data_the_run_was_computed_on(reader, data, monkeypatch, tmp_path):
    identity = reader.runs[run_of(reader, "xnli")].identity
    monkeypatch.setenv("CCTA_DATA", str(data))
    assert local_rows(identity, "es").texts[1] == texts(1)["es"]
    with pytest.raises(DataError, match="not the data of this run"):
        local_rows(replace(identity, data_fingerprint="another"), "es")
    monkeypatch.setenv("CCTA_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"XNLI is not on this computer.*set CCTA_DATA"):
        local_rows(identity, "es")


def test_a_dropped_file_is_found_again_by_its_fingerprint(own_cache, reader):
    kept = keep_files([Uploaded("../pairs.csv", b"en,es\nthe road is closed,la carretera\n")]).path
    assert kept.parent.parent == uploads_folder()
    identity = replace(
        reader.runs[run_of(reader, "xnli")].identity, dataset="pairs", split="file", data_fingerprint=kept.parent.name
    )
    assert local_rows(identity, "es").texts == (("la carretera",),)
    with pytest.raises(DataError, match=r"^bad\.csv "):
        keep_files([Uploaded("bad.csv", b"nothing\n")])
    assert {path.name for path in uploads_folder().iterdir()} == {kept.parent.name}
    with pytest.raises(DataError, match=r"pairs is not on this computer.* `python -m core run`"):
        local_rows(replace(identity, data_fingerprint="gone"), "es")
