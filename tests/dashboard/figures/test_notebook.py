import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from core.errors import OptionError
from dashboard import figures
from tests.world.analyses import hostile, plain_pair, rain, storm

ROOT = Path(__file__).parents[3]
PICTURES = (
    figures.flow_picture,
    figures.matrix_picture,
    lambda analysis: figures.matrix_picture(analysis, kind="similarity"),
    figures.heatmaps,
    figures.consistency_scale,
)


class Page(HTMLParser):
    """Tags, attributes and visible text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.names, self.shown, self.styled = set(), set(), "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.styled = tag == "style"

    def handle_endtag(self, tag):
        self.styled = False

    def handle_data(self, data):
        self.shown += "" if self.styled else data


@pytest.mark.parametrize("make", PICTURES)
@pytest.mark.parametrize("pair", [storm, rain, hostile, lambda: plain_pair(70, 3)])
def test_a_picture_needs_and_runs_nothing(make, pair):
    picture = make(pair())
    page = Page(picture.html)
    assert not page.tags & {"script", "link", "img", "iframe", "object", "base"}
    assert not any(name.startswith("on") for name in page.names) and not page.names & {"src", "href"}
    assert "url(" not in picture.html and "@import" not in picture.html
    assert "http" not in picture.html.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert not {"\u202e", "\x07"} & set(picture.html)
    assert picture._repr_html_() in picture.html and picture == make(pair())
    if picture.svg is not None:
        assert ElementTree.fromstring(picture.svg).tag.endswith("svg") and "var(" not in picture.svg


@pytest.mark.parametrize("make", PICTURES[:4])
def test_hostile_tokens_are_text(make):
    assert "<script>alert(1)</script>" in Page(make(hostile()).html).shown


def test_the_style_stays_inside_the_picture():
    text = figures.heatmaps(storm())._repr_html_()
    style = text[text.index("<style>") + 7 : text.index("</style>")]
    depth, outside = 0, ""
    for character in style:
        depth += {"{": 1, "}": -1}.get(character, 0)
        outside += character if depth == 0 and character != "}" else ""
    assert depth == 0 and {rule.strip() for rule in outside.split("\n") if rule.strip()} <= {
        ".ccta-picture.light",
        ".ccta-picture",
    }
    assert ":root" not in style


def test_pictures_are_saved_by_their_ending(tmp_path):
    flow = figures.flow_picture(storm())
    flow.save(tmp_path / "flow.svg")
    flow.save(str(tmp_path / "flow.HTML"))
    assert (tmp_path / "flow.svg").read_text(encoding="utf-8") == flow.svg
    assert (tmp_path / "flow.HTML").read_text(encoding="utf-8") == flow.html
    for picture, path in (
        (flow, tmp_path / "flow.png"),
        (figures.heatmaps(storm()), tmp_path / "chips.svg"),
        (flow, tmp_path / "none" / "flow.svg"),
    ):
        with pytest.raises(OptionError, match=path.name):
            picture.save(path)


def test_an_unknown_matrix_is_refused():
    with pytest.raises(OptionError, match="transport or similarity"):
        figures.matrix_picture(storm(), kind="cosine")


def test_pictures_are_drawn_without_streamlit():
    script = (
        "import sys; from dashboard.figures import flow_picture, heatmaps; import dashboard.downloads.bundle; "
        "assert 'streamlit' not in sys.modules and 'plotly' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
