import json
import re
import struct
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import resvg_py

from core.consistency.export import report_to_json
from core.results import PairReport, Target
from dashboard.downloads import png
from dashboard.downloads.bundle import bundle
from dashboard.downloads.files import csv_bytes, html_bytes, json_bytes, png_bytes, svg_bytes
from dashboard.downloads.pictures import PICTURES
from dashboard.figures.flow.picture import flow_svg
from dashboard.figures.matrix.picture import matrix_svg
from tests.world.analyses import Field, answers, hostile, pair, plain_pair, rain, side, storm
from tests.world.pages import Page, contents, rows

SVG = "{http://www.w3.org/2000/svg}"
FILES = [
    "README.txt",
    "result.json",
    "report.html",
    *(f"{table}.csv" for table in ("flows", "tokens-source", "tokens-target")),
    *(f"{picture}.{ending}" for picture in PICTURES for ending in ("svg", "png")),
]


def formulas():
    words = [[(text, 0.2 + index / 10)] for index, text in enumerate(("=1+1", "+1", "-1", "@sum", "plain"))]
    return pair(side("en", Field("text", words)), side("es", Field("text", words)), similarity=np.eye(5))


def test_a_zip_holds_every_file_and_says_what_it_is():
    files = contents(bundle(PairReport((storm(),)), stamp="2025-01-02, version 1.0"))
    assert list(files) == FILES
    readme = files["README.txt"].decode()
    assert all(name in readme for name in FILES[1:]) and "2025-01-02" in readme and "missing:" not in readme
    assert json.loads(files["result.json"]) == json.loads(json.dumps(report_to_json(PairReport((storm(),)))))
    assert all(files[name].startswith(b"\x89PNG") for name in files if name.endswith(".png"))


def test_question_answering_has_both_ends():
    files = contents(bundle(answers()))
    stems = [name.partition(".") for name in FILES[3:]]
    assert list(files) == FILES[:3] + [
        f"{stem}-{end}.{ending}" for end in ("start", "end") for stem, _, ending in stems
    ]
    page = files["report.html"].decode()
    assert "Consistency C, answer start" in page and "Consistency C, answer end" in page
    assert "One &lt;b&gt;notice&lt;/b&gt;" in page


def test_the_report_marks_the_explained_answer():
    page = Page(html_bytes(answers()).decode())
    marked = [attrs["aria-label"].split(",")[0] for _, attrs in page.tags if "ans" in attrs.get("class", "").split()]
    assert marked[:3] == ["is", "40", "m"]
    gold = tuple(replace(each, settings=replace(each.settings, explain="gold")) for each in answers().analyses)
    assert 'class="w gold"' in html_bytes(PairReport(gold)).decode()


def test_equal_results_give_equal_bytes():
    assert bundle(PairReport((rain(),)), stamp="s") == bundle(PairReport((rain(),)), stamp="s")
    again = replace(rain(), seconds=1.25)
    assert bundle(PairReport((again,))) == bundle(PairReport((rain(),)))
    assert bundle(PairReport((rain(),)), theme="dark") != bundle(PairReport((rain(),)))


def test_spreadsheets_run_no_cell():
    for table in ("flows", "tokens-source", "tokens-target"):
        data = csv_bytes(formulas(), table)
        assert data.startswith(b"\xef\xbb\xbf")
        texts = {cell for row in rows(data) for cell in row if not re.fullmatch(r"[-\d.e]+", cell)}
        assert {"'=1+1", "'+1", "'-1", "'@sum", "plain"} <= texts
        assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in texts)


def test_tables_and_json_keep_the_text_and_hide_nothing():
    table = rows(csv_bytes(hostile(), "tokens-source"))
    assert [row[0] for row in table[1:4]] == ["<script>alert(1)</script>", "U+202EabcU+202C", "x" * 10_000]
    assert table[6][0] == "U+0007"
    data = json_bytes(PairReport((hostile(),)))
    assert "\u202e" not in data.decode()
    assert json.loads(data)["source"]["tokens"][2]["text"] == "\u202eabc\u202c"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("make", [storm, rain, hostile, lambda: plain_pair(70, 3), lambda: plain_pair(1, 1)])
