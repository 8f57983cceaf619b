"""Open a page, or a part of one, as Streamlit runs it, and read what it shows."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from streamlit.testing.v1 import AppTest

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
    """Everything that the page wrote as HTML, with plain spaces."""
    return "\n".join(entry.proto.body for entry in app.get("html")).replace("\u00a0", " ")


def pictures(app: AppTest) -> dict[str, str]:
    """The SVG of every mounted picture, under its key."""
    mounted = [entry.proto for entry in app.get("bidi_component") if entry.proto.component_name == "ccta_picture"]
    return {proto.id.split("-", 2)[2]: json.loads(proto.json)["wide"] for proto in mounted}


def said(app: AppTest) -> list[str]:
    """What the page says in boxes and captions."""
    return [entry.value for kind in (app.error, app.info, app.success, app.warning, app.caption) for entry in kind]


def popovers(app: AppTest) -> list[str]:
    """What the buttons are called that open something."""
    return [entry.proto.popover.label for entry in app.get("popover")]


def svg_texts(svg: bytes) -> list[str]:
    """Every line of text that a picture shows."""
    texts = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(text.itertext()) for text in texts]


def _opened(app: AppTest, query: Mapping[str, str]) -> AppTest:
    for name, value in query.items():
        app.query_params[name] = value
    return checked(app.run())
