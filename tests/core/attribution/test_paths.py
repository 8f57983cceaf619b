from dataclasses import replace

import pytest
import torch

from core.attribution.paths import ChunkSize, PathBundle, PathPoint, Point, evaluate_all
from core.errors import Cancelled, CctaError, LanguageError
from core.models.loaded import LoadedModel
from core.results import Target
from core.text.tokenization import tokenize
from tests.world.tiny import FAMILIES, explained, linear_model, numbered_text

A, B = "the storm cancelled the ferry", "the boat sailed"
EITHER_END = [PathPoint(0, 0.0), PathPoint(0, 1.0)]


def baseline_ids(model, text):
    return torch.tensor(
        [id_ if token.special else model.pad_id for id_, token in zip(text.input_ids, text.tokens, strict=True)]
    )[None]


def hub_inputs(model: LoadedModel, text, **left_out):
    """What Transformers needs to compute F from ids alone, spelled out without our code."""
    size = len(text.input_ids)
    first = 2 if model.info.family == "xlm-roberta" else 0
    given = {
        "attention_mask": torch.ones(1, size, dtype=torch.long),
        "position_ids": torch.arange(first, first + size)[None],
    }
    if model.info.family == "bert":
        sep = text.input_ids.index(model.tokenizer.sep_token_id)
        given["token_type_ids"] = (torch.arange(size) > sep).long()[None]
    if model.info.family == "xlm":
        given["langs"] = torch.full((1, size), {"en": 0, "es": 1, "zh": 2}[text.language])
    return {name: value for name, value in given.items() if name not in left_out}


