"""`python -m core run`: which run a command continues, its plan, and what it refuses."""

import shutil

import numpy as np
import pytest

from core.cli.app import run
from core.data.load import load_parallel, load_rows
from core.models.loader import load_model
from core.runs.data import load_run_data
from core.spaces.base import find_space_model
from core.spaces.maps import SpaceMaps, learned_folder, maps_file, save_maps
from core.spaces.sources import StaticSource
from core.store import open_store
from core.store.check import check
from tests.world.runs import content, other_texts
from tests.world.sentences import write_split

pytestmark = pytest.mark.usefixtures("run_cache")


def test_a_run_does_not_go_on_with_other_texts_in_one_language(command, data, tmp_path, capsys):
    assert run(command("store", "--limit", "4", languages="en,es")) == 0
    before = content(tmp_path / "store")
    other_texts(data, "es", hypothesis=["Todo es otra cosa."] * 12)
    assert run(command("store", "--limit", "6")) == 1
    assert "computed on other texts in es" in capsys.readouterr().err.strip().splitlines()[-1]
    assert content(tmp_path / "store") == before
    assert run(command("store", "--limit", "6", languages="en,zh")) == 0


def test_scores_are_not_compared_as_those_of_other_texts_when_the_manifest_is_lost(command, data, tmp_path, capsys):
    assert run(command("store", "--limit", "4", languages="en,es")) == 0
    texts = load_parallel("xnli", ["es"], "test", data)["es"].texts
    for changed, same_spans in (("Todo es otra cosa.", False), (None, True)):
        for file in [*(tmp_path / "store").glob("*/manifest.json"), *(tmp_path / "store").glob("*/pairs/*.parquet")]:
            file.unlink()
        # The same letters in the other case lie in the same places.
        other = [changed or second.swapcase() for _, second in texts]
        other_texts(data, "es", hypothesis=other)
        capsys.readouterr()
        assert run(command("store", "--limit", "4", languages="en,es")) == 1, same_spans
        last = capsys.readouterr().err.strip().splitlines()[-1]
        assert "is not the one that was scored" in last and "The Spanish text of row" in last


def test_a_run_does_not_go_on_with_other_rows(command, data, tmp_path, capsys):
    assert run(command("store", "--limit", "4", languages="en,es")) == 0
    other_texts(data, "zh", label=[0, 2, -1, 1] * 3)
    assert run(command("store", "--limit", "4", languages="en,es")) == 1
    assert "computed on other texts in en es" in capsys.readouterr().err.strip().splitlines()[-1]


def test_a_language_without_the_split_matters_only_where_it_is_asked_for(command, data, capsys):
    (data / "xnli" / "zh" / "test.parquet").rename(data / "xnli" / "zh" / "validation.parquet")
    write_split(data, "xnli", "validation", {})
    assert load_run_data("xnli", "en,es", "test", data, limit=2, seed=0).languages == ("en", "es")
    assert load_run_data("xnli", "all", "test", data, limit=2, seed=0).languages == ("en", "es")
    assert run(command("store", languages="en,zh")) == 2
    assert "(zh) cannot be read" in capsys.readouterr().err.strip().splitlines()[-1]


def test_data_without_english_are_named_by_another_language(data):
    shutil.rmtree(data / "xnli" / "en")
    write_split(data, "xnli", "test", {})
    found = load_run_data("xnli", "zh", "test", data, limit=2, seed=0)
    assert found.fingerprint == load_rows("xnli", "es", "test", data).fingerprint


def test_maps_of_ones_own_are_another_run(command, tiny_folder, tmp_path, monkeypatch):
    more = ["--limit", "2", "--space", "static"]
    assert run(command("store", *more)) == 0
    model = load_model(tiny_folder("bert", "nli"))
    base, embed = find_space_model(model), model.module.get_input_embeddings().weight.shape[1]
    known = {"revision": base.revision, "pooling": StaticSource.pooling}
    mean = np.full(embed, 0.01, dtype=np.float32)
    save_maps(maps_file(learned_folder(), base.name, "static", "token"), SpaceMaps({"en": mean}, {}, known))
    assert run(command("store", *more)) == 0
    first, second = open_store(tmp_path / "store").read().runs.values()
    assert [("maps" in one.identity.settings) for one in (first, second)].count(True) == 1
    assert run(command("store", *more, "--no-centred", "--no-procrustes")) == 0
    assert sum("maps" in one.identity.settings for one in open_store(tmp_path / "store").read().runs.values()) == 1


