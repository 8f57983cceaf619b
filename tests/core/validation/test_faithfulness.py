"""Deletion and insertion curves: against Transformers, closed forms, and the best of all orders of a linear model."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModel, AutoModelForSequenceClassification

from core.attribution.lig import integrated_gradients
from core.attribution.paths import PathBundle, PathPoint
from core.errors import Cancelled, OptionError
from core.results import Target
from core.settings import METHODS
from core.validation.curves import Curves, outputs_with, random_orders, token_curves, token_orders
from core.validation.faithfulness import (
    MEASURES,
    faithfulness_frame,
    measure_faithfulness,
    method_names,
    method_variants,
)
from core.validation.texts import Explained
from tests.world.tiny import FAMILIES, explained, linear_model, numbered_text

TEXTS = [
    Explained("en", ("the old boat sailed", "nobody saw it"), 3),
    Explained("es", ("el barco zarpó", "nadie vio"), 3),
    Explained("en", ("the storm closed the road", "it was late"), 8),
    Explained("es", ("la tormenta cerró la carretera", "llegó tarde"), 8),
]


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""


# one curve


def test_areas_and_shares_of_a_curve_that_is_computed_by_hand():
    curves = Curves(np.array([0, 1, 2, 4]), np.array([4.0, 1.0, 5.0, 0.0]), np.array([0.0, 3.0, 2.0, 4.0]))
    assert curves.shares.tolist() == [0, 0.25, 0.5, 1]
    # Below F(x): 0, 3, -1, 4, by trapezia of width 1/4, 1/4, 1/2.
    assert curves.deletion_area == pytest.approx(3 / 8 + 2 / 8 + 3 / 4)
    assert curves.insertion_area == pytest.approx(3 / 8 + 5 / 8 + 6 / 4)
    # 10, 20 and 30% of four tokens are one token, 50% are two.
    assert curves.comprehensiveness == pytest.approx((3 + 3 + 3 - 1) / 4)
    assert curves.change == pytest.approx((3 + 3 + 3 + 1) / 4)
    assert curves.sufficiency == pytest.approx((1 + 1 + 1 + 2) / 4)


def test_a_long_text_has_ten_steps_and_a_short_one_a_step_a_token():
    model = linear_model(vocabulary=64, positions=64)
    for n, counts in ((4, [0, 1, 2, 3, 4]), (40, list(range(0, 44, 4)))):
        text = numbered_text(range(2, n + 3))
        (curves,) = token_curves(model, text, Target("class", 0, "entailment"), random_orders(text, 1, _random()))
        assert curves.counts.tolist() == counts


def test_orders_leave_specials_out_and_keep_the_reading_order_of_ties():
    text = numbered_text([0, 5, 6, 7, 8, 0], specials=(0, 5))
    orders = token_orders(text, np.array([9.0, 1.0, -3.0, 2.0, 1.0, 9.0]))
    assert orders["signed"].tolist() == [3, 1, 4, 2]
    assert orders["absolute"].tolist() == [2, 3, 1, 4]
    assert all(sorted(order.tolist()) == [1, 2, 3, 4] for order in random_orders(text, 5, _random()))


# F of edited texts


@pytest.mark.parametrize("family", FAMILIES)
def test_padding_all_tokens_is_the_baseline_and_none_the_input(tiny_model, family):
    model = tiny_model(family, "nli")
    (text, *_), (target, *_) = explained(model, "nli")
    expected = PathBundle(model, [text], [target], independent=True).outputs([PathPoint(0, 1.0), PathPoint(0, 0.0)])
    kept = np.stack([np.ones(len(text.tokens), dtype=bool), text.special_mask])
    np.testing.assert_allclose(outputs_with(model, text, target, kept), expected, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_removed_token_is_one_that_transformers_never_reads(tiny_model, tiny_folder, family):
    model = tiny_model(family, "nli")
    (text, *_), _ = explained(model, "nli")
    kept = np.ones((3, len(text.tokens)), dtype=bool)
    kept[0, 1] = kept[1, [2, 3]] = False
    kept[2] = text.special_mask
    found = outputs_with(model, text, Target("class", 2, "contradiction"), kept, way="remove")
    module = AutoModelForSequenceClassification.from_pretrained(tiny_folder(family, "nli")).eval()
    for row, value in zip(kept, found, strict=True):
        ids = torch.tensor([np.array(text.input_ids)[row].tolist()])
        extra = {"bert": "token_type_ids", "xlm": "langs"}.get(family)
        read = {"bert": np.array(text.token_type_ids)[row].tolist(), "xlm": [0] * ids.shape[1]}.get(family)
        with torch.no_grad():
            logits = module(ids, **({extra: torch.tensor([read])} if extra else {})).logits
        assert value == pytest.approx(float(logits[0, 2]), abs=1e-5)


def test_meaning_compares_the_rest_with_the_whole_sentence(tiny_model, tiny_folder):
    model = tiny_model("bert", "meaning")
    (text,), (target,) = explained(model, "meaning")
    kept = np.ones((1, len(text.tokens)), dtype=bool)
    kept[0, 2] = False
    module = AutoModel.from_pretrained(tiny_folder("bert", "meaning")).eval()
    with torch.no_grad():
        whole, rest = (
            module(torch.tensor([np.array(text.input_ids)[row].tolist()])).last_hidden_state.mean(1)
            for row in (np.ones(len(text.tokens), dtype=bool), kept[0])
        )
    expected = float(torch.nn.functional.cosine_similarity(whole, rest))
    assert outputs_with(model, text, target, kept, way="remove") == pytest.approx([expected], abs=1e-5)


def test_an_answer_is_measured_with_padding_and_not_with_removal(tiny_model):
    model = tiny_model("bert", "qa")
    texts, targets = explained(model, "qa")
    for text, target in zip(texts, targets, strict=True):
        bundle = PathBundle(model, [text], [target], independent=True)
        (curves,) = token_curves(model, text, target, random_orders(text, 1, _random()))
        ends = bundle.outputs([PathPoint(0, 1.0), PathPoint(0, 0.0)]).tolist()
        assert [curves.deletion[0], curves.deletion[-1]] == pytest.approx(ends, abs=1e-5)
        with pytest.raises(OptionError, match="Use the way pad"):
            token_curves(model, text, target, random_orders(text, 1, _random()), way="remove")


def test_unknown_ways_are_refused_and_cancelling_is_heard():
    model, text, target = linear_model(), numbered_text([2, 3, 4]), Target("class", 0, "entailment")
    with pytest.raises(OptionError, match="pad, remove"):
        token_curves(model, text, target, random_orders(text, 1, _random()), way="blur")
    with pytest.raises(Cancelled):
        token_curves(model, text, target, random_orders(text, 1, _random()), should_cancel=lambda: True)


# which order is best


@pytest.mark.parametrize("seed", range(3))
def test_on_a_linear_model_no_order_is_better_than_the_signed_one(seed):
    model = linear_model(seed=seed)
    text = numbered_text([2, 5, 9, 11, 14, 17, 19])
    target = Target("class", seed, "any")
    (attribution,) = integrated_gradients(model, [text], [target], steps=4)
    signed = token_orders(text, np.asarray(attribution.scores))["signed"]
    positions = np.flatnonzero(~text.special_mask)
    every = [signed, *(np.array(order) for order in permutations(positions.tolist()))]
    for name, best in (
        ("deletion area", max),
        ("insertion area", max),
        ("comprehensiveness", max),
        ("sufficiency", min),
    ):
        of_signed, *of_others = (MEASURES[name](curves) for curves in token_curves(model, text, target, every))
        assert of_signed == pytest.approx(best(of_others), abs=1e-6)


def test_the_signed_order_is_best_where_the_baseline_scores_above_the_input():
    """Divided by F(x) - F(x'), which is negative here, the best order would come out as the worst."""
    model = linear_model(seed=1)
    text = numbered_text([2, 5, 9, 11, 14, 17, 19])
    attributions = integrated_gradients(model, [text] * 3, [Target("class", k, "any") for k in range(3)], steps=4)
    attribution = min(attributions, key=lambda each: each.f_input - each.f_baseline)
    assert attribution.f_input < attribution.f_baseline - 1
    signed = token_orders(text, np.asarray(attribution.scores))["signed"]
    orders = [signed, signed[::-1], *random_orders(text, 50, _random())]
    best, worst, *random = token_curves(model, text, attribution.target, orders)
    for name in ("deletion area", "insertion area", "comprehensiveness"):
        low, mean, high = (MEASURES[name](worst), np.mean([MEASURES[name](r) for r in random]), MEASURES[name](best))
        assert low < mean < high


# the tables


def test_every_difference_from_random_is_that_of_the_same_text(tiny_model):
    model = tiny_model("bert", "nli")
    variants = method_variants(model, method_names("integrated-gradients, saliency"))
    frame = faithfulness_frame(model, TEXTS, variants, n_random=3)
    assert len(frame) == len(TEXTS) * 2 * 4  # texts, ways; signed, absolute, saliency, random
    tables = measure_faithfulness(model, TEXTS, variants, n_random=3)
    areas, _, orders, languages = (pd.DataFrame(table.rows, columns=list(table.columns)) for table in tables)
    key = {"method": "integrated-gradients", "order": "signed"}

    def of(way, order, method, language=None):
        rows = frame[(frame.way == way) & (frame.order == order) & (frame.method == method)]
        return rows[rows.language == language] if language else rows

    for way, name in (("pad", "padded"), ("remove", "removed")):
        (row,) = areas[(areas.method == key["method"]) & (areas.order == "signed") & (areas.tokens == name)].to_dict(
            "records"
        )
        signed, random = of(way, "signed", key["method"]), of(way, "random", "random")
        differences = signed["deletion area"].to_numpy() - random["deletion area"].to_numpy()
        assert row["deletion area"] == pytest.approx(signed["deletion area"].mean())
        assert row["deletion area - random"] == pytest.approx(differences.mean())
        # Two rows with two translations each: no resample of rows goes beyond the mean of either row.
        by_row = differences.reshape(2, 2).mean(axis=1)
        assert [row["deletion area from"], row["deletion area to"]] == pytest.approx(sorted(by_row), abs=1e-12)
        assert row["above random"] == np.mean(differences > 0)
    (es,) = languages[
        (languages.language == "es") & (languages.method == "saliency") & (languages.tokens == "removed")
    ].to_dict("records")
    expected = of("remove", "absolute", "saliency", "es")["insertion area"].to_numpy()
    expected = expected - of("remove", "random", "random", "es")["insertion area"].to_numpy()
    assert es["insertion area - random"] == pytest.approx(expected.mean())
    # The scores of saliency have no sign, so that they have no two orders to compare.
    assert set(orders["method"]) == {"integrated-gradients"}
    (change,) = orders[(orders.measure == "change") & (orders.tokens == "padded")]["signed - absolute"]
    both = [of("pad", order, "integrated-gradients")["change"].mean() for order in ("signed", "absolute")]
    assert change == pytest.approx(both[0] - both[1])


def test_all_methods_are_those_that_the_task_has(tiny_model):
    assert [variant.name for variant in method_variants(tiny_model("bert", "nli"), method_names("all"))] == list(
        METHODS
    )
    names = [variant.name for variant in method_variants(tiny_model("bert", "meaning"), method_names("all"))]
    assert names == ["integrated-gradients", "gradient-shap", "occlusion"]


def _random():
    return np.random.default_rng(0)
