"""All classes of a text together: the scores of each class alone, and of Captum, from fewer forward passes."""

import numpy as np
import pytest
import torch

from core.attribution import paths
from core.attribution.fast import attention
from core.attribution.lig import integrated_gradients
from core.attribution.methods import captum_reference
from core.attribution.paths import PathBundle, PathPoint
from core.attribution.shared import SharedPaths, path_bundle
from core.attribution.targets import class_targets, predict
from core.results import Target
from core.text.tokenization import tokenize

PAIRS = (
    ("the ferry was cancelled because of the storm", "the boat sailed on time"),
    ("the crew slept well", "the boat"),
)


def texts_of(model):
    return [tokenize(model, "nli", "en", list(pair)) for pair in PAIRS]


def all_classes(model, texts, **options):
    targets = class_targets(model, predict(model, texts, "nli"), explain="source", **options)
    flat = [(text, target) for text, of_text in zip(texts, targets, strict=True) for target in of_text]
    return [text for text, _ in flat], [target for _, target in flat]


@pytest.mark.parametrize("family", ["bert", "xlm", "xlm-roberta"])
@pytest.mark.parametrize("output", ["logit", "contrast", "log-odds", "probability"])
@pytest.mark.parametrize("steps", ["auto", 12])
def test_each_class_has_the_scores_that_it_has_alone(tiny_model, family, output, steps):
    model = tiny_model(family, "nli")
    texts, targets = all_classes(model, texts_of(model), output=output)
    assert isinstance(path_bundle(model, texts, targets, baseline="pad"), SharedPaths)
    together = integrated_gradients(model, texts, targets, steps=steps)
    for found, text, target in zip(together, texts, targets, strict=True):
        (alone,) = integrated_gradients(model, [text], [target], steps=steps)
        assert (found.target, found.n_steps) == (alone.target, alone.n_steps)
        largest = np.abs(alone.scores).max()
        np.testing.assert_allclose(found.scores, alone.scores, atol=1e-6 * max(largest, 1.0))
        np.testing.assert_allclose(found.norms.l2, alone.norms.l2, atol=1e-6 * max(alone.norms.l2.max(), 1.0))
        assert found.f_input == pytest.approx(alone.f_input, abs=1e-6)


@pytest.mark.parametrize("family", ["bert", "xlm"])
def test_each_class_has_the_scores_of_captum(tiny_model, family):
    model = tiny_model(family, "nli")
    texts, targets = all_classes(model, texts_of(model)[:1])
    for found, text, target in zip(integrated_gradients(model, texts, targets, steps=20), texts, targets, strict=True):
        expected = captum_reference(model, text, target, n_steps=20)
        assert np.abs(found.scores - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("kept", [attention.KEPT_WEIGHTS, 0], ids=["shared", "too long to share"])
def test_points_are_those_of_separate_paths(tiny_model, monkeypatch, kept):
    monkeypatch.setattr(attention, "KEPT_WEIGHTS", kept)
    model = tiny_model("bert", "nli")
    texts, targets = all_classes(model, texts_of(model))
    requests = [PathPoint(path, alpha) for path, alpha in [(0, 0.3), (1, 0.3), (2, 0.3), (4, 0.5), (5, 0.5), (3, 1.0)]]
    found = path_bundle(model, texts, targets, baseline="pad").evaluate(requests)
    expected = PathBundle(model, texts, targets, independent=True).evaluate(requests)
    for one, other in zip(found, expected, strict=True):
        assert one.output == pytest.approx(other.output, abs=4e-6)
        np.testing.assert_allclose(one.gradient, other.gradient, atol=1e-5)
        np.testing.assert_allclose(one.components, other.components, atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "xlm"])
def test_a_node_takes_one_forward_pass_for_all_classes(tiny_model, monkeypatch, family):
    model = tiny_model(family, "nli")
    texts, targets = all_classes(model, texts_of(model)[:1])
    rows = []
    if family == "bert":
        forward = paths.encoder_of(model).__class__.forward
        monkeypatch.setattr(
            "core.attribution.fast.encoder.Encoder.forward",
            lambda self, given, *rest: (rows.append(len(given)), forward(self, given, *rest))[1],
        )
    else:
        handle = model.module.register_forward_pre_hook(
            lambda module, args, kwargs: (
                rows.append(kwargs["inputs_embeds"].shape[0] * kwargs["inputs_embeds"].shape[1])
                if torch.is_grad_enabled()
                else None
            ),
            with_kwargs=True,
        )
    integrated_gradients(model, texts, targets, steps=8)
    if family != "bert":
        handle.remove()
    assert sum(rows) == 8 * len(texts[0].input_ids)


def test_texts_without_classes_share_nothing(tiny_model):
    model = tiny_model("bert", "meaning")
    text = tokenize(model, "meaning", "en", ["the boat"])
    assert type(path_bundle(model, [text, text], [Target("meaning", 0, "")] * 2, baseline="pad")) is PathBundle
