"""Data sets read from a folder laid out like the hub: parallel rows, labels, and what is said when they are not."""

import re

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.catalogue import DATASETS, dataset_for_task, get_dataset
from core.data.load import available_languages, choose_rows, load_parallel, load_rows
from core.errors import CctaError, DataError, LanguageError, OptionError
from core.results import Answer
from core.settings import get_task
from core.text.languages import LANGUAGES
from tests.world.sentences import HYPOTHESES, PREMISES, qa_columns, write_split, write_xnli


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder, with the cache of `datasets` beside it."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    return write_xnli(tmp_path / "data")


def refused(kind: type[CctaError], *arguments) -> str:
    with pytest.raises(kind) as caught:
        load_parallel(*arguments)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_rows_of_all_languages_are_parallel(data):
    rows = load_parallel("xnli", ["en", "zh"], "test", data)
    assert list(rows) == ["en", "zh"]
    assert rows["en"].rows == rows["zh"].rows == (0, 1, 2, 3)
    assert rows["zh"].texts[1] == (PREMISES["zh"][1], HYPOTHESES["zh"][1])
    assert rows["en"].labels == ("entailment", "contradiction", "entailment", "neutral")


def test_a_row_without_label_is_dropped_in_every_language(data):
    columns = {
        code: {"sentence1": ["a b", "c d", "e f"], "sentence2": ["b a", "d c", "f e"], "label": labels}
        for code, labels in {"en": [1, 0, 1], "de": [1, -1, 1]}.items()
    }
    write_split(data, "paws-x", "test", columns)
    rows = load_parallel("paws-x", ["en", "de"], "test", data)
    assert rows["en"].rows == rows["de"].rows == (0, 2)
    assert load_rows("paws-x", "en", "test", data).rows == (0, 1, 2)
    assert load_rows("paws-x", "de", "test", data).labels == ("paraphrase", "paraphrase")


def test_answers_are_slices_of_their_context(data):
    write_split(data, "squad-en", "train", {"en": qa_columns("en")})
    rows = load_rows("squad-en", "en", "train", data)
    (answer,) = rows.answers[1]
    assert answer == Answer("1889", rows.texts[1][1].index("1889"))
    assert rows.texts[1][1][answer.start :].startswith(answer.text)


def test_a_file_that_changed_is_read_anew(data):
    before = load_rows("xnli", "en", "test", data)
    changed = {"premise": PREMISES["en"], "hypothesis": HYPOTHESES["en"][::-1], "label": [0, 1, 2, 0]}
    write_split(data, "xnli", "test", {"en": changed})
    after = load_rows("xnli", "en", "test", data)
    assert [text[1] for text in after.texts] == HYPOTHESES["en"][::-1]
    assert after.fingerprint != before.fingerprint


def test_the_fingerprint_follows_the_content(data):
    rows = load_rows("xnli", "en", "test", data)
    assert rows.fingerprint == load_rows("xnli", "en", "validation", data).fingerprint
    assert rows.take([0, 1, 2, 3]).fingerprint == rows.fingerprint
    assert len({rows.fingerprint, rows.take([1, 0, 2, 3]).fingerprint, rows.take([0, 1]).fingerprint}) == 3


def test_missing_languages_and_columns_are_named_with_what_is_there(data):
    assert refused(LanguageError, "xnli", ["en", "ko"], "test", data).endswith("it has en es zh.")
    assert available_languages("xnli", data) == ["en", "es", "zh"]
    for path in (data / "xnli" / "es").iterdir():
        pq.write_table(pa.table({"premise": ["a"], "label": [0]}), path)
    assert "lacks the column hypothesis" in refused(DataError, "xnli", ["es"], "test", data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"premise": ["a"], "hypothesis": ["b"], "label": [0]}, "4 rows in en, 1 in es"),
        ({"premise": ["a"] * 4, "hypothesis": ["b"] * 4, "label": [0, 2, 1, 1]}, "row 2 has another label in es"),
        ({"premise": ["a"] * 4, "hypothesis": ["b"] * 4, "label": [0, 2, 0, 7]}, "row 3: the label '7'"),
    ],
)
def test_files_that_are_not_parallel_are_refused(data, change, said):
    pq.write_table(pa.table(change), data / "xnli" / "es" / "test.parquet")
    assert said in refused(DataError, "xnli", ["en", "es"], "test", data)


