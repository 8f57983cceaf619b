"""Learning means and rotations from a lexicon, and the maps that ship."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import DataError, OptionError
from core.models.loader import load_model
from core.paths import ASSETS
from core.settings import Settings
from core.spaces import open_space
from core.spaces.align import align_space, format_report, procrustes, write_maps
from core.spaces.base import find_space_model
from core.spaces.lexicon import read_pairs, split_pairs
from core.spaces.maps import find_maps, learned_folder, maps_file, read_maps
from core.spaces.sources import IsolatedSource, StaticSource
from core.text.languages import PAPER_LANGUAGES
from tests.world.tiny import save_tiny

SHIPPED = [(space, level) for space in ("isolated", "static") for level in ("token", "word")]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CCTA_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(str(save_tiny(tmp_path_factory.mktemp("tiny") / "encoder", "xlm-roberta")), device="cpu")


def write_lexicon(folder, pairs, columns=("source", "target")):
    path = folder / "en-es" / "train.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table(dict(zip(columns, zip(*pairs, strict=True), strict=True))), path)
    return folder


@pytest.fixture
def lexicon(model, tmp_path):
    """Every one-piece word of the tiny vocabulary paired with another one."""
    base = find_space_model(model)
    words = sorted(
        {piece.strip("▁") for piece in model.tokenizer.get_vocab()} - {"", *model.tokenizer.all_special_tokens}
    )
    words = [word for word in words if len(one_piece(base, word)) == 1]
    return write_lexicon(tmp_path / "lexicon", list(zip(words, words[1:] + words[:1], strict=True)))


def one_piece(base, word):
    """Return a word's pieces without SentencePiece's bare space."""
    pieces = base.word_pieces(word, "en")
    bare = base.checkpoint.tokenizer.convert_tokens_to_ids("▁")
    return pieces[1:] if pieces[0] == bare else pieces


def test_procrustes_recovers_a_planted_rotation():
    rng = np.random.default_rng(0)
    planted = np.linalg.qr(rng.normal(size=(20, 20)))[0]
    foreign = rng.normal(size=(200, 20)) * rng.uniform(0.5, 2.0, size=(200, 1))
    rotation = procrustes(foreign, foreign @ planted * 3.0)
    np.testing.assert_allclose(rotation, planted, atol=1e-12)


def test_procrustes_is_orthogonal_and_no_orthogonal_map_is_better():
    rng = np.random.default_rng(0)
    foreign, english = rng.normal(size=(2, 100, 8))
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (foreign, english)]
    rotation = procrustes(foreign, english)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(8), atol=1e-12)
    best = np.linalg.norm(unit[0] @ rotation - unit[1])
    for _ in range(50):
        other = np.linalg.qr(rng.normal(size=(8, 8)))[0]
        assert np.linalg.norm(unit[0] @ other - unit[1]) >= best


def test_a_pull_keeps_the_map_orthogonal_and_nearer_to_staying_put():
    rng = np.random.default_rng(0)
    foreign, english = rng.normal(size=(2, 100, 8))
    maps = [procrustes(foreign, english, pull=pull) for pull in (0.0, 0.4, 1000.0)]
    distances = [np.linalg.norm(rotation - np.eye(8)) for rotation in maps]
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] < 1e-2
    for rotation in maps:
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(8), atol=1e-12)


def test_no_held_out_word_is_learned_from():
    rng = np.random.default_rng(0)
    pairs = {
        language: list(dict.fromkeys(((int(a),), (int(b),)) for a, b in rng.integers(0, 400, (900, 2))))
        for language in ("es", "ru")
    }
    splits = split_pairs(pairs, 500, seed=3)
    learned = {english for split in splits.values() for english, _ in split.train}
    for split in splits.values():
        assert split.train and split.test
        assert len(split.train) <= 500
        assert not {english for english, _ in split.test} & learned
        assert not {foreign for _, foreign in split.test} & {foreign for _, foreign in split.train}
    assert splits == split_pairs(pairs, 500, seed=3)
    assert splits != split_pairs(pairs, 500, seed=4)


@pytest.mark.parametrize("space", ["isolated", "static"])
@pytest.mark.parametrize("level", ["token", "word"])
def test_learned_maps_are_written_found_and_applied(model, lexicon, space, level):
    report = align_space(model, space=space, level=level, lexicon=lexicon, languages=["en", "es"])
    path = write_maps(report, learned_folder())
    assert path == maps_file(learned_folder(), "encoder", space, level)
    rotation = report.maps.rotations["es"]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(32), atol=1e-10)
    record = open_space(model, Settings(space=space, level=level)).describe(["en", "es"])
    assert (record["centring"], record["procrustes"]) == ("language", "es")
    stored = read_maps(path).metadata
    assert stored["languages"]["es"]["n_pairs"] == report.languages["es"].n_pairs
    assert stored["lexicon"] == "lexicon"
    assert "es" in format_report(report)


def test_the_mean_of_the_centred_lexicon_words_is_zero(model, lexicon):
    report = align_space(model, space="static", level="token", lexicon=lexicon, languages=["es"])
    base = find_space_model(model)
    split = split_pairs({"es": read_pairs(base, lexicon, "es", "token")}, 5000, 0)["es"]
    for language, side in (("en", 0), ("es", 1)):
        words = sorted({pair[side] for pair in split.train})
        vectors = StaticSource(base, "token").of_pieces(words, language)
        np.testing.assert_allclose((vectors - report.maps.means[language]).mean(0), 0.0, atol=1e-12)


def test_equal_seeds_give_equal_maps(model, lexicon, tmp_path):
    paths = []
    for name in ("one", "two"):
        report = align_space(model, space="isolated", level="token", lexicon=lexicon, languages=["es"], seed=5)
        paths.append(write_maps(report, tmp_path / name))
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_rotated_language_is_brought_back(model, lexicon, monkeypatch):
    """Translations whose vectors are a rotation of each other: P@1 is 1 after the map and not before."""
    rng = np.random.default_rng(0)
    planted = np.linalg.qr(rng.normal(size=(32, 32)))[0]
    vectors = rng.normal(size=(1000, 32))
    words = [f"w{number}" for number in range(600)]
    path = write_lexicon(lexicon / "planted", [(word, word + "x") for word in words])
    monkeypatch.setattr(
        "core.spaces.base.SpaceModel.word_pieces", lambda self, word, language: (int(word.strip("wx")), len(word))
    )
    monkeypatch.setattr(
        StaticSource,
        "of_pieces",
        lambda self, pieces, language: (
            vectors[[p[0] for p in pieces]] @ (planted if language == "es" else np.eye(32)) + (language == "es")
        ),
    )
    report = align_space(model, space="static", level="word", lexicon=path, languages=["es"], pull=0.0)
    precision = report.languages["es"].precision
    assert precision.procrustes == 1.0
    assert precision.raw < 0.2
    np.testing.assert_allclose(report.maps.rotations["es"], planted.T, atol=0.05)


def test_what_cannot_be_learned_is_a_typed_error(model, lexicon, tmp_path):
    def align(**changes):
        choices = {"space": "static", "level": "token", "lexicon": lexicon, "languages": ["es"]} | changes
        return align_space(model, **choices)

    with pytest.raises(OptionError, match="contextual"):
        align(space="contextual")
    with pytest.raises(DataError, match="en-ru"):
        align(languages=["ru"])
    wrong = write_lexicon(tmp_path / "wrong", [("a", "b")], columns=("left", "right"))
    with pytest.raises(DataError, match="columns"):
        align(lexicon=wrong)
    small = write_lexicon(tmp_path / "small", [("the", "boat"), ("storm", "el")])
    with pytest.raises(DataError, match="larger lexicon"):
        align(lexicon=small)


@pytest.mark.parametrize(("space", "level"), SHIPPED)
def test_shipped_maps_cover_the_paper_and_are_orthogonal(space, level):
    maps = read_maps(maps_file(ASSETS / "spaces", "multilingual-e5-small", space, level))
    assert set(maps.means) == set(PAPER_LANGUAGES)
    assert set(maps.rotations) == set(PAPER_LANGUAGES) - {"en"}
    for rotation in maps.rotations.values():
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(384), atol=2e-3)
    assert set(maps.metadata["languages"]) == set(maps.rotations)
    source = {"isolated": IsolatedSource, "static": StaticSource}[space]
    revision = maps.metadata["revision"]
    assert revision.startswith("sha256:")
    assert find_maps("multilingual-e5-small", revision, space, level, source.pooling) is maps
    json.dumps(dict(maps.metadata))
