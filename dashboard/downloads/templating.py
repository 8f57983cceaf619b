"""HTML documents from templates. Jinja2 escapes every text; only what a figure drew is passed as `Markup`."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.paths import ASSETS
from core.text.display import display_text
from dashboard.figures.legend import head_html
from dashboard.figures.pieces import title_text

TEMPLATES = Path(__file__).parent / "templates"
# Nothing may be loaded or run, whatever a token holds.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def document(template: str, /, **content: Any) -> str:
    """Render a template as a page with its style inside it; equal contents give equal text."""
    style = "".join(path.read_text(encoding="utf-8") for path in (ASSETS / "style.css", TEMPLATES / "report.css"))
    return _environment().get_template(template).render(content, policy=_POLICY, style=Markup(style))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_spelt_out,
    )
    environment.filters["drawable"] = title_text
    environment.globals["head"] = lambda title: Markup(head_html(title))
    return environment


def _spelt_out(value: Any) -> Any:
    """Spell out unseen characters of every text that is printed; markup of the figures has done so."""
    return display_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value
