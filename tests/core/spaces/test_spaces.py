"""The shared spaces: context-free vectors, centring, rotation, and what the record says."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import DataError, SpaceError
from core.models.loader import load_model
from core.results import Unit
from core.settings import Settings
from core.spaces import open_space
from core.spaces.base import find_space_model
from core.spaces.maps import SpaceMaps, learned_folder, maps_file, save_maps
from core.spaces.sources import IsolatedSource, StaticSource, sample_pieces
from core.text.tokenization import tokenize
from tests.world.tiny import FAMILIES, save_tiny

RAW = Settings(centred=False, procrustes=False)
FIRST, SECOND = "the boat sailed on time", "the storm cancelled the boat"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CCTA_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("tiny")
    return {family: save_tiny(root / family, family) for family in FAMILIES}


@pytest.fixture(scope="module")
def models(folders):
    return {family: load_model(str(folder), device="cpu") for family, folder in folders.items()}


@pytest.fixture
def model(models):
    return models["xlm-roberta"]


def read(model, text, level="token", language="en"):
    """Return a text and its units."""
    text = tokenize(model, "meaning", language, [text])
    if level == "token":
        units = [
            Unit(t.text, t.start, t.end, t.field, t.word, (i,)) for i, t in enumerate(text.tokens) if not t.special
        ]
        return text, units
    members = [tuple(i for i, t in enumerate(text.tokens) if t.word == word) for word in range(len(text.words))]
    return text, [
        Unit(w.text, w.start, w.end, w.field, i, m) for i, (w, m) in enumerate(zip(text.words, members, strict=True))
    ]


def shared_pieces(first, second):
    """Return (i, j) of the units of two texts that are the same piece."""
    (text, units), (other, others) = first, second
    ids = [text.input_ids[unit.tokens[0]] for unit in units]
    other_ids = [other.input_ids[unit.tokens[0]] for unit in others]
    pairs = [(i, other_ids.index(piece)) for i, piece in enumerate(ids) if piece in other_ids]
    assert len(pairs) >= 3
    return pairs


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("space", ["isolated", "static"])
def test_a_piece_has_one_vector_in_every_sentence(models, family, space):
    first, second = read(models[family], FIRST), read(models[family], SECOND)
    shared = open_space(models[family], RAW.with_changes(space=space))
    vectors, others = shared.vectors(*first), shared.vectors(*second)
    assert vectors.shape == (len(first[1]), 32)
    assert vectors.dtype == np.float64
    for i, j in shared_pieces(first, second):
        np.testing.assert_array_equal(vectors[i], others[j])


@pytest.mark.parametrize("family", FAMILIES)
def test_contextual_vectors_depend_on_the_sentence_and_say_so(models, family):
    first, second = read(models[family], FIRST), read(models[family], SECOND)
    shared = open_space(models[family], RAW.with_changes(space="contextual"))
    vectors, others = shared.vectors(*first), shared.vectors(*second)
    for i, j in shared_pieces(first, second):
        assert np.abs(vectors[i] - others[j]).max() > 1e-3
    assert "breaks the paper's definition" in shared.describe(["en"])["note"]


def test_isolated_is_the_mean_hidden_state_between_the_specials(model):
    text, units = read(model, FIRST)
    piece = text.input_ids[units[0].tokens[0]]
    ids = torch.tensor([[model.tokenizer.cls_token_id, piece, model.tokenizer.sep_token_id]])
    expected = model.module(input_ids=ids).last_hidden_state[0, 1].double().numpy()
    np.testing.assert_allclose(open_space(model, RAW).vectors(text, units)[0], expected, atol=1e-6)


def test_a_vector_does_not_depend_on_what_is_computed_beside_it(model):
    space_model = find_space_model(model)
    pieces = [(piece,) for piece in sample_pieces(space_model)[:20]]

    def alone(order):
        from core.spaces.table import VectorTable

        return IsolatedSource(space_model, "token", VectorTable(None)).of_pieces(order, "en")

    np.testing.assert_array_equal(alone(pieces), alone(pieces[::-1])[::-1])


def test_xlm_has_one_vector_per_language(models):
    model = models["xlm"]
    shared = open_space(model, RAW)
    english = shared.vectors(*read(model, "boat"))
    spanish = shared.vectors(*read(model, "boat", language="es"))
    assert np.abs(english - spanish).max() > 1e-3


def test_a_word_is_read_alone_with_all_its_pieces(model):
    text, units = read(model, FIRST, "word")
    isolated = open_space(model, RAW.with_changes(level="word")).vectors(text, units)
    static = open_space(model, RAW.with_changes(level="word", space="static")).vectors(text, units)
    assert isolated.shape == static.shape == (5, 32)
    word = max(range(5), key=lambda i: len(units[i].tokens))
    pieces = find_space_model(model).word_pieces(units[word].text, "en")
    assert len(pieces) > 1
    rows = model.embedding.weight[list(pieces)].double().numpy()
    np.testing.assert_allclose(static[word], rows.mean(0), atol=1e-12)
    ids = torch.tensor([[model.tokenizer.cls_token_id, *pieces, model.tokenizer.sep_token_id]])
    expected = model.module(input_ids=ids).last_hidden_state[0, 1:-1].mean(0).double().numpy()
    np.testing.assert_allclose(isolated[word], expected, atol=1e-6)


def test_contextual_words_are_means_over_their_pieces(model):
    settings = RAW.with_changes(space="contextual")
    text, words = read(model, FIRST, "word")
    tokens = open_space(model, settings).vectors(text, read(model, FIRST)[1])
    by_word = open_space(model, settings.with_changes(level="word")).vectors(text, words)
    first = min(unit.tokens[0] for unit in words)
    for vector, unit in zip(by_word, words, strict=True):
        np.testing.assert_allclose(vector, tokens[[i - first for i in unit.tokens]].mean(0), atol=1e-12)


def test_without_statistics_the_vocabulary_mean_is_the_centre(model):
    text, units = read(model, FIRST)
    static = open_space(model, Settings(space="static"))
    raw = StaticSource(find_space_model(model), "token")
    expected = raw.vectors(text, units) - raw.sample("en").mean(0)
    np.testing.assert_allclose(static.vectors(text, units), expected, atol=1e-12)
    record = static.describe(["en", "es"])
    assert (record["centring"], record["procrustes"], record["coverage"]) == ("vocabulary", "none", 1.0)
    assert open_space(model, RAW).describe(["en"])["centring"] == "none"


def test_the_vocabulary_sample_is_fixed_and_has_no_specials(model):
    space_model = find_space_model(model)
    drawn = sample_pieces(space_model)
    assert drawn == sample_pieces(space_model)
    assert not set(drawn) & set(model.tokenizer.all_special_ids)


def learn_something(model, **changes):
    """Write maps for en and es into the cache; returns them."""
    space_model = find_space_model(model)
    rng = np.random.default_rng(1)
    rotation = np.linalg.qr(rng.normal(size=(32, 32)))[0]
    metadata = {"revision": space_model.revision, "pooling": IsolatedSource.pooling} | changes
    maps = SpaceMaps({"en": rng.normal(size=32), "es": rng.normal(size=32)}, {"es": rotation}, metadata)
    save_maps(maps_file(learned_folder(), space_model.name, "isolated", "token"), maps)
    return maps


def test_learned_maps_centre_and_rotate(model):
    text, units = read(model, "el barco", language="es")
    raw = open_space(model, RAW).vectors(text, units)
    maps = learn_something(model)
    shared = open_space(model, Settings())
    expected = (raw - maps.means["es"]) @ maps.rotations["es"]
    np.testing.assert_allclose(shared.vectors(text, units), expected, atol=5e-3)
    record = shared.describe(["en", "es"])
    assert (record["centring"], record["procrustes"], record["pivot"]) == ("language", "es", "en")
    only_centred = open_space(model, Settings(procrustes=False))
    np.testing.assert_allclose(only_centred.vectors(text, units), raw - maps.means["es"], atol=1e-6)
    assert only_centred.describe(["es"])["procrustes"] == "none"
    assert shared.describe(["en", "zh"])["centring"] == "language (en), vocabulary (zh)"


def test_maps_of_other_weights_or_pooling_are_passed_over(model):
    for changes in ({"revision": "content:other"}, {"pooling": "another"}):
        learn_something(model, **changes)
        assert open_space(model, Settings()).describe(["es"])["procrustes"] == "none"


def test_damaged_maps_are_an_error_with_a_remedy(model):
    path = maps_file(learned_folder(), find_space_model(model).name, "isolated", "token")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no tensors")
    with pytest.raises(SpaceError, match="Delete it, or learn them again"):
        open_space(model, Settings())


def test_checkpoints_of_one_base_share_its_space(model, folders, tmp_path):
    """An adapter's vectors are its base's, and the base is loaded only when one is missing."""
    folder = tmp_path / "adapter"
    folder.mkdir()
    config = {"base_model_name_or_path": str(folders["xlm-roberta"])}
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    tuned = load_model(str(save_tiny(tmp_path / "tuned", "xlm-roberta", seed=9)), device="cpu")
    adapter = replace(tuned, spec=replace(tuned.spec, name="adapter", location=str(folder)))
    loaded = []

    def load(name, device):
        loaded.append((name, device))
        return model

    text, units = read(model, FIRST)
    own = open_space(model, RAW).vectors(text, units)
    shared = open_space(adapter, RAW, load=load)
    np.testing.assert_array_equal(shared.vectors(text, units), own)
    assert loaded == []
    assert shared.describe(["en"])["model"] == "xlm-roberta"
    shared.vectors(*read(adapter, SECOND))
    assert loaded == [(str(folders["xlm-roberta"]), "cpu")]
    assert np.abs(open_space(tuned, RAW).vectors(text, units) - own).max() > 1e-3


def test_a_card_may_name_the_base(folders, tmp_path):
    folder = save_tiny(tmp_path / "full", "xlm-roberta", "nli")
    card = json.loads((folder / "ccta.json").read_text()) | {"base": str(folders["xlm-roberta"])}
    (folder / "ccta.json").write_text(json.dumps(card), encoding="utf-8")
    assert find_space_model(load_model(str(folder), device="cpu")).name == "xlm-roberta"


def test_other_weights_under_one_name_have_another_table(folders, tmp_path):
    first, second = (load_model(str(save_tiny(tmp_path / str(i) / "best", "bert", seed=i))) for i in (1, 2))
    paths = {find_space_model(model).table_path("v") for model in (first, second)}
    assert len(paths) == 2
    in_memory = replace(first, spec=replace(first.spec, location=""))
    assert find_space_model(in_memory).table_path("v") is None


def write_vec(path: Path, vectors: dict[str, list[float]], header: bool = True) -> str:
    lines = [f"{len(vectors)} 3"] if header else []
    lines += [f"{word} {' '.join(map(str, vector))}" for word, vector in vectors.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("level", ["token", "word"])
@pytest.mark.parametrize("header", [True, False])
def test_vectors_from_a_file_with_coverage(model, tmp_path, level, header):
    path = write_vec(tmp_path / "en.vec", {"the": [1, 2, 3], "boat": [3, 2, 1]}, header)
    shared = open_space(model, RAW.with_changes(space="vectors", level=level, vectors=(("en", path),)))
    text, units = read(model, "The boat sailed", level)
    vectors = shared.vectors(text, units)
    for vector, unit in zip(vectors, units, strict=True):
        expected = {"The": [1, 2, 3], "boat": [3, 2, 1], "sailed": [0, 0, 0]}[text.words[unit.word].text]
        np.testing.assert_array_equal(vector, expected)
    found = np.mean([text.words[unit.word].text != "sailed" for unit in units])
    assert shared.describe(["en"])["coverage"] == pytest.approx(found)


def test_centring_leaves_unknown_words_without_a_vector(model, tmp_path):
    path = write_vec(tmp_path / "en.vec", {"the": [1, 2, 3], "boat": [3, 2, 1]})
    shared = open_space(model, Settings(space="vectors", level="word", vectors=(("en", path),)))
    vectors = shared.vectors(*read(model, "the boat sailed", "word"))
    np.testing.assert_array_equal(vectors, [[-1, 0, 1], [1, 0, -1], [0, 0, 0]])
    assert shared.describe(["en"])["centring"] == "vocabulary"


def test_word2vec_binary_and_gzip_are_read(model, tmp_path):
    import gzip

    binary = tmp_path / "en.bin"
    rows = [("the", [1, 2, 3]), ("boat", [3, 2, 1])]
    binary.write_bytes(b"2 3\n" + b"".join(w.encode() + b" " + np.array(v, "<f4").tobytes() + b"\n" for w, v in rows))
    packed = tmp_path / "en.vec.gz"
    packed.write_bytes(gzip.compress(b"2 3\nthe 1 2 3\nboat 3 2 1\n"))
    for path in (binary, packed):
        settings = RAW.with_changes(space="vectors", level="word", vectors=(("en", str(path)),))
        vectors = open_space(model, settings).vectors(*read(model, "the boat", "word"))
        np.testing.assert_array_equal(vectors, [[1, 2, 3], [3, 2, 1]])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.vec", b"2 3\nthe 1 2\n", "line 2"),
        ("a.vec", b"the 1 2 x\n", "line 1"),
        ("a.vec", b"2 3\nthe 1 2 nan\n", "line 2"),
        ("a.vec", b"", "not a vector file"),
        ("a.vec", b"0 3\n", "no vectors"),
        ("a.vec.gz", b"not gzip", "cannot be read"),
        ("a.bin", b"\xba\x16\x4f\x2f\x0c\x00", "fastText model"),
        ("a.bin", b"nothing of the kind\n", "word2vec"),
        ("a.bin", b"2 3\nthe \0\0", "ends inside"),
        (None, None, "cannot be read"),
    ],
)
def test_broken_vector_files_are_typed_errors(model, tmp_path, name, content, message):
    path = tmp_path / (name or "missing.vec")
    if content is not None:
        path.write_bytes(content)
    shared = open_space(model, RAW.with_changes(space="vectors", vectors=(("en", str(path)),)))
    with pytest.raises(DataError, match=message) as caught:
        shared.vectors(*read(model, FIRST))
    assert "\n" not in str(caught.value)


def test_the_space_vectors_needs_a_file_for_the_language(model, tmp_path):
    with pytest.raises(SpaceError, match="--vectors"):
        open_space(model, RAW.with_changes(space="vectors"))
    files = (("en", write_vec(tmp_path / "en.vec", {"the": [1, 2, 3]})),)
    shared = open_space(model, RAW.with_changes(space="vectors", vectors=files))
    with pytest.raises(SpaceError, match="no file for es"):
        shared.vectors(*read(model, "el barco", language="es"))


def test_vector_files_of_different_width_do_not_compare(model, tmp_path):
    other = tmp_path / "es.vec"
    other.write_text("el 1 2\n")
    files = (("en", write_vec(tmp_path / "en.vec", {"the": [1, 2, 3]})), ("es", str(other)))
    with pytest.raises(SpaceError, match="aligned set"):
        open_space(model, RAW.with_changes(space="vectors", vectors=files)).vectors(*read(model, FIRST))