@torch.inference_mode()
def hub_logits(model, ids, **given):
    return model.module(input_ids=ids, **given).logits[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_f_at_both_ends_is_what_transformers_computes_from_ids(tiny_model, family):
    model = tiny_model(family, "nli")
    text = tokenize(model, "nli", "es", [A, B])
    given = hub_inputs(model, text)
    for index in range(3):
        low, high = PathBundle(model, [text], [Target("class", index, "")]).outputs(EITHER_END)
        real = hub_logits(model, torch.tensor([text.input_ids]), **given)
        padded = hub_logits(model, baseline_ids(model, text), **given)
        torch.testing.assert_close(high, real[index], rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(low, padded[index], rtol=1e-5, atol=1e-5)


def test_without_explicit_positions_xlm_r_shifts_them_at_the_baseline(tiny_model):
    model = tiny_model("xlm-roberta", "nli")
    text = tokenize(model, "nli", "en", [A, B])
    given, ids = hub_inputs(model, text), torch.tensor([text.input_ids])
    implicit = hub_inputs(model, text, position_ids=None)
    # On the real input the model finds the same positions by itself; on the pads of the baseline it does not.
    torch.testing.assert_close(hub_logits(model, ids, **implicit), hub_logits(model, ids, **given))
    padded = baseline_ids(model, text)
    assert (hub_logits(model, padded, **implicit) - hub_logits(model, padded, **given)).abs().max() > 0.05


def test_without_the_real_mask_xlm_takes_the_baselines_pads_for_its_end(tiny_model):
    model = tiny_model("xlm", "nli")
    text = tokenize(model, "nli", "en", [A, B])
    given, unmasked = hub_inputs(model, text), hub_inputs(model, text, attention_mask=None)
    ids, padded = torch.tensor([text.input_ids]), baseline_ids(model, text)
    torch.testing.assert_close(hub_logits(model, ids, **unmasked), hub_logits(model, ids, **given))
    assert (hub_logits(model, padded, **unmasked) - hub_logits(model, padded, **given)).abs().max() > 0.05
    (low,) = PathBundle(model, [text], [Target("class", 0, "")]).outputs([PathPoint(0, 0.0)])
    torch.testing.assert_close(low, hub_logits(model, padded, **given)[0], rtol=1e-5, atol=1e-5)


def test_bert_keeps_the_token_types_at_the_baseline(tiny_model):
    model = tiny_model("bert", "nli")
    text = tokenize(model, "nli", "en", [A, B])
    given = hub_inputs(model, text)
    assert model.rows([text]).token_type_ids.tolist() == given["token_type_ids"].tolist()
    untyped = hub_inputs(model, text, token_type_ids=None)
    padded = baseline_ids(model, text)
    assert (hub_logits(model, padded, **untyped) - hub_logits(model, padded, **given)).abs().max() > 0.01


def test_xlm_needs_its_language(tiny_model, monkeypatch):
    model = tiny_model("xlm", "nli")
    english, spanish = (tokenize(model, "nli", language, [A, B]) for language in ("en", "es"))
    target = Target("class", 0, "")
    in_english, in_spanish = (PathBundle(model, [text], [target]).outputs(EITHER_END) for text in (english, spanish))
    assert (in_english - in_spanish).abs().max() > 0.01
    with pytest.raises(LanguageError, match="no language 'de'"):
        model.require_language("de")
    monkeypatch.setattr(model, "inputs", replace(model.inputs, languages=None))
    assert model.rows([english]).langs is None
    model.require_language("de")


@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
def test_other_families_take_any_language(tiny_model, family):
    model = tiny_model(family, "nli")
    model.require_language("th")
    assert model.rows([tokenize(model, "nli", "th", [A, B])]).langs is None


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("task", ["meaning", "nli", "qa"])
def test_padding_is_invisible(tiny_model, family, task):
    model = tiny_model(family, task)
    (short, *_), (target, *_) = explained(model, task)
    long = tokenize(model, task, "en", [A + " " + A] * len(short.fields))
    together = PathBundle(model, [short, long], [target, target])
    alone = PathBundle(model, [short], [target])
    requests = [PathPoint(0, 0.3), PathPoint(1, 0.8), PathPoint(0, 0.9)]
    mixed = together.evaluate(requests)
    apart = alone.evaluate([PathPoint(0, 0.3), PathPoint(0, 0.9)])
    for padded, plain in zip((mixed[0], mixed[2]), apart, strict=True):
        assert padded.output == pytest.approx(plain.output, abs=1e-5)
        assert padded.gradient.shape == (len(short.tokens),)
        assert padded.gradient == pytest.approx(plain.gradient, abs=1e-5 * abs(plain.gradient).max() + 1e-6)


def test_the_middle_separators_stay_in_the_baseline(tiny_model):
    for family, n_specials in (("bert", 3), ("xlm", 3), ("xlm-roberta", 4)):
        model = tiny_model(family, "nli")
        text = tokenize(model, "nli", "en", [A, B])
        start, end = (rows[0] for rows in PathBundle(model, [text], [Target("class", 0, "")]).ends(0))
        kept = (start == end).all(-1).numpy()
        assert kept.tolist() == text.special_mask.tolist()
        assert kept.sum() == n_specials
        pad_row = model.embedding.weight[model.pad_id]
        assert (start[~torch.from_numpy(kept)] == pad_row).all()


def test_the_sum_over_the_embedding_is_taken_in_double_precision():
    table = torch.zeros(3, 3)
    table[2] = torch.tensor([1e8, 1.0, -1e8])
    model = linear_model(table=table, weight=torch.ones(4, 3, 3))
    (point,) = PathBundle(model, [numbered_text([0, 2])], [Target("class", 0, "")]).evaluate([PathPoint(0, 0.5)])
    assert table[2].sum() == 0, "in single precision the 1 is lost"
    assert point.gradient.dtype == "float64"
    assert point.gradient.tolist() == [0.0, 1.0]


class SmallMemory(PathBundle):
    """A machine on which a forward pass of more than `room` tokens does not fit."""

    room = 0

    def evaluate(self, requests):
        size = len(requests) * max(self.length(request.path) for request in requests)
        self.sizes.append(size)
        if size > self.room:
            raise self.error
        return super().evaluate(requests)

    def __init__(self, *arguments, room, error):
        self.room, self.error, self.sizes = room, error, []
        super().__init__(*arguments)


OUT_OF_MEMORY = (
    torch.OutOfMemoryError("CUDA out of memory."),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 80 bytes."),
)
LENGTHS = (4, 7, 12)


def small_memory(room, error):
    model = linear_model()
    texts = [numbered_text(range(length)) for length in LENGTHS]
    targets = [Target("class", 0, "")] * len(texts)
    return SmallMemory(model, texts, targets, room=room, error=error), PathBundle(model, texts, targets)


@pytest.mark.parametrize("error", OUT_OF_MEMORY)
def test_chunks_halve_when_memory_is_short_and_stay_small(error):
    bundle, roomy = small_memory(30, error)
    requests = [PathPoint(path, alpha / 10) for alpha in range(10) for path in range(len(LENGTHS))]
    chunk = ChunkSize(1_000_000)
    found = evaluate_all(bundle, requests, chunk)
    expected = evaluate_all(roomy, requests, ChunkSize(10_000))
    assert all(
        one.output == pytest.approx(other.output, abs=1e-5) and one.gradient == pytest.approx(other.gradient, abs=1e-5)
        for one, other in zip(found, expected, strict=True)
    )
    assert 12 <= chunk.tokens <= 30
    failures = sum(size > 30 for size in bundle.sizes)
    assert 1 <= failures <= 5
    evaluate_all(bundle, requests, chunk)
    assert sum(size > 30 for size in bundle.sizes) == failures, "the smaller size is remembered"


def test_a_text_that_does_not_fit_by_itself_is_one_line():
    bundle, _ = small_memory(10, OUT_OF_MEMORY[0])
    with pytest.raises(CctaError, match="12 tokens does not fit into the memory of cpu") as caught:
        evaluate_all(bundle, [PathPoint(2, 0.1), PathPoint(2, 0.2)], ChunkSize(100))
    assert "\n" not in str(caught.value)


def test_another_runtime_error_is_not_taken_for_missing_memory():
    bundle, _ = small_memory(0, RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        evaluate_all(bundle, [PathPoint(0, 0.1)], ChunkSize(100))


def test_chunks_hold_texts_of_similar_length_and_points_come_back_in_order():
    bundle, roomy = small_memory(10_000, OUT_OF_MEMORY[0])
    requests = [PathPoint(path, alpha / 4) for alpha in range(4) for path in (2, 0, 1)]
    found = evaluate_all(bundle, requests, ChunkSize(24))
    assert max(bundle.sizes) <= 24
    assert bundle.sizes == sorted(bundle.sizes) or len(bundle.sizes) >= 4
    for request, point in zip(requests, found, strict=True):
        (alone,) = roomy.evaluate([request])
        assert isinstance(point, Point)
        assert point.gradient == pytest.approx(alone.gradient, abs=1e-5)


def test_cancelling_stops_before_the_next_chunk():
    bundle, _ = small_memory(10_000, OUT_OF_MEMORY[0])
    done = []
    with pytest.raises(Cancelled):
        evaluate_all(
            bundle,
            [PathPoint(2, alpha / 10) for alpha in range(10)],
            ChunkSize(24),
            progress=lambda finished, of: done.append((finished, of)),
            should_cancel=lambda: len(done) == 2,
        )
    assert done == [(2, 10), (4, 10)]
    assert len(bundle.sizes) == 2
