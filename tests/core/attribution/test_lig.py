import dataclasses
import threading

import captum.attr
import numpy as np
import pytest
import torch

from core.attribution.lig import integrated_gradients
from core.attribution.methods import captum_reference
from core.attribution.paths import ChunkSize
from core.errors import Cancelled, CompletenessError
from core.models.loaded import CPU_CHUNK_TOKENS
from core.models.loader import load_model
from core.results import Target
from core.text.tokenization import tokenize
from tests.world.tiny import FAMILIES, PAD, explained, linear_model, numbered_text

TEXTS = ("the storm cancelled the ferry", "the boat", "the crew slept well and the boat sailed on time")
CASES = [(family, task) for family in FAMILIES for task in ("meaning", "nli", "qa")]


def relative(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def captum_on_ids(model, text, target, n_steps):
    """Captum's LayerIntegratedGradients of Transformers' own forward pass from ids; none of our code but the rows."""
    ids = torch.tensor([text.input_ids])
    special = torch.tensor([token.special for token in text.tokens])[None]
    rows = model.rows([text])
    given = {
        name: value
        for name in ("attention_mask", "position_ids", "token_type_ids", "langs")
        if (value := getattr(rows, name)) is not None
    }

    def output(module, input_ids):
        return module(input_ids=input_ids, **{name: value.expand(len(input_ids), -1) for name, value in given.items()})

    with torch.no_grad():
        own = output(model.encoder, ids).last_hidden_state.mean(1)

    def forward(input_ids):
        if target.kind == "meaning":
            pooled = output(model.encoder, input_ids).last_hidden_state.mean(1)
            return torch.nn.functional.cosine_similarity(pooled, own)
        found = output(model.module, input_ids)
        logits = {"class": "logits", "start": "start_logits", "end": "end_logits"}[target.kind]
        return getattr(found, logits)[:, target.index]

    method = captum.attr.LayerIntegratedGradients(forward, model.module.get_input_embeddings())
    scores = method.attribute(ids, baselines=torch.where(special, ids, model.pad_id), n_steps=n_steps)
    return scores[0].sum(-1).detach().double().numpy()


def test_a_linear_model_is_attributed_in_closed_form():
    model = linear_model()
    text = numbered_text([0, 5, 7, 0, 9, 3, 0], specials=(0, 3, 6))
    rows, weight = model.module.table.weight, model.module.weight
    for index in range(3):
        way = rows[list(text.input_ids)] - rows[PAD]
        expected = (way.double() * weight[: len(text.tokens), :, index].double()).sum(-1).numpy()
        expected[text.special_mask] = 0.0
        for steps in ("auto", 1, 7):
            (found,) = integrated_gradients(model, [text], [Target("class", index, "")], steps=steps)
            np.testing.assert_allclose(found.scores, expected, atol=1e-5)
            assert found.delta < 1e-4
        assert found.f_input - found.f_baseline == pytest.approx(expected.sum(), abs=1e-4)


@pytest.mark.parametrize(("family", "task"), CASES)
def test_equal_to_captum_at_equal_steps(tiny_model, family, task):
    model = tiny_model(family, task)
    texts, targets = explained(model, task)
    found = integrated_gradients(model, texts, targets, steps=20)
    assert [target.kind for target in targets] == {"qa": ["start", "end"], "nli": ["class"]}.get(task, ["meaning"])
    for result, text, target in zip(found, texts, targets, strict=True):
        assert relative(result.scores, captum_on_ids(model, text, target, 20)) < 1e-5
        assert relative(captum_reference(model, text, target, n_steps=20, batch_rows=3), result.scores) < 1e-5


@pytest.mark.parametrize(("family", "task"), CASES)
def test_specials_score_exactly_zero_and_the_rest_adds_up(tiny_model, family, task):
    model = tiny_model(family, task)
    texts, targets = explained(model, task)
    for steps, share in (("auto", 0.05), (100, 0.005)):
        for result in integrated_gradients(model, texts, targets, steps=steps):
            assert result.scores.dtype == np.float64
            assert (result.scores[result.text.special_mask] == 0.0).all()
            assert (result.scores[~result.text.special_mask] != 0.0).any()
            assert result.delta < share * np.abs(result.scores).max()


@pytest.mark.parametrize(("family", "task"), CASES)
def test_auto_estimates_the_token_error(tiny_model, family, task):
    model = tiny_model(family, task)
    texts, targets = explained(model, task)
    adaptive = integrated_gradients(model, texts, targets, tolerance=0.01)
    exact = integrated_gradients(model, texts, targets, steps=300)
    for result, truth in zip(adaptive, exact, strict=True):
        assert result.token_error <= 0.01
        assert truth.token_error is None
        assert relative(result.scores, truth.scores) <= 0.01
        assert result.f_input == pytest.approx(truth.f_input, abs=1e-5)
        assert result.f_baseline == pytest.approx(truth.f_baseline, abs=1e-5)
        assert result.n_steps < truth.n_steps == 300


def test_with_explicit_positions_delta_shrinks_and_without_them_it_is_stuck(tiny_model):
    model = tiny_model("xlm-roberta", "nli")
    (text,), (target,) = explained(model, "nli")
    ours = [integrated_gradients(model, [text], [target], steps=steps)[0].delta for steps in (2, 40)]
    assert ours[0] > 10 * ours[1]
    assert ours[1] < 1e-4

    ids = torch.tensor([text.input_ids])
    baseline = torch.where(torch.from_numpy(text.special_mask), ids, model.pad_id)
    method = captum.attr.LayerIntegratedGradients(
        lambda input_ids: model.module(input_ids=input_ids).logits[:, target.index], model.embedding
    )
    stuck = [
        abs(method.attribute(ids, baselines=baseline, n_steps=steps, return_convergence_delta=True)[1].item())
        for steps in (20, 80)
    ]
    assert min(stuck) > 0.05
    assert stuck[0] == pytest.approx(stuck[1], rel=0.1)


@pytest.mark.parametrize(("family", "task"), CASES)
def test_a_batch_of_lengths_equals_one_by_one(tiny_model, family, task):
    model = tiny_model(family, task)
    texts = [tokenize(model, task, "en", [text] * (1 if task == "meaning" else 2)) for text in TEXTS]
    kind = {"meaning": "meaning", "nli": "class", "qa": "start"}[task]
    targets = [Target(kind, index, "") for index in range(3)]
    together = integrated_gradients(model, texts, targets, steps=12)
    for text, target, found in zip(texts, targets, together, strict=True):
        (alone,) = integrated_gradients(model, [text], [target], steps=12)
        assert found.text is text
        assert relative(found.scores, alone.scores) < 1e-5
        assert found.f_input == pytest.approx(alone.f_input, abs=1e-5)


def test_texts_are_refined_each_for_itself(tiny_model):
    model = tiny_model("bert", "nli")
    texts = [tokenize(model, "nli", "en", [text, TEXTS[1]]) for text in TEXTS]
    targets = [Target("class", 0, "")] * 3
    together = integrated_gradients(model, texts, targets, tolerance=0.001)
    alone = [
        integrated_gradients(model, [text], [target], tolerance=0.001)[0]
        for text, target in zip(texts, targets, strict=True)
    ]
    assert [found.n_steps for found in together] == [found.n_steps for found in alone]
    assert max(relative(a.scores, b.scores) for a, b in zip(together, alone, strict=True)) < 1e-4


def test_the_chunk_size_does_not_change_the_scores_and_is_shared(tiny_folder):
    model = load_model(str(tiny_folder("bert", "nli")), device="cpu")
    (text,), (target,) = explained(model, "nli")
    large, small = (
        integrated_gradients(model, [text], [target], steps=15, chunk=ChunkSize(tokens))[0] for tokens in (10_000, 1)
    )
    assert relative(small.scores, large.scores) < 1e-5
    model.chunk.halve()
    assert model.chunk.tokens == CPU_CHUNK_TOKENS // 2
    assert load_model(str(tiny_folder("bert", "nli")), device="cpu").chunk.tokens == CPU_CHUNK_TOKENS


def test_no_texts_give_no_attributions(tiny_model):
    assert integrated_gradients(tiny_model("bert", "nli"), [], []) == []


@pytest.mark.parametrize("steps", ["auto", 30])
def test_progress_never_goes_back(tiny_model, steps):
    model = tiny_model("bert", "nli")
    (text,), (target,) = explained(model, "nli")
    calls = []
    (found,) = integrated_gradients(
        model,
        [text],
        [target],
        steps=steps,
        tolerance=0.0001,
        chunk=ChunkSize(60),
        progress=lambda done, of: calls.append((done, of)),
    )
    done = [finished for finished, _ in calls]
    expected = [of for _, of in calls]
    assert done == sorted(done)
    # Only the end may expect less than before: then the adaptive rule finished sooner than usual.
    assert expected[:-1] == sorted(expected[:-1])
    assert all(finished <= of for finished, of in calls)
    assert calls[-1] == (found.n_steps, found.n_steps)


@pytest.mark.parametrize("steps", ["auto", 30])
def test_cancelling_ends_it_within_a_chunk(tiny_model, steps):
    model = tiny_model("bert", "nli")
    (text,), (target,) = explained(model, "nli")
    calls = []
    with pytest.raises(Cancelled):
        integrated_gradients(
            model,
            [text],
            [target],
            steps=steps,
            chunk=ChunkSize(60),
            progress=lambda done, of: calls.append(done),
            should_cancel=lambda: len(calls) == 3,
        )
    assert len(calls) == 3


@pytest.mark.parametrize("steps", ["auto", 5, 200])
def test_gradients_that_are_not_fs_are_refused(tiny_model, steps):
    model = dataclasses.replace(tiny_model("bert", "nli"))
    (text,), _ = explained(model, "nli")
    targets = [Target("class", index, name) for index, name in enumerate(model.classes)]
    honest = integrated_gradients(model, [text] * len(targets), targets)
    # A class whose F hardly moves, beside large scores that cancel each other, says little of the gradients.
    target = max(honest, key=lambda one: abs(one.f_input - one.f_baseline) / np.abs(one.scores).max()).target
    right = model.class_logits
    model.class_logits = lambda embeds, rows: right(0.4 * embeds + 0.6 * embeds.detach(), rows)
    with pytest.raises(CompletenessError, match="do not add up") as caught:
        integrated_gradients(model, [text], [target], steps=steps)
    assert "\n" not in str(caught.value)


def test_positions_that_move_at_the_baseline_are_refused(tiny_model):
    """A `<pad>` baseline shifts XLM-R's positions in a forward path that looks for pads among the embedding rows."""
    model = dataclasses.replace(tiny_model("xlm-roberta", "nli"))
    (text,), (target,) = explained(model, "nli")
    right, pad_row = model.class_logits, model.embedding.weight[model.pad_id]

    def shifting(embeds, rows):
        real = (~(embeds == pad_row).all(-1)).long()
        return right(embeds, dataclasses.replace(rows, position_ids=real.cumsum(1) * real + model.pad_id))

    model.class_logits = shifting
    with pytest.raises(CompletenessError):
        integrated_gradients(model, [text], [target], steps=50)


@pytest.mark.parametrize("family", FAMILIES)
def test_few_steps_are_poor_but_not_an_error(tiny_model, family):
    model = tiny_model(family, "nli")
    (text,), (target,) = explained(model, "nli")
    (found,) = integrated_gradients(model, [text], [target], steps=1)
    assert found.n_steps == 1


def test_half_precision_moves_the_scores_and_is_close(tiny_folder, tiny_model):
    exact_model = tiny_model("bert", "nli")
    (text,), (target,) = explained(exact_model, "nli")
    half = load_model(str(tiny_folder("bert", "nli")), device="cpu", precision="bf16")
    (rough,) = integrated_gradients(half, [text], [target], steps=30)
    (exact,) = integrated_gradients(exact_model, [text], [target], steps=30)
    assert rough.scores.dtype == np.float64
    assert 1e-4 < relative(rough.scores, exact.scores) < 0.3


def test_threads_share_a_model_without_mixing_results(tiny_model):
    model = tiny_model("bert", "nli")
    texts = [tokenize(model, "nli", "en", [text, TEXTS[1]]) for text in TEXTS]
    target = Target("class", 0, "")
    expected = [integrated_gradients(model, [text], [target], steps=8)[0].scores for text in texts]
    found = {}

    def work(worker):
        for k, text in enumerate(texts):
            ours = integrated_gradients(model, [text], [target], steps=8)[0].scores
            captums = captum_reference(model, text, target, n_steps=8)
            found[worker, k] = (ours, captums)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 * len(texts)
    for (_, k), (ours, captums) in found.items():
        assert relative(ours, expected[k]) < 1e-5
        assert relative(captums, expected[k]) < 1e-5