def test_pictures_are_inert_xml_in_fixed_colours(make, picture, theme):
    text = svg_bytes(make(), picture, theme).decode()
    root = ElementTree.fromstring(text)
    tags = {node.tag.removeprefix(SVG) for node in root.iter()}
    assert tags <= {"svg", "style", "g", "path", "rect", "circle", "text", "title"}
    assert not any(name.startswith("on") or name.endswith("href") for node in root.iter() for name in node.attrib)
    assert "var(" not in text and "light-dark" not in text and "url(" not in text and "@import" not in text
    shown = "".join(root.itertext())
    assert not {"▁", "\u202e", "\u202c", "\x07"} & set(shown) and "x" * 200 not in shown


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_begins_with_the_languages_c_and_model(picture):
    root = ElementTree.fromstring(svg_bytes(storm(), picture))
    lines = [node.text for node in root.iter(f"{SVG}text") if node.get("class") in ("title", "cap")]
    assert f"English → Spanish, C {storm().consistency:.3f}" in lines
    assert f"{storm().model.name}, task {storm().settings.task}" in lines


def test_the_matrix_draws_every_flow_and_every_mass():
    result = storm()
    root = ElementTree.fromstring(matrix_svg(result))
    titles = [node.text for node in root.iter(f"{SVG}title")]
    assert sum(" → " in title for title in titles) == np.count_nonzero(result.transport.plan > 0)
    assert any(re.fullmatch(r"storm → tormenta: flow 0\.\d+, similarity 0\.\d\d, adds .* of it\)", t) for t in titles)
    bars = [node for node in root.iter(f"{SVG}rect") if node.get("class") == "bar"]
    n = len(result.source.units)
    lengths = [float(bar.get("width")) for bar in bars[:n]] + [float(bar.get("height")) for bar in bars[n:]]
    masses = np.concatenate([result.source.mass, result.target.mass])
    assert lengths == pytest.approx(list(masses / masses.max() * max(lengths)), abs=0.01)
    assert sum(node.get("class") == "field" for node in root.iter()) == 2


def test_a_long_matrix_sums_the_rest_in_grey():
    root = ElementTree.fromstring(matrix_svg(plain_pair(75, 12), standalone_theme="dark"))
    titles = [node.text for node in root.iter(f"{SVG}title")]
    assert any(re.match(r"\d+ others → .*mean similarity", title) for title in titles)
    assert sum(node.get("class") == "sum" for node in root.iter()) == 1


def test_right_to_left_labels_in_the_matrix():
    root = ElementTree.fromstring(matrix_svg(rain()))
    arabic = [node for node in root.iter(f"{SVG}text") if node.get("lang") == "ar" and node.get("direction") == "rtl"]
    assert len(arabic) == len(rain().target.units) - 1 and all(node.get("text-anchor") == "end" for node in arabic)


@pytest.mark.parametrize("make", [storm, rain, hostile])
def test_png_has_two_pixels_per_px(make):
    for picture in PICTURES:
        root = ElementTree.fromstring(svg_bytes(make(), picture))
        width, height = struct.unpack(">II", png_bytes(make(), picture)[16:24])
        assert (width, height) == (2 * int(root.get("width")), 2 * int(root.get("height")))


def test_png_without_any_font(monkeypatch):
    draw = resvg_py.svg_to_bytes
    monkeypatch.setattr(resvg_py, "svg_to_bytes", lambda **options: draw(**options, skip_system_fonts=True))
    assert png_bytes(rain(), "flow").startswith(b"\x89PNG")


def test_a_huge_picture_is_drawn_smaller(monkeypatch):
    monkeypatch.setattr(png, "MOST_PIXELS", 100_000)
    width, height = struct.unpack(">II", png_bytes(storm(), "flow")[16:24])
    assert 90_000 < width * height < 110_000


