import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from dashboard.figures.flow.layout import FACTOR, FACTOR_LONG, flow_layout
from dashboard.figures.flow.picture import NARROW, WIDE, flow_svg
from dashboard.figures.scale import scale_keys_html, scale_svg
from tests.world.analyses import REFERENCES, Field, hostile, pair, plain_pair, rain, side, storm

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("make", [storm, rain, lambda: plain_pair(60, 45), lambda: plain_pair(1, 1)])
def test_flows_out_of_a_bar_sum_to_its_mass(make):
    result = make()
    layout = flow_layout(result)
    for rows, mass, end in ((layout.source, result.source.mass, "i"), (layout.target, result.target.mass, "j")):
        for row, value in zip(rows, mass, strict=True):
            out = sum(ribbon.height for ribbon in layout.ribbons if getattr(ribbon, end) == row.index)
            assert out + row.unmatched == pytest.approx(layout.factor * value, abs=1e-6)


def test_ribbons_stay_inside_their_bars_without_overlap():
    layout = flow_layout(storm())
    for row in layout.source:
        own = sorted((r for r in layout.ribbons if r.i == row.index), key=lambda r: r.source_top)
        assert [r.j for r in own] == sorted(r.j for r in own)
        edges = [row.bar_top, *(r.source_top + r.height for r in own)]
        assert [r.source_top for r in own] == pytest.approx(edges[:-1])


def test_rows_do_not_overlap_and_both_sides_share_a_factor():
    layout = flow_layout(plain_pair(50, 12))
    assert layout.factor == FACTOR_LONG
    assert flow_layout(storm()).factor == FACTOR
    for rows in (layout.source, layout.target):
        assert all(above.top + above.height <= below.top + 1e-9 for above, below in pairwise(rows))
        assert rows[-1].top + rows[-1].height <= layout.height
        assert min(row.height for row in rows) >= 17


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("theme", [None, "light", "dark"])
@pytest.mark.parametrize("make", [storm, rain, hostile])
def test_picture_is_xml_with_every_token_as_text(make, theme, width):
    result = make()
    svg = flow_svg(result, width, standalone_theme=theme)
    root = ElementTree.fromstring(svg)
    assert root.get("width") == str(width if theme is None else width + 24) and root.get("aria-label")
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {
        "svg",
        "style",
        "g",
        "path",
        "rect",
        "text",
        "title",
    }
    nodes = [node for node in root.iter(f"{SVG}g") if "node" in node.get("class", "").split()]
    assert len(nodes) == len(result.source.units) + len(result.target.units)
    assert all(node.get("tabindex") == "0" and node.get("aria-label") for node in nodes)
    text = "".join(root.itertext())
    assert not {"▁", "\u202e", "\u202c", "\x07"} & set(text) and "##" not in text
    assert len(svg) < 150_000


def test_hostile_tokens_are_cut_and_spelt_out():
    titles = [node.text for node in ElementTree.fromstring(flow_svg(hostile())).iter(f"{SVG}title")]
    assert any("<script>alert(1)</script> →" in title for title in titles)
    assert any("U+202EabcU+202C" in title for title in titles)
    assert max(map(len, titles)) < 400


def test_a_file_has_fixed_colours_and_a_page_follows_the_theme():
    page, file = flow_svg(storm()), flow_svg(storm(), standalone_theme="dark")
    assert "var(--text)" in page and "light-dark(" in page
    assert "var(" not in file and "light-dark" not in file and "#14181D" in file


def test_ribbons_say_what_they_add():
    titles = [node.text for node in ElementTree.fromstring(flow_svg(storm())).iter(f"{SVG}title")]
    assert any(
        re.fullmatch(r"storm → tormenta: flow 0\.\d{3}, similarity 0\.\d\d, adds 0\.\d{3} to C", t) for t in titles
    )


def test_nothing_similar_leaves_hollow_bars():
    one, two = side("en", Field("text", [[("a", 1.0)]])), side("es", Field("text", [[("b", 1.0)]]))
    result = pair(one, two, similarity=np.array([[-0.2]]))
    svg = flow_svg(result)
    assert "adds" not in svg and 'class="none"' in svg and 'class="nb"' not in svg


def test_right_to_left_labels_have_a_direction():
    root = ElementTree.fromstring(flow_svg(rain()))
    arabic = [node for node in root.iter(f"{SVG}text") if node.get("lang") == "ar"]
    assert {node.get("direction") for node in arabic} == {"rtl", None}
    assert all(node.get("text-anchor") == "end" for node in arabic if node.get("direction") == "rtl")


@pytest.mark.parametrize("theme", [None, "dark"])
def test_scale_is_xml_and_clamps(theme):
    references = replace(REFERENCES, shuffled_low=-0.1, carried=1.2)
    root = ElementTree.fromstring(scale_svg(1.0, references, standalone_theme=theme))
    (band,) = [node for node in root.iter(f"{SVG}rect") if node.get("class") == "chance"]
    (bracket,) = [node for node in root.iter(f"{SVG}path") if node.get("class") == "carried"]
    assert float(band.get("x")) == 8
    assert bracket.get("d").startswith("M288.0 "), "closes at 1, the end of the axis"


def test_the_scale_draws_and_says_the_range_of_the_shuffles_and_what_is_carried_over():
    root = ElementTree.fromstring(scale_svg(0.4, REFERENCES))
    (band,) = [node for node in root.iter(f"{SVG}rect") if node.get("class") == "chance"]
    ends = float(band.get("x")), float(band.get("x")) + float(band.get("width"))
    assert [(end - 8) / 284 for end in ends] == pytest.approx([0.263, 0.446], abs=1e-3), "not mean and sd"
    (bracket,) = [node for node in root.iter(f"{SVG}path") if node.get("class") == "carried"]
    assert (float(bracket.get("d")[1:].split()[0]) + 4 - 8) / 284 == pytest.approx(0.561, abs=1e-3)
    assert root.get("aria-label") == (
        "C 0.400; shuffled importance 0.352, 95% of the shuffles between 0.263 and 0.446; equal importance 0.519; "
        "carried-over importance 0.561"
    )
    keys = scale_keys_html(0.4, REFERENCES)
    for words, number in (("95% of the shuffles", "0.263–0.446"), ("carried-over importance", "0.561")):
        assert f"<span>{words}</span><b>{number}</b>" in keys


def test_identity_keeps_two_pictures_apart():
    result = replace(storm())
    assert 'id="a-460"' in flow_svg(result, identity="a") and "#a-460 " in flow_svg(result, identity="a")
