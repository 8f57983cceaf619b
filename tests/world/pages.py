"""Open a page, or a part of one, as Streamlit runs it, use it, and read what it shows."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
from streamlit.testing.v1 import AppTest

from core.store import ExampleFilter, Reader, Scope, open_store
from dashboard.results.choices import ResultsChoice

PAGES = Path(__file__).parents[2] / "pages"
SOON = 60.0


def visit(page: str, /, **query: str) -> AppTest:
    """Open a page by the name of its module, under an address with these parameters."""
    return _opened(AppTest.from_file(PAGES / f"{page}.py", default_timeout=SOON), query)


def show(part: Callable[..., None], arguments: Mapping[str, Any], /, **query: str) -> AppTest:
    """Run a part of a page alone."""
    return _opened(AppTest.from_function(part, kwargs=dict(arguments), default_timeout=SOON), query)


def checked(app: AppTest) -> AppTest:
    """Return the app, which must not have raised."""
    assert not app.exception, app.exception[0].value
    return app


def html(app: AppTest) -> str:
    """Everything that the page wrote as HTML, linked pictures included, with plain spaces."""
    written = [entry.proto.body for entry in app.get("html")] + [each["html"] for each in _linked(app)]
    return "\n".join(written).replace("\u00a0", " ")


def pictures(app: AppTest) -> dict[str, str]:
    """The SVG of every mounted picture, under its key."""
    mounted = [entry.proto for entry in app.get("bidi_component") if entry.proto.component_name == "ccta_picture"]
    return {proto.id.split("-", 2)[2]: json.loads(proto.json)["wide"] for proto in mounted}


def linked(app: AppTest) -> dict[str, Any]:
    """What the linked picture was given: its HTML, its sentences, and who meets whom."""
    (given,) = _linked(app)
    return given


def flows(app: AppTest) -> pd.DataFrame:
    """The table of flows in the linked picture; its numbers as numbers."""
    head, body = re.findall(r"<t(?:head|body)>(.*?)</t(?:head|body)>", linked(app)["html"], re.DOTALL)
    names = re.findall(r"<th[^>]*>(.*?)</th>", head)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body)]
    table = pd.DataFrame([[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in cells], columns=names)
    numbers = {name: table[name].str.rstrip("%").astype(float) for name in names[2:]}
    return table.assign(**numbers)


def _linked(app: AppTest) -> list[dict[str, Any]]:
    mounted = [entry.proto for entry in app.get("bidi_component") if entry.proto.component_name == "ccta_linked"]
    return [json.loads(proto.json) for proto in mounted]


def said(app: AppTest) -> list[str]:
    """What the page says in boxes and captions."""
    return [entry.value for kind in (app.error, app.info, app.success, app.warning, app.caption) for entry in kind]


def said_plainly(app: AppTest) -> list[str]:
    """As `said`, as a reader sees it: without the backslashes that keep names from being markup."""
    return [re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", line) for line in said(app)]


def lines(app: AppTest) -> list[str]:
    """What the page says in boxes."""
    return [entry.value for kind in (app.error, app.info, app.warning) for entry in kind]


def popovers(app: AppTest) -> list[str]:
    """What the buttons are called that open something."""
    return [entry.proto.popover.label for entry in app.get("popover")]


def svg_texts(svg: bytes) -> list[str]:
    """Every line of text that a picture shows."""
    texts = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(text.itertext()) for text in texts]


def address(app: AppTest) -> dict[str, str]:
    """The parameters in the page's address."""
    return {name: value[0] if isinstance(value, list) else value for name, value in dict(app.query_params).items()}


def button(app: AppTest, label: str) -> Any:
    """The one button of that label."""
    (wanted,) = [entry for entry in app.button if entry.label == label]
    return wanted


def press(app: AppTest, label: str) -> AppTest:
    """Press the one button of that label."""
    return checked(button(app, label).click().run())


class Page(HTMLParser):
    """Tags with their attributes, and texts, of HTML; raises AssertionError where tags do not nest."""

    VOID = frozenset(("meta", "br", "img", "link", "input", "hr"))

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.texts.append(data)

    def having(self, name: str) -> list[dict[str, Any]]:
        """The attributes of every tag of a class."""
        return [attrs for _, attrs in self.tags if name in (attrs.get("class") or "").split()]


# Of the page "Translation pair".


def state(app: AppTest) -> Any:
    """What the page keeps for a visitor."""
    return app.session_state["pair"]


def waited(app: AppTest) -> AppTest:
    """The page once the analysis in progress has ended."""
    job = state(app).job
    assert job is None or job.wait(SOON)
    return checked(app.run())


def analysed(app: AppTest) -> AppTest:
    """Press Analyse and wait for the result."""
    return waited(press(app, "Analyse"))


def typed(app: AppTest, *texts: str) -> AppTest:
    """Type into the fields of both sides, source first."""
    for area, text in zip(app.text_area, texts, strict=True):
        area.set_value(text)
    return checked(app.run())


# Of the page "Results".


def examples(app: AppTest) -> pd.DataFrame:
    """The table of examples, as it is written; Row, C and Tokens as numbers."""
    (mounted,) = [entry.proto for entry in app.get("bidi_component") if entry.proto.component_name == "ccta_examples"]
    data = json.loads(mounted.json)
    lines = [[_written(cell) for cell in line["cells"]] for line in data["rows"]]
    frame = pd.DataFrame(lines, columns=[column["label"] for column in data["columns"]])
    whole = {name: frame[name].str.replace(",", "").astype(int) for name in ("Row", "Tokens")}
    return frame.assign(**whole, C=pd.to_numeric(frame["C"], errors="coerce"))


def _written(cell: dict[str, Any]) -> str:
    mark = {True: "✓ ", False: "✗ ", None: ""}[cell.get("right")]
    return f"{mark}{cell['text']}"


def stored(results_folder: Path, **where: Any) -> pd.DataFrame:
    """The pairs of the English checkpoint in the store behind the page."""
    scope = Scope(checkpoints=("tiny-nli-en",))
    return open_store(results_folder / "store").read().values(scope, ExampleFilter(source_language="en", **where))


def chosen(
    reader: Reader, run: str, *, row: int | None = None, source: str = "en", target: str = "es", **where: Any
) -> ResultsChoice:
    """A choice of the page, as its address would say it."""
    pair = ExampleFilter(source, target, end="")
    filtered = replace(pair, **where)
    return ResultsChoice(
        run, reader.runs[run].identity, source, target, "", pair, filtered, "", 0, "least", page=1, row=row
    )


# Of what can be downloaded.


def contents(archive: bytes) -> dict[str, bytes]:
    """The files of a zip by name."""
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        assert files.testzip() is None
        return {name: files.read(name) for name in files.namelist()}


def rows(table: bytes) -> list[list[str]]:
    """The rows of a CSV file, its header first."""
    return list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))


def _opened(app: AppTest, query: Mapping[str, str]) -> AppTest:
    for name, value in query.items():
        app.query_params[name] = value
    return checked(app.run())
