"""Text that was stored as tokens, written as people write it."""

from dataclasses import replace

import pytest

from core.data.load import load_rows
from core.data.written import as_written, join_tokens
from tests.world.sentences import PREMISES, write_split


@pytest.mark.parametrize(
    ("language", "tokens", "written"),
    [
        ("en", "We do n't know ( yet ) , he said .", "We don't know (yet), he said."),
        ("en", "Anna ' s boat was late , was n't it ?", "Anna's boat was late, wasn't it?"),
        ("en", "She said ' hello ' to the boys ' dog", "She said 'hello' to the boys' dog"),
        ("de", 'Er sagte : " Das Boot fährt ab " .', 'Er sagte: "Das Boot fährt ab".'),
        ("fr", "L' équipage n' a pas dormi .", "L'équipage n'a pas dormi."),
        ("tr", "Ayşe ' nin teknesi İzmir ' den geldi .", "Ayşe'nin teknesi İzmir'den geldi."),
        ("ar", "وصل القارب ( بعد يوم واحد ) .", "وصل القارب (بعد يوم واحد)."),
        ("ar", "قال ان القارب وصل , و عاد .", "قال إن القارب وصل، وعاد."),
        ("zh", "船准时启航.", "船准时启航."),
    ],
)
def test_tokens_are_joined_as_the_language_is_written(language, tokens, written):
    assert join_tokens(tokens, language) == written


@pytest.mark.parametrize("language", ["en", "es", "tr", "zh"])
def test_written_text_stays_as_it_is(language):
    for text in PREMISES.get(language, ["Ayşe'nin teknesi geldi, değil mi?", "Tekne zamanında kalktı."]):
        assert join_tokens(text, language) == text


def test_rows_keep_their_labels_and_answers_are_not_moved(tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    columns = {"premise": ["it is n't late ."], "hypothesis": ["( it is early )"], "label": [1]}
    write_split(tmp_path, "xnli", "train", {"en": columns})
    rows = load_rows("xnli", "en", "train", tmp_path)
    written = as_written(rows)
    assert written.texts == (("it isn't late.", "(it is early)"),)
    assert replace(written, texts=rows.texts) == rows
    with pytest.raises(ValueError, match="positions"):
        as_written(replace(rows, task="qa"))
