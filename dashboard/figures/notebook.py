"""The pictures of a result outside the dashboard: for a notebook, or as a file that needs nothing else."""

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from core.errors import OptionError
from core.paths import ASSETS
from core.results import PairAnalysis
from core.text.languages import get_language
from dashboard.figures.chips.row import chips_html, side_card_html
from dashboard.figures.colours import Theme
from dashboard.figures.flow.picture import flow_svg
from dashboard.figures.identity import fingerprint
from dashboard.figures.legend import attribution_legend, head_html, similarity_legend, transport_legend
from dashboard.figures.matrix.cells import MatrixKind, largest_cell
from dashboard.figures.matrix.picture import matrix_svg
from dashboard.figures.names import language_names
from dashboard.figures.numbers import decimal
from dashboard.figures.scale import scale_keys_html, scale_svg
from dashboard.figures.words.sentences import (
    attribution_meaning,
    explained_html,
    flow_caption,
    flow_note,
    matrix_note,
    section_title,
    verdict_html,
)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_OWN = "color:var(--text);background:var(--bg);font:14px/20px var(--font);padding:12px;overflow-x:auto;max-width:1000px"


@dataclass(frozen=True)
class Picture:
    """A picture of a result, with its title and legend.

    Attributes
    ----------
    title : what it shows, as plain text.
    svg : the drawing alone, in fixed colours; None for token chips, which are HTML.
    fragment : ready HTML with title and legend, without style.
    theme : decides every colour.
    """

    title: str
    svg: str | None
    fragment: str
    theme: Theme = "light"

    @property
    def html(self) -> str:
        """A complete HTML document without scripts; nothing is loaded from elsewhere."""
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
            f"<title>{escape(self.title)}</title></head><body>{self._repr_html_()}</body></html>\n"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows. The style is nested in the picture's element, so it changes nothing around it."""
        style = (ASSETS / "style.css").read_text(encoding="utf-8")
        style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL).replace(":root{", "&{")
        return (
            f'<div class="ccta-picture {self.theme}"><style>.ccta-picture.{self.theme}{{color-scheme:{self.theme};'
            f"{_OWN}}}\n.ccta-picture{{\n{style}}}</style>{self.fragment}</div>"
        )

    def save(self, path: str | Path) -> None:
        """Write the picture as `.svg` or as `.html`. Raises OptionError for what cannot be written."""
        path = Path(path)
        content = {".svg": self.svg, ".html": self.html}.get(path.suffix.lower(), "")
        if content is None:
            raise OptionError(f"{self.title} is HTML: save it as .html, not as {path.name}.")
        if not content:
            raise OptionError(f"A picture is saved as .svg or .html, not as {path.name}.")
        try:
            path.write_text(content, encoding="utf-8")
        except OSError as error:
            raise OptionError(f"{path} cannot be written: {error.strerror or error}.") from error


def flow_picture(analysis: PairAnalysis, *, theme: Theme = "light") -> Picture:
    """The transport plan as ribbons between the tokens of both sides."""
    title = "Flow between the sentences"
    svg = flow_svg(analysis, standalone_theme=theme, identity=f"flow-{fingerprint(analysis)}-{theme}")
    caption = f'<p class="small muted">{escape(flow_caption(analysis))}</p>'
    return Picture(title, svg, head_html(title, similarity_legend(), note=flow_note()) + svg + caption, theme)


def matrix_picture(analysis: PairAnalysis, kind: MatrixKind = "transport", *, theme: Theme = "light") -> Picture:
    """The transport plan or the similarities as cells. Raises OptionError for another kind."""
    if kind not in ("transport", "similarity"):
        raise OptionError(f"Unknown matrix {kind!r}: choose transport or similarity.")
    title = f"{kind.title()} matrix"
    legend = transport_legend(largest_cell(analysis)) if kind == "transport" else similarity_legend()
    name = f"{kind}-{fingerprint(analysis)}-{theme}"
    svg = matrix_svg(analysis, kind, standalone_theme=theme, identity=name)
    return Picture(title, svg, head_html(title, legend, note=matrix_note(*language_names(analysis))) + svg, theme)


def heatmaps(analysis: PairAnalysis, *, theme: Theme = "light") -> Picture:
    """Both texts as token chips, coloured by attribution."""
    title = section_title(analysis.settings.task)
    legend = attribution_legend(attribution_meaning(analysis.source.attribution.target))
    cards = [
        side_card_html(get_language(side.language).name, explained_html(side), chips_html(side))
        for side in (analysis.source, analysis.target)
    ]
    return Picture(title, None, head_html(title, legend) + "".join(cards), theme)


def consistency_scale(analysis: PairAnalysis, *, theme: Theme = "light") -> Picture:
    """C on a scale from 0 to 1, with its references."""
    title = f"Consistency C {decimal(analysis.consistency)}"
    name = f"scale-{fingerprint(analysis)}-{theme}"
    svg = scale_svg(analysis.consistency, analysis.references, standalone_theme=theme, identity=name)
    keys = scale_keys_html(analysis.consistency, analysis.references)
    words = f'<div class="c-text">{verdict_html(analysis.consistency, analysis.references)}</div>'
    return Picture(title, svg, head_html(title) + svg + keys + words, theme)
