from dataclasses import replace

import numpy as np

from core.report.verdict import verdict
from dashboard.figures import legend
from dashboard.figures.colours import ATTRIBUTION
from dashboard.figures.linked import consistency_html
from dashboard.figures.words import sentences
from tests.world.analyses import REFERENCES, Field, pair, plain_pair, rain, side, storm


def test_the_verdict_is_escaped_with_its_lead_in_bold():
    found = verdict(0.5, REFERENCES)
    html = sentences.verdict_html(0.5, REFERENCES)
    assert html.startswith(f'<p class="verdict"><b>{found.lead}.</b> {found.chance}</p>')
    assert f"{found.equal} {found.carried}" in html


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
    assert sentences.explained_line(rain().source) == "sentence meaning"
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


def test_predictions_that_differ_are_said_first():
    same = storm()
    assert sentences.different_predictions(same) == "" and "differ" not in consistency_html([same], [], step=3)
    other = replace(same, target=replace(same.target, prediction={"neutral": 0.6, "contradiction": 0.4}))
    line = "The model predicts contradiction in English and neutral in Spanish; both are explained for contradiction."
    assert sentences.different_predictions(other) == line
    assert consistency_html([other], [], step=3).index(line) < consistency_html([other], [], step=3).index("c-num")
