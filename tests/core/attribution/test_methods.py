import numpy as np
import pytest
import torch

from core.attribution.methods import attribute, captum_reference
from core.errors import Cancelled, OptionError
from core.results import Target
from core.settings import METHODS, Settings
from tests.world.tiny import PAD, explained, linear_model, numbered_text

TEXT = numbered_text([0, 5, 7, 0, 9, 3, 0], specials=(0, 3, 6))
TARGET = Target("class", 1, "neutral")
OTHERS = [method for method in METHODS if method != "integrated-gradients"]


def scores_of(method, **changes):
    (found,) = attribute(linear_model(), [TEXT], [TARGET], Settings(task="nli", method=method, **changes))
    assert found.method == method
    assert (found.scores[TEXT.special_mask] == 0.0).all()
    return found


def closed_form(method):
    """The attribution of a linear F with weights w: |w|, x.w, or (x - x').w, summed over the embedding."""
    module = linear_model().module
    x = module.table.weight[list(TEXT.input_ids)]
    w = module.weight[: len(TEXT.tokens), :, TARGET.index]
    way = x - module.table.weight[PAD]
    per_dimension = {"saliency": w.abs(), "input-x-gradient": x * w}.get(method, way * w)
    return np.where(TEXT.special_mask, 0.0, per_dimension.sum(-1).double().numpy())


@pytest.mark.parametrize("method", METHODS)
def test_each_method_has_its_closed_form_on_a_linear_model(method):
    found = scores_of(method)
    # Gradient SHAP adds noise to x: 50 samples of 5% leave about 1% of the spread of x.
    tolerance = 0.2 if method == "gradient-shap" else 1e-5
    np.testing.assert_allclose(found.scores, closed_form(method), atol=tolerance)
    assert found.f_input - found.f_baseline == pytest.approx(closed_form("integrated-gradients").sum(), abs=1e-4)


@pytest.mark.parametrize("method", OTHERS)
def test_only_the_paths_method_estimates_an_error(method):
    found = scores_of(method)
    assert found.token_error is None
    assert found.n_steps >= 1
    assert scores_of("integrated-gradients").token_error is not None


def test_the_seed_decides_everything_random_and_nothing_else_is_touched():
    torch.manual_seed(11)
    np.random.seed(11)
    expected = (torch.rand(1).item(), np.random.rand())
    torch.manual_seed(11)
    np.random.seed(11)
    first = scores_of("gradient-shap").scores
    assert (torch.rand(1).item(), np.random.rand()) == expected
    np.testing.assert_array_equal(scores_of("gradient-shap").scores, first)
    assert not np.array_equal(scores_of("gradient-shap", seed=1).scores, first)


@pytest.mark.parametrize("method", ["saliency", "input-x-gradient"])
def test_a_cosine_at_its_maximum_has_no_gradient_to_show(tiny_model, method):
    model = tiny_model("bert", "meaning")
    texts, targets = explained(model, "meaning")
    with pytest.raises(OptionError, match="is zero for the task meaning") as caught:
        attribute(model, texts, targets, Settings(method=method))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("method", ["gradient-shap", "occlusion"])
@pytest.mark.parametrize("task", ["meaning", "nli", "qa"])
def test_the_others_work_on_every_task(tiny_model, task, method):
    model = tiny_model("xlm-roberta", task)
    texts, targets = explained(model, task)
    for found in attribute(model, texts, targets, Settings(task=task, method=method)):
        assert np.isfinite(found.scores).all()
        assert (found.scores[found.text.special_mask] == 0.0).all()
        assert np.abs(found.scores).max() > 0


def test_progress_and_cancelling():
    done = []
    texts, targets = [TEXT] * 3, [TARGET] * 3
    settings = Settings(task="nli", method="saliency")
    attribute(linear_model(), texts, targets, settings, progress=lambda k, of: done.append((k, of)))
    assert done == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(Cancelled):
        attribute(linear_model(), texts, targets, settings, should_cancel=lambda: True)


def test_the_captum_check_agrees_on_a_linear_model():
    reference = captum_reference(linear_model(), TEXT, TARGET, n_steps=3, batch_rows=2)
    np.testing.assert_allclose(reference, closed_form("integrated-gradients"), atol=1e-5)