def test_questions_with_other_ids_are_not_parallel(tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "data"
    columns = {code: qa_columns(code) for code in ("en", "es")}
    columns["es"]["id"] = list(reversed(columns["es"]["id"]))
    write_split(folder, "xquad", "validation", columns)
    assert "another id in es than in en" in refused(DataError, "xquad", ["en", "es"], "validation", folder)


def test_what_cannot_be_read_is_one_line(data, tmp_path):
    (data / "xnli" / "es" / "test.parquet").write_bytes(b"PAR1 not a table")
    assert "cannot be read" in refused(DataError, "xnli", ["es"], "test", data)
    (data / "xnli" / "es" / "test.parquet").unlink()
    gone = refused(DataError, "xnli", ["es"], "train", data)
    assert re.search(r"es/test\.parquet'?\. Choose another split, or restore the file\.$", gone)
    assert "no split 'dev'" in refused(OptionError, "xnli", ["en"], "dev", data)
    assert "Unknown data set" in refused(OptionError, "snli", ["en"], "test", data)
    assert "no data set folder" in refused(DataError, "xquad", ["en"], "validation", data)
    # Tests have no network: the hub fails as it does for a user without one.
    assert "from the hub" in refused(DataError, "xnli", ["en"], "test", "hub")
    assert "language 'ko': use en ar bg" in refused(LanguageError, "xnli", ["ko"], "test", "hub")


def test_a_label_that_the_task_does_not_have_is_refused(data):
    pq.write_table(
        pa.table({"premise": ["a"], "hypothesis": ["b"], "label": [3]}), data / "xnli" / "es" / "test.parquet"
    )
    assert "row 0: the label '3'" in refused(DataError, "xnli", ["es"], "test", data)


def test_classes_are_those_that_the_data_name(data):
    """A data set may number its classes in another order than ours, or write their names."""
    names = ["contradiction", "entailment", "neutral"]
    label = datasets.ClassLabel(names=names)
    features = datasets.Features(dict.fromkeys(("premise", "hypothesis"), datasets.Value("string")) | {"label": label})
    columns = {"premise": ["a", "b", "c"], "hypothesis": ["d", "e", "f"]}
    path = data / "xnli" / "es" / "test.parquet"
    datasets.Dataset.from_dict(columns | {"label": [0, 1, 2]}, features=features).to_parquet(path)
    assert load_rows("xnli", "es", "test", data).labels == tuple(names)
    pq.write_table(pa.table(columns | {"label": names}), path)
    assert load_rows("xnli", "es", "test", data).labels == tuple(names)
    pq.write_table(pa.table(columns | {"label": [True, False, True]}), path)
    assert "row 0: the label 'True' is none of" in refused(DataError, "xnli", ["es"], "test", data)


def test_chosen_rows_follow_the_seed_alone():
    chosen = choose_rows(1000, 50, seed=3)
    assert chosen == choose_rows(1000, 50, seed=3) != choose_rows(1000, 50, seed=4)
    assert chosen == sorted(set(chosen))
    assert choose_rows(5, None, seed=0) == choose_rows(5, 9, seed=0) == [0, 1, 2, 3, 4]
    with pytest.raises(OptionError, match="takes no rows"):
        choose_rows(5, 0, seed=0)


def test_every_data_set_fits_its_task_and_known_languages():
    for spec in DATASETS.values():
        assert len(spec.columns) == len(get_task(spec.task).fields)
        assert set(spec.languages) <= set(LANGUAGES)
    assert dataset_for_task("paraphrase", "validation") == get_dataset("paws-x")
    assert [len(get_dataset(name).languages) for name in ("xnli", "paws-x", "xquad")] == [13, 6, 11]
