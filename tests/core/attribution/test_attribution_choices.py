"""Baselines, outputs and aggregates: against Captum, and against closed forms on linear and quadratic models."""

import dataclasses
from types import SimpleNamespace

import captum.attr
import numpy as np
import pytest
import torch

from core.attribution.lig import KEPT_BYTES, integrated_gradients
from core.attribution.methods import attribute, captum_reference
from core.attribution.spline import FIRST_NODES, AdaptiveSpline
from core.attribution.targets import choose_targets, predict
from core.errors import OptionError
from core.results import Target
from core.settings import AGGREGATES, BASELINES, OUTPUTS, Settings
from core.text.tokenization import tokenize
from tests.world.tiny import FAMILIES, HYPOTHESIS, PAD, PREMISE, explained, linear_model, numbered_text

TEXT = numbered_text([0, 5, 7, 0, 9, 3, 0], specials=(0, 3, 6))
MASK = 4


def quadratic_model():
    """Logits that are quadratic in the embedding rows: logit_c = sum_pk weight[p, k, c] embeds[p, k]^2."""
    model = with_mask(linear_model())
    linear = model.module.forward
    model.module.forward = lambda inputs_embeds, **rest: linear(inputs_embeds=inputs_embeds**2, **rest)
    return model


def with_mask(model):
    model.tokenizer = SimpleNamespace(pad_token_id=PAD, mask_token_id=MASK)
    return model


def start_of(model, baseline):
    """The vector that stands for a token at the baseline, computed here and not by our code."""
    table = model.module.table.weight.double()
    return {"pad": table[PAD], "mask": table[MASK], "zero": torch.zeros(8).double(), "mean": table.mean(0)}[baseline]


def aggregated(terms, aggregate):
    value = {"sum": terms.sum(-1), "l2": (terms**2).sum(-1).sqrt(), "l1": terms.abs().sum(-1)}[aggregate].numpy()
    return np.where(TEXT.special_mask, 0.0, value)


