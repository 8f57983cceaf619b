"""The hand-written encoder against Transformers' own module and autograd, which `independent` paths use."""

import copy

import numpy as np
import pytest
import torch
import transformers
from peft import LoraConfig, get_peft_model
from torch.utils.flop_counter import FlopCounterMode

from core.attribution import methods, paths
from core.attribution.fast import attention
from core.attribution.fast.encoder import encoder_of
from core.attribution.fast.memory import Memory
from core.attribution.paths import ChunkSize, PathBundle, PathPoint, evaluate_all
from core.models.loaded import LoadedModel
from core.models.loader import load_model
from core.results import Target
from core.text.tokenization import tokenize
from tests.world.tiny import SIZE, explained

WRITTEN_OUT = ("bert", "xlm-roberta")
LONGER = "the storm cancelled the ferry and the crew slept well"
REQUESTS = [
    PathPoint(0, 0.3),
    PathPoint(1, 0.8),
    PathPoint(2, 0.0),
    PathPoint(0, 0.9),
    PathPoint(1, 1.0),
    PathPoint(2, 0.55),
]


def bundles(model: LoadedModel, task: str) -> tuple[PathBundle, PathBundle]:
    """Three paths of two lengths, by hand and by the module."""
    texts, targets = explained(model, task)
    long = tokenize(model, task, "en", [LONGER] * len(texts[0].fields))
    ends = Target(targets[-1].kind, 3, "") if task == "qa" else targets[0]
    chosen = [texts[0], long, texts[0]], [targets[0], ends, targets[-1]]
    by_hand, by_module = PathBundle(model, *chosen), PathBundle(model, *chosen, independent=True)
    assert encoder_of(model) is not None
    return by_hand, by_module


def assert_same_points(found, expected, rounding=4e-6, among=None):
    """Equal up to `rounding`, of the largest gradient `among` all points: at a path's end a cosine has next to none."""
    largest = max(np.abs(point.gradient).max() for point in among or expected)
    assert largest > 1e-3
    for one, other in zip(found, expected, strict=True):
        assert one.output == pytest.approx(other.output, abs=rounding)
        assert one.gradient.dtype == np.float64
        assert one.gradient == pytest.approx(other.gradient, abs=rounding * largest)


@pytest.mark.parametrize("family", WRITTEN_OUT)
@pytest.mark.parametrize("task", ["meaning", "nli", "qa"])
@pytest.mark.parametrize("kept", [attention.KEPT_WEIGHTS, 0], ids=["weights kept", "tiled"])
def test_values_and_gradients_are_those_of_autograd(tiny_model, monkeypatch, family, task, kept):
    monkeypatch.setattr(attention, "KEPT_WEIGHTS", kept)
    by_hand, by_module = bundles(tiny_model(family, task), task)
    expected = by_module.evaluate(REQUESTS)
    assert_same_points(by_hand.evaluate(REQUESTS), expected)
    # Again, in memory used before, and then fewer and more points in it.
    assert_same_points(by_hand.evaluate(REQUESTS), expected)
    assert_same_points(by_hand.evaluate(REQUESTS[1:2]), expected[1:2], among=expected)
    assert_same_points(by_hand.evaluate(REQUESTS * 3), expected * 3)
    assert by_hand.outputs(REQUESTS).numpy() == pytest.approx([point.output for point in expected], abs=4e-6)


@pytest.mark.model
def test_the_embedded_model_by_hand_and_by_autograd(embedded_model):
    texts = [
        tokenize(embedded_model, "meaning", "en", ["The ferry was cancelled because of the storm."]),
        tokenize(embedded_model, "meaning", "en", ["The boat sailed on time."]),
        tokenize(embedded_model, "meaning", "en", [" ".join(["The boat sailed on time."] * 20)]),
    ]
    assert len(texts[2].tokens) > 100, "long enough for tiled attention"
    targets = [Target("meaning", 0, "")] * len(texts)
    by_hand, by_module = (PathBundle(embedded_model, texts, targets, independent=choice) for choice in (False, True))
    assert_same_points(by_hand.evaluate(REQUESTS), by_module.evaluate(REQUESTS), rounding=2e-5)


@pytest.mark.parametrize("family", WRITTEN_OUT)
@pytest.mark.parametrize("task", ["meaning", "nli"])
def test_only_products_that_are_needed_are_computed(tiny_folder, family, task):
    """For `meaning` all that the module computes; a class is read at one token, so the last layer needs less."""
    model = load_model(str(tiny_folder(family, task)), device="cpu")
    model.module.set_attn_implementation("eager")  # the counter does not see into the fused attention
    texts, targets = explained(model, task)
    requests, length = [PathPoint(0, 0.2), PathPoint(0, 0.7)], len(texts[0].tokens)
    by_hand, by_module = (
        flops(PathBundle(model, texts, targets, independent=choice), requests) for choice in (False, True)
    )
    hidden, feed_forward, left_out = SIZE["hidden"], SIZE["feed_forward"], len(requests) * (length - 1)
    # Forward and backward: query, output and feed-forward of a token left out; two and four products of its attention.
    saved = 4 * left_out * (2 * hidden**2 + 2 * hidden * feed_forward) + 12 * left_out * length * hidden
    assert by_module - by_hand == (saved if task == "nli" else 0)


