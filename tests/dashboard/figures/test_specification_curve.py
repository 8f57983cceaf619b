"""The specification curve: its marks and counts are those of the values, its sentence that of pandas."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from core.report.specifications import specification_curve, specifications_of
from dashboard.figures.specifications.curve import NARROW, WIDE, curve_svg
from dashboard.figures.words.specifications import curve_sentence, curve_spoken

SVG = "{http://www.w3.org/2000/svg}"


def values(seed=0, n=30):
    rng = np.random.default_rng(seed)
    lines = []
    for baseline in ("pad", "mask", "zero"):
        for mass in ("abs", "signed"):
            for code in ("en", "es", "zh"):
                shift = rng.normal(0, 0.03)
                lines += [
                    (baseline, mass, "same-pairs", code, row, row, 0.4 + shift + rng.normal(0, 0.02))
                    for row in range(n)
                ]
    names = ["baseline", "mass", "reading", "trained_on", "row", "cluster", "value"]
    return pd.DataFrame(lines, columns=names)


@pytest.mark.parametrize("seed", range(4))
def test_the_sentence_agrees_with_pandas(seed):
    frame = values(seed)
    curve = specification_curve(specifications_of(frame))
    means = frame.groupby(["baseline", "mass", "trained_on"]).value.mean().unstack()
    counted = means.idxmax(axis=1).value_counts()
    sentence = curve_sentence(curve)
    names = {"en": "English", "es": "Spanish", "zh": "Chinese"}
    assert f"{names[curve.language]} is first in {counted[curve.language]} of 6 specifications" in sentence
    assert sentence.startswith("Same pairs: ")
    for code, n in counted.items():
        if code != curve.language:
            assert f"{names[code]} in {n}" in sentence
    assert curve_spoken(curve).startswith(sentence)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_specification_has_its_dot_and_one_mark_a_choice(width):
    curve = specification_curve(specifications_of(values()))
    root = ET.fromstring(curve_svg(curve, width=width))
    dots = root.findall(f"{SVG}circle")
    assert len(dots) == 6
    # The smallest lead comes first, at the left, and is the lowest.
    assert [float(dot.get("cx")) for dot in dots] == sorted(float(dot.get("cx")) for dot in dots)
    assert [float(dot.get("cy")) for dot in dots] == sorted((float(dot.get("cy")) for dot in dots), reverse=True)
    filled = ["accent" in re.search(r"fill:var\(--(\w+)\)", dot.get("style")).group(1) for dot in dots]
    assert filled == [curve.leaders[at] == curve.language for at in curve.order]
    marks = [path for path in root.findall(f"{SVG}path") if path.get("class") == "marks"]
    assert [path.get("d").count("M") for path in marks] == [2, 2, 2, 3, 3]
    texts = [text.text for text in root.findall(f"{SVG}text")]
    assert {"Baseline", "Mass", "pad token", "signed"} <= set(texts)
    leads, of = curve.first_with("mass")["signed"]
    assert f"{leads} of {of}" in texts
    assert len([path for path in root.findall(f"{SVG}path") if path.get("class") == "default"]) == 1
    assert all(0 <= float(text.get("x")) <= width for text in root.findall(f"{SVG}text"))
