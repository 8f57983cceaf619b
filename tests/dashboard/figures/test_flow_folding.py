"""Long texts in the flow picture: what is folded, and that folding changes no number."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from dashboard.figures.flow.folding import fold_flow
from dashboard.figures.flow.layout import flow_layout
from dashboard.figures.flow.picture import flow_svg
from dashboard.figures.matrix.axes import NOTABLE_MASS
from dashboard.figures.words import sentences
from tests.world.analyses import Field, pair, plain_pair, side, storm

SVG = "{http://www.w3.org/2000/svg}"


def answered(n=150):
    """A question of six words and a context in which few words matter; `stor` + `ms` is one of two pieces."""
    rng = np.random.default_rng(n)
    values = np.where(rng.random(n) < 0.06, rng.uniform(0.5, 2, n), rng.uniform(0.001, 0.01, n))
    context = [[(f"w{index}", value)] for index, value in enumerate(values)]
    context[40] = [("stor", 1.5), ("ms", 0.001)]
    question = [[(f"q{index}", value)] for index, value in enumerate((0.001, 0.4, 0.001, 0.001, 0.001, 0.3))]
    return [Field("question", question), Field("context", context)]


@pytest.fixture(scope="module")
def result():
    return pair(side("en", *answered(150), kind="start"), side("de", *answered(130), kind="start"), task="qa")


def test_folding_keeps_mass_flows_and_consistency(result):
    folded = fold_flow(result)
    assert folded.is_folded
    assert folded.analysis.consistency == pytest.approx(result.consistency)
    for old, new, rows in zip(
        (result.source, result.target), (folded.analysis.source, folded.analysis.target), folded.members, strict=True
    ):
        assert [index for row in rows for index in row] == list(range(len(old.units)))
        np.testing.assert_allclose(new.mass, [old.mass[list(row)].sum() for row in rows])
        assert len(new.units) < len(old.units) / 2
    (source, target), plan = folded.members, folded.analysis.transport.plan
    i, j = next((i, j) for i, left in enumerate(source) for j in range(len(target)) if len(left) > 1 and plan[i, j] > 0)
    block = np.ix_(source[i], target[j])
    assert plan[i, j] == pytest.approx(result.transport.plan[block].sum())
    adds = (result.transport.plan[block] * result.transport.similarity[block]).sum()
    assert plan[i, j] * folded.analysis.transport.similarity[i, j] == pytest.approx(adds)


def test_what_matters_stays_by_itself_with_its_whole_word_and_short_fields_stay_whole(result):
    folded = fold_flow(result)
    for old, rows in ((result.source, folded.members[0]), (result.target, folded.members[1])):
        hidden = [index for row in rows if len(row) > 1 for index in row]
        assert max(old.mass[hidden]) < NOTABLE_MASS
        assert not {"q0", "q2", "stor", "ms"} & {old.units[index].text for index in hidden}
        assert all(len({old.units[index].field for index in row}) == 1 for row in rows)
        assert min(len(row) for row in rows if len(row) > 1) >= 3


def test_short_texts_are_drawn_as_they_are():
    for short in (storm(), plain_pair(60, 45)):
        folded = fold_flow(short)
        assert not folded.is_folded
        np.testing.assert_array_equal(folded.analysis.transport.plan, short.transport.plan)
        np.testing.assert_array_equal(folded.analysis.transport.similarity, short.transport.similarity)
        assert folded.analysis.source.units == short.source.units
        assert "drawn as one" not in sentences.flow_caption(short)


def test_a_folded_row_says_how_many_tokens_it_is(result):
    root = ElementTree.fromstring(flow_svg(result))
    rows = [row for row in fold_flow(result).members[0] if len(row) > 1]
    said = [node.get("aria-label") for node in root.iter(f"{SVG}g") if " s" in node.get("class", "")]
    assert [name for name in said if " tokens, mass " in name] == [
        f"{len(row)} tokens, mass {100 * result.source.mass[list(row)].sum():.1f}%" for row in rows
    ]
    assert flow_layout(fold_flow(result).analysis).height < flow_layout(result).height / 2
    assert sentences.flow_caption(result).endswith("carry less than 0.5% each are drawn as one.")


def test_without_texts_tokens_keep_their_numbers(result):
    from dataclasses import replace

    def bare(one):
        return replace(one, units=tuple(replace(unit, text="") for unit in one.units))

    labels = fold_flow(replace(result, source=bare(result.source), target=bare(result.target))).labels[0]
    numbers = [int(label) for label in labels if label.isdigit()]
    assert numbers == sorted(numbers) and numbers[0] == 1 and numbers[-1] > 60
    assert any(re.fullmatch(r"\d+ tokens", label) for label in labels)