def test_right_to_left_labels_are_turned_for_the_rasteriser():
    root = ElementTree.fromstring(flow_svg(rain(), standalone_theme="light"))
    turned = ElementTree.fromstring(png._for_resvg(root))
    arabic = [node for node in turned.iter(f"{SVG}text") if node.get("lang") == "ar"]
    assert arabic and all(node.get("text-anchor") == "start" and "direction" not in node.attrib for node in arabic)


def test_a_line_with_a_sign_that_the_first_font_lacks_is_drawn_in_one_that_has_it():
    lines = "".join(f"<text>{words}</text>" for words in ("en → es", "\u22120.12", "≥ 0.8", "0.8 – 0.9 ± 1"))
    drawn = png._for_resvg(ElementTree.fromstring(f'<svg xmlns="{SVG[1:-1]}">{lines}</svg>'))
    fonts = [node.get("style", "") for node in ElementTree.fromstring(drawn).iter(f"{SVG}text")]
    assert [style.startswith("font-family:Liberation Sans,") for style in fonts] == [True, True, True, False]


def test_a_zip_without_png_says_why(monkeypatch):
    def fail(**_):
        raise ValueError("no\nluck")

    monkeypatch.setattr(resvg_py, "svg_to_bytes", fail)
    with pytest.raises(png.PictureError, match=r"^The PNG cannot be drawn \(no luck\); take the SVG\.$"):
        png_bytes(storm(), "flow")
    files = contents(bundle(PairReport((storm(),))))
    assert list(files) == [name for name in FILES if not name.endswith(".png")]
    assert "flow.png is missing: The PNG cannot be drawn" in files["README.txt"].decode()


def test_without_resvg_the_error_names_the_remedy(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)
    with pytest.raises(png.PictureError, match="pip install resvg-py"):
        png_bytes(storm(), "scale")


@pytest.mark.parametrize("make", [storm, rain, hostile, lambda: plain_pair(75, 70)])
def test_the_report_stands_alone_and_runs_nothing(make):
    text = html_bytes(PairReport((make(),)), stamp="<i>now</i>").decode()
    page = Page(text)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "embed", "foreignobject", "base", "form", "i-"}
    names = {name for _, attrs in page.tags for name in attrs}
    assert not any(name.startswith("on") for name in names) and not names & {"src", "href", "xlink:href"}
    assert "url(" not in text and "@import" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    shown = "".join(page.texts)
    assert "<i>now</i>" in shown and not {"▁", "\u202e", "\x07"} & set(text)
    identities = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(identities) == len(set(identities))


def test_hostile_tokens_are_text_in_the_report():
    page = Page(html_bytes(PairReport((hostile(),))).decode())
    shown = "".join(page.texts)
    assert all(text in shown for text in ("<script>alert(1)</script>", '"><img onerror=1>', "&amp;", "U+202E", "]]>"))
    assert "x" * 200 not in shown and "10,000 characters" not in shown


def test_the_report_says_what_the_page_says():
    shown = "".join(Page(html_bytes(PairReport((storm(),), ("Cut to 512.",))).decode()).texts)
    for text in (
        "Above chance.",
        "Cut to 512.",
        "Numerical quality",
        "Estimated token error",
        "0.60%",
        "Tolerance",
    ):
        assert text in shown
    assert "20 more flows" in shown and "English, all 17 tokens" in shown


def test_the_report_lists_every_class_that_was_explained():
    def of_class(label, probability):
        sides = [
            replace(each, prediction={label: probability}, attribution=replace(each.attribution, target=target))
            for each, target in ((part, Target("class", 0, label)) for part in (storm().source, storm().target))
        ]
        settings = storm().settings.with_changes(explain=label)
        return replace(storm(), source=sides[0], target=sides[1], settings=settings)

    report = PairReport((storm(),), classes=(of_class("neutral", 0.25), of_class("<b>", 0.125)))
    text = html_bytes(report).decode()
    assert "Every class" in text and "0.250" in text and "0.125" in text and "<b></td>" not in text
    assert "Every class" not in html_bytes(PairReport((storm(),))).decode()