def flops(bundle, requests):
    with FlopCounterMode(display=False) as counter:
        bundle.evaluate(requests)
    return counter.get_total_flops()


def test_only_what_is_known_exactly_is_written_out(tiny_folder, tiny_model):
    assert encoder_of(tiny_model("xlm", "nli")) is None

    def after(change, task="nli", **options):
        model = load_model(str(tiny_folder("bert", task)), device="cpu", **options)
        assert options or encoder_of(model) is not None
        change(model)
        return encoder_of(model)

    def tanh_gelu(model):
        model.module.bert.encoder.layer[1].intermediate.intermediate_act_fn = transformers.activations.ACT2FN[
            "gelu_new"
        ]

    def adapter(model):
        model.module = get_peft_model(model.module, LoraConfig(target_modules=["query"])).base_model.model

    def replaced_forward(model):
        layer = model.module.bert.encoder.layer[0]
        layer.forward = layer.forward

    assert after(lambda model: None, precision="bf16") is None
    assert after(tanh_gelu) is None
    assert after(adapter) is None
    assert after(replaced_forward) is None
    assert after(lambda model: model.module.train()) is None
    assert after(lambda model: setattr(model.module.config, "is_decoder", True)) is None
    assert after(lambda model: model.module.bert.encoder.register_forward_hook(lambda *given: None)) is None
    assert after(lambda model: setattr(model, "class_logits", lambda embeds, rows: embeds[:, 0])) is None
    assert after(lambda model: setattr(model, "device", torch.device("cuda"))) is None


def test_weights_changed_in_place_are_the_weights_used(tiny_folder):
    model = load_model(str(tiny_folder("bert", "nli")), device="cpu")
    by_hand, by_module = bundles(model, "nli")
    before = by_hand.evaluate(REQUESTS)
    with torch.no_grad():
        for layer in model.module.bert.encoder.layer:
            layer.attention.self.key.weight.mul_(1.5)
    after = by_hand.evaluate(REQUESTS)
    assert_same_points(after, by_module.evaluate(REQUESTS))
    assert abs(before[0].output - after[0].output) > 1e-3


def test_the_independent_check_never_meets_the_hand_written_encoder(tiny_model, monkeypatch):
    def refuse(model):
        raise AssertionError("the check must be independent")

    model = tiny_model("bert", "meaning")
    (text,), (target,) = explained(model, "meaning")
    monkeypatch.setattr(paths, "encoder_of", refuse)
    assert methods.captum_reference(model, text, target, n_steps=4).shape == (len(text.tokens),)


def test_a_pass_that_ran_out_of_memory_is_repeated_in_halves(tiny_model, monkeypatch):
    by_hand, by_module = bundles(tiny_model("bert", "nli"), "nli")
    expected = by_module.evaluate(REQUESTS * 4)
    plenty, failures = Memory.empty, []

    def scarce(self, *shape):
        if shape[0] > 150:
            failures.append(shape)
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate.")
        return plenty(self, *shape)

    monkeypatch.setattr(Memory, "empty", scarce)
    chunk = ChunkSize(10_000)
    assert_same_points(evaluate_all(by_hand, REQUESTS * 4, chunk), expected)
    assert failures and chunk.tokens <= 300


def test_memory_is_handed_out_again_pass_after_pass():
    memory = Memory()

    def one_pass():
        memory.begin()
        kept = memory.empty(5, 3)
        with memory.scratch():
            first = memory.empty(40).fill_(1.0)
        again = memory.empty(40).fill_(2.0)
        memory.finish()
        return kept, first, again

    one_pass()
    kept, first, again = one_pass()
    assert first.data_ptr() == again.data_ptr() and torch.equal(first, again)
    assert kept.data_ptr() + 64 == first.data_ptr(), "15 values take one cache line, and no more"
    kept_again, *_ = one_pass()
    assert kept_again.data_ptr() == kept.data_ptr()


def test_the_module_is_left_as_it_was(tiny_model):
    model = tiny_model("xlm-roberta", "qa")
    before = copy.deepcopy(model.module.state_dict())
    by_hand, _ = bundles(model, "qa")
    by_hand.evaluate(REQUESTS)
    after = model.module.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