def test_a_dry_run_counts_what_is_left_and_writes_nothing(command, tmp_path, capsys):
    assert run(command("store", "--dry-run", "--pair-workers", "3")) == 0
    planned = capsys.readouterr().out
    assert "With 1 workers on cpu and 3 for pairs" in planned
    assert "xnli test" in planned.lower() and "36" in planned
    assert not (tmp_path / "store").exists()
    assert run(command("store", "--limit", "4")) == 0
    before = content(tmp_path / "store")
    capsys.readouterr()
    assert run(command("store", "--dry-run")) == 0
    lines = [line.split("│") for line in capsys.readouterr().out.splitlines() if "│" in line]
    cells = {line[2].strip(): [cell.strip() for cell in line[3:6]] for line in lines if len(line) > 5}
    assert {kind: cells[kind] for kind in ("predictions", "attributions", "pairs")} == {
        kind: ["36", "12", "24"] for kind in ("predictions", "attributions", "pairs")
    }
    assert content(tmp_path / "store") == before


def test_other_settings_are_another_run_and_said_so(command, tmp_path, capsys):
    assert run(command("store", "--limit", "2")) == 0
    assert run(command("store", "--limit", "2", "--mass", "positive")) == 0
    assert "mass abs, here positive" in capsys.readouterr().err
    assert len(open_store(tmp_path / "store").read().runs) == 2


def test_a_run_goes_on_after_one_with_other_settings_as_if_that_were_not_there(command, attributed, tmp_path, capsys):
    assert run(command("whole")) == 0
    assert run(command("store", "--limit", "4")) == 0
    assert run(command("store", "--limit", "4", "--mass", "positive")) == 0
    # The mass rule changes no attribution: those of the four rows are taken from the store.
    assert sum(attributed.values()) == 36 + 12
    capsys.readouterr()
    assert run(command("store")) == 0
    (said,) = [line for line in capsys.readouterr().err.splitlines() if "other settings" in line]
    assert "(mass positive, here abs): both are kept" in said
    assert sum(attributed.values()) == 36 + 12 + 24
    whole, both = (check(open_store(tmp_path / name)).runs for name in ("whole", "store"))
    assert len(both) == 2
    assert whole.items() <= both.items()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--languages", "en,ko"], "no language 'ko'"),
        (["--languages", "tlh"], "Unknown language"),
        (["--limit", "0"], "takes no rows"),
        (["--dataset", "xquad"], "no data set folder"),
        (["--model", "nobody"], "Unknown model"),
        (["--explain", "maybe"], "Choose one of source, own, gold, entailment"),
        (["--pairs", "some"], "Choose one of train, all"),
        (["--engine", "slurm"], "Choose one of local, ray"),
        (["--workers", "0"], "--workers 0 computes nothing"),
        (["--pair-workers", "0"], "--pair-workers 0 computes nothing"),
        (["--dataset", "nowhere.csv"], "cannot be read"),
    ],
)
def test_bad_input_is_one_line(command, capsys, more, said):
    assert run([*command("store"), *more]) == 2
    assert said in capsys.readouterr().err.strip().splitlines()[-1]


def test_a_model_without_the_head_is_refused(command, tiny_folder, tmp_path, capsys):
    assert run(command("store", model=tiny_folder("bert", "meaning"))) == 2
    assert "no classification head" in capsys.readouterr().err
    assert not (tmp_path / "store").exists()


def test_a_store_that_cannot_be_written_is_one_line(command, tmp_path, capsys):
    (tmp_path / "store").write_text("a file, not a folder")
    assert run(command("store", "--limit", "2")) == 2
    assert "is a file" in capsys.readouterr().err.strip().splitlines()[-1]