def relative(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize(("make", "power"), [(lambda: with_mask(linear_model()), 1), (quadratic_model, 2)])
@pytest.mark.parametrize("steps", ["auto", 3])
def test_closed_forms_of_every_baseline_and_aggregate(make, power, baseline, steps):
    """A linear F is attributed (x - x') w, a quadratic one (x^2 - x'^2) w, in every dimension."""
    model = make()
    x = model.module.table.weight[list(TEXT.input_ids)].double()
    weight = model.module.weight[: len(TEXT.tokens), :, 1].double()
    terms = weight * (x**power - start_of(model, baseline) ** power)
    (found,) = integrated_gradients(model, [TEXT], [Target("class", 1, "")], steps=steps, baseline=baseline)
    for aggregate in AGGREGATES:
        np.testing.assert_allclose(found.aggregated(aggregate).scores, aggregated(terms, aggregate), atol=1e-5)
    assert found.delta < 1e-4
    assert found.aggregated("l1").delta == found.delta


@pytest.mark.parametrize("output", OUTPUTS)
def test_outputs_are_those_of_the_logits(output):
    """F at both ends, from the definition; and the contrast of a linear model, which is linear too."""
    model = with_mask(linear_model())
    rows, weight = model.module.table.weight.double(), model.module.weight[: len(TEXT.tokens)].double()
    target = Target("class", 2, "contradiction", output, *((0, "entailment") if output == "contrast" else ()))
    (found,) = integrated_gradients(model, [TEXT], [target], steps=40)
    special = torch.tensor(TEXT.special_mask)[:, None]
    for end, ids in (("f_input", rows[list(TEXT.input_ids)]), ("f_baseline", rows[PAD].expand(len(TEXT.tokens), -1))):
        embeds = torch.where(special, rows[list(TEXT.input_ids)], ids)
        z = torch.einsum("pk,pkc->c", embeds, weight)
        p = torch.softmax(z, 0)[2]
        expected = {"logit": z[2], "contrast": z[2] - z[0], "log-odds": torch.log(p / (1 - p)), "probability": p}[
            output
        ]
        assert getattr(found, end) == pytest.approx(expected.item(), abs=1e-4)
    if output == "contrast":
        way = rows[list(TEXT.input_ids)] - rows[PAD]
        terms = way * (weight[:, :, 2] - weight[:, :, 0])
        np.testing.assert_allclose(found.scores, aggregated(terms, "sum"), atol=1e-5)


def captums(model, text, target, baseline, steps):
    """Captum's IntegratedGradients of Transformers' own forward pass, baseline and F written out here; (seq, k)."""
    rows = model.rows([text])
    given = {
        name: value
        for name in ("attention_mask", "position_ids", "token_type_ids", "langs")
        if (value := getattr(rows, name)) is not None
    }
    table = model.module.get_input_embeddings().weight.detach()
    vector = {
        "pad": table[model.tokenizer.pad_token_id],
        "mask": table[model.tokenizer.mask_token_id],
        "zero": torch.zeros(table.shape[1]),
        "mean": table.mean(0),
    }[baseline]
    x = table[list(text.input_ids)][None]
    start = torch.where(torch.tensor([token.special for token in text.tokens])[None, :, None], x, vector)

    def forward(embeds):
        z = model.module(inputs_embeds=embeds, **{k: v.expand(len(embeds), -1) for k, v in given.items()}).logits
        others = [k for k in range(z.shape[1]) if k != target.index]
        return {
            "logit": lambda: z[:, target.index],
            "contrast": lambda: z[:, target.index] - z[:, target.rival],
            "log-odds": lambda: z[:, target.index] - torch.logsumexp(z[:, others], 1),
            "probability": lambda: torch.softmax(z, 1)[:, target.index],
        }[target.output]()

    scores = captum.attr.IntegratedGradients(forward).attribute(x, baselines=start, n_steps=steps)
    return scores[0].detach().double().numpy()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("baseline", BASELINES)
def test_every_choice_is_equal_to_captum_at_equal_steps(tiny_model, family, output, baseline):
    model = tiny_model(family, "nli")
    text = tokenize(model, "nli", "en", [PREMISE, HYPOTHESIS])
    ((target,),) = choose_targets(
        model, [text], predict(model, [text], "nli"), task="nli", explain="own", gold=[None], output=output
    )
    (found,) = integrated_gradients(model, [text], [target], steps=20, baseline=baseline)
    terms = captums(model, text, target, baseline, 20)
    for aggregate, value in (
        ("sum", terms.sum(-1)),
        ("l2", np.linalg.norm(terms, axis=-1)),
        ("l1", np.abs(terms).sum(-1)),
    ):
        assert relative(found.aggregated(aggregate).scores, value) < 1e-5
        ours = captum_reference(model, text, target, n_steps=20, baseline=baseline, aggregate=aggregate)
        assert relative(ours, value) < 1e-5


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("baseline", BASELINES)
def test_auto_controls_the_error_of_every_aggregate(tiny_model, output, baseline):
    model = tiny_model("xlm-roberta", "nli")
    text = tokenize(model, "nli", "en", [PREMISE, HYPOTHESIS])
    ((target,),) = choose_targets(
        model, [text], predict(model, [text], "nli"), task="nli", explain="own", gold=[None], output=output
    )
    (found,) = integrated_gradients(model, [text], [target], baseline=baseline)
    (truth,) = integrated_gradients(model, [text], [target], steps=300, baseline=baseline)
    assert found.delta < 0.02 * np.abs(found.scores).max()
    for aggregate in AGGREGATES:
        ours, theirs = found.aggregated(aggregate), truth.aggregated(aggregate)
        assert theirs.token_error is None
        assert ours.token_error <= 0.01
        assert relative(ours.scores, theirs.scores) <= 0.01
        assert (ours.scores[text.special_mask] == 0).all()


def test_norms_that_the_sums_hide_get_nodes_of_their_own():
    """Two dimensions that cancel in the sum: the rule must refine for the norm although the sum is smooth."""
    jump = lambda alpha: 40 / np.cosh(40 * (alpha - 0.33)) ** 2  # noqa: E731

    def drive(with_components):
        rule = AdaptiveSpline(0.01)
        while (alphas := rule.pending()).size:
            terms = np.stack([np.stack([1 + jump(alphas), 1 - jump(alphas)], -1)], 1).astype(np.float32)
            gradients = terms.astype(np.float64).sum(-1)
            rule.receive(2 * alphas, gradients, list(terms) if with_components else [])
        return rule.solution()

    plain, full = drive(with_components=False), drive(with_components=True)
    assert plain.norms is None
    assert full.n_nodes > plain.n_nodes == len(FIRST_NODES)
    integral = np.tanh(40 * 0.67) + np.tanh(40 * 0.33)
    exact = np.array([1 + integral, 1 - integral])
    assert full.norms.l2[0] == pytest.approx(np.linalg.norm(exact), rel=0.01)
    assert full.norms.l1[0] == pytest.approx(np.abs(exact).sum(), rel=0.01)
    assert max(full.norms.l2_error, full.norms.l1_error) <= 0.01


def test_norms_change_no_score_and_texts_in_groups_none_either(tiny_model, monkeypatch):
    model = tiny_model("bert", "nli")
    texts, targets = (found * 3 for found in explained(model, "nli"))
    whole = integrated_gradients(model, texts, targets)
    plain = integrated_gradients(model, texts, targets, norms=False)
    monkeypatch.setattr("core.attribution.lig.KEPT_BYTES", 1)
    calls = []
    apart = integrated_gradients(model, texts, targets, progress=lambda done, of: calls.append((done, of)))
    assert KEPT_BYTES > 1
    assert [one.norms for one in plain] == [None] * 3
    for one, other, alone in zip(whole, plain, apart, strict=True):
        assert (one.scores == other.scores).all()
        assert (one.token_error, one.n_steps) == (other.token_error, other.n_steps)
        assert relative(alone.scores, one.scores) < 1e-4
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert calls[-1][0] == calls[-1][1] == sum(one.n_steps for one in apart)


@pytest.mark.parametrize("method", ["saliency", "input-x-gradient", "gradient-shap"])
def test_other_methods_have_norms_of_their_terms(method):
    model = with_mask(linear_model())
    (found,) = attribute(model, [TEXT], [Target("class", 1, "")], Settings(task="nli", method=method, baseline="zero"))
    x = model.module.table.weight[list(TEXT.input_ids)].double()
    weight = model.module.weight[: len(TEXT.tokens), :, 1].double()
    terms = weight.abs() if method == "saliency" else x * weight
    tolerance = 0.3 if method == "gradient-shap" else 1e-5
    for aggregate in AGGREGATES:
        expected = aggregated(terms, aggregate)
        np.testing.assert_allclose(found.aggregated(aggregate).scores, expected, atol=tolerance)


def test_occlusion_has_no_dimension_to_aggregate_over():
    (found,) = attribute(
        with_mask(linear_model()), [TEXT], [Target("class", 1, "")], Settings("nli", method="occlusion")
    )
    assert found.norms is None
    with pytest.raises(OptionError, match="no l2 norm"):
        found.aggregated("l2")


def test_the_contrast_is_fixed_on_the_source_and_named(tiny_model):
    model = tiny_model("bert", "nli")
    texts = [tokenize(model, "nli", "en", pair) for pair in ([PREMISE, HYPOTHESIS], [HYPOTHESIS, PREMISE])]
    predictions = predict(model, texts, "nli")
    # The second text would choose another class.
    order = list(model.classes)
    first = dict(zip(order, (0.5, 0.3, 0.2), strict=True))
    second = dict(zip(order, (0.5, 0.2, 0.3), strict=True))
    predictions = [
        dataclasses.replace(one, probabilities=found, best=(0,))
        for one, found in zip(predictions, (first, second), strict=True)
    ]
    gold = [None, None]
    for explain, rivals in (("source", (1, 1)), ("own", (1, 2)), (order[1], (0, 0))):
        ((left, right),) = choose_targets(
            model, texts, predictions, task="nli", explain=explain, gold=gold, output="contrast"
        )
        assert (left.rival, right.rival) == rivals
        assert left.against == order[rivals[0]]
        assert left.title == f"{left.label} minus {left.against}"
    (given,) = choose_targets(
        model, texts, predictions, task="nli", explain="own", gold=gold, output="contrast", against=[order[2], None]
    )
    assert [one.rival for one in given] == [2, 2]


@pytest.mark.parametrize("task", ["meaning", "qa"])
def test_only_classes_have_other_outputs(tiny_model, task):
    model = tiny_model("bert", task)
    (text, *_), _ = explained(model, task)
    predictions = predict(model, [text], task)
    with pytest.raises(OptionError, match="has no classes"):
        choose_targets(model, [text], predictions, task=task, explain="own", gold=[None], output="probability")


def test_a_tokenizer_without_a_mask_is_refused():
    model = linear_model()
    model.tokenizer = SimpleNamespace(pad_token_id=PAD, mask_token_id=None)
    with pytest.raises(OptionError, match="no mask token"):
        integrated_gradients(model, [TEXT], [Target("class", 1, "")], baseline="mask")
