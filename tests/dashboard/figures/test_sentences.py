from dataclasses import replace

import numpy as np
import pytest

from dashboard.figures import legend
from dashboard.figures.colours import ATTRIBUTION
from dashboard.figures.words import sentences
from tests.world.analyses import REFERENCES, Field, pair, plain_pair, rain, side, storm


def text(consistency, **changes):
    return sentences.verdict(consistency, replace(REFERENCES, **changes)).text.replace("\u00a0", " ")


def test_above_chance():
    assert text(0.547) == (
        "Above chance: higher than 99.5% of 1,000 random shuffles of the same importance (mean 0.352, sd 0.047), "
        "and 0.028 above equal importance on every token (0.519)."
    )


def test_all_replaces_a_hundred_percent():
    assert "higher than all 1,000 random shuffles" in text(0.6, shuffled_percentile=100.0)
    assert "lower than all 1,000 random shuffles" in text(0.1, shuffled_percentile=0.0)
    assert "over 99.9% of 10,000" in text(0.6, shuffled_percentile=99.99, n_shuffles=10_000)
    assert "100%" not in text(0.6, shuffled_percentile=100.0)


def test_below_equal_importance_is_said():
    assert "0.019 below equal importance" in text(0.5)
    assert "the same as with equal importance" in text(0.519)


@pytest.mark.parametrize(
    ("percentile", "regime", "lead"),
    [
        (97.5, "above", "Above chance:"),
        (97.4, "within", "Not distinguishable from chance:"),
        (2.6, "within", "Not distinguishable from chance:"),
        (2.5, "below", "Below chance:"),
    ],
)
def test_regimes_by_percentile(percentile, regime, lead):
    found = sentences.verdict(0.4, replace(REFERENCES, shuffled_percentile=percentile))
    assert (found.regime, found.lead) == (regime, lead)


def test_within_the_range_of_the_shuffles_nothing_is_claimed():
    assert text(0.36, shuffled_percentile=61.0) == (
        "Not distinguishable from chance: 61% of 1,000 random shuffles of the same importance give less (mean 0.352, "
        "sd 0.047); C is 0.159 below equal importance on every token (0.519)."
    )
    assert "gives the same C" in text(0.352, shuffled_percentile=50.0, shuffled_sd=0.0)


def test_captions_count_flows():
    caption = sentences.flow_caption(storm())
    assert caption.startswith("35 flows carry 100% of the mass; ") and "drawn as hairlines" in caption
    assert "meets nothing similar." in sentences.flow_caption(rain())
    nothing = plain_pair(1, 1, similarity=-np.ones((1, 1)))
    assert sentences.flow_caption(nothing).endswith("C is 0.")
    assert sentences.flow_caption(plain_pair(1, 1, similarity=np.ones((1, 1)))) == ("1 flow carries 100% of the mass.")


def test_lines_beside_the_result():
    result = storm()
    assert sentences.cost_line(result) == "7.4 s · 20 nodes each · token error ≤ 0.6%"
    assert sentences.explained_line(result.source) == ("predicts contradiction 0.93 · neutral 0.05 · entailment 0.02")
    assert sentences.explained_line(rain().source).startswith("sentence meaning · F(x) − F(x′) = 0.33")
    target = result.source.attribution.target
    assert sentences.attribution_meaning(target) == "share of all attribution to the contradiction logit"
    assert sentences.different_targets(result) is None
    other = side("es", Field("premise", [[("a", 1.0)]]), label="neutral")
    assert sentences.different_targets(pair(result.source, other)) is not None


def test_html_is_escaped_and_legends_have_a_swatch_per_stop():
    assert "&lt;b&gt;" in sentences.card_text_html(0.5, REFERENCES, "<b>", "x")
    assert "&lt;b&gt;" in legend.head_html("<b>", legend.attribution_legend("<b>"))
    assert legend.attribution_legend("share").count("<i ") == len(ATTRIBUTION)
    assert "0.5 chance" in legend.performance_legend(0.5) and "0.33 chance" in legend.performance_legend(1 / 3)
