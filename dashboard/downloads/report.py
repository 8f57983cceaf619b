"""The report: one HTML file with pictures, tables and style inside it, without scripts and without a network."""

from collections.abc import Iterable, Sequence
from html import escape

from core.paths import ASSETS
from core.results import PairAnalysis, PairReport, Side
from core.settings import get_task
from core.text.languages import get_language
from dashboard.downloads.report_tables import flows_table, quality_table, safe, settings_list, tokens_table
from dashboard.figures.chips.row import AnswerMarks, chips_html, side_card_html
from dashboard.figures.flow.picture import NARROW, WIDE, flow_svg
from dashboard.figures.legend import attribution_legend, head_html, similarity_legend, transport_legend
from dashboard.figures.matrix.cells import largest_cell
from dashboard.figures.matrix.picture import matrix_svg
from dashboard.figures.numbers import decimal
from dashboard.figures.pieces import display_text
from dashboard.figures.scale import scale_keys_html, scale_svg
from dashboard.figures.words.sentences import (
    attribution_meaning,
    card_number_html,
    card_text_html,
    different_targets,
    explained_line,
    flow_caption,
    flow_note,
    matrix_note,
    section_title,
    verdict,
)

ENDS = {"start": "Answer start", "end": "Answer end"}

# Nothing may be loaded or run, whatever a token holds.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
:root{color-scheme:light dark}
body{margin:0 auto;max-width:1240px;padding:24px;box-sizing:border-box;background:var(--bg);color:var(--text);
font-family:var(--font);font-size:14px;line-height:20px;font-variant-numeric:tabular-nums}
h1{font-size:20px;line-height:28px;font-weight:600;margin:0}
h2{font-size:15px;line-height:20px;font-weight:600;margin:0}
h3{font-size:12px;line-height:16px;font-weight:600;margin:0 0 4px}
p{margin:0 0 4px}
section,header{margin-bottom:24px}
.notice{border-left:3px solid var(--warn);padding-left:9px;color:var(--warn)}
.card{border:1px solid var(--border);border-radius:8px;padding:12px 16px;display:grid;
grid-template-columns:auto minmax(0,1fr) 300px;gap:8px 24px;align-items:start}
.card.within,.card.below{border-left:3px solid var(--warn)}
.two{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:16px}
.pictures{display:grid;grid-template-columns:460px minmax(0,1fr);gap:24px}
.frame{overflow-x:auto;overscroll-behavior-x:contain;padding-bottom:4px}
svg{display:block}
svg.scale{max-width:100%}
.narrow{display:none}
table{border-collapse:collapse;font-size:12px;line-height:16px}
th,td{text-align:left;padding:4px 16px 4px 0;border-bottom:1px solid var(--border);vertical-align:top}
th{font-weight:600;color:var(--muted)}
.n{text-align:right;white-space:nowrap}
td bdi{overflow-wrap:anywhere}
td bdi[lang=ar]{font-family:var(--font-ar);font-size:14px}
td bdi[lang=ur]{font-family:var(--font-ur);font-size:14px}
td bdi[lang=hi]{font-family:var(--font-hi)}td bdi[lang=th]{font-family:var(--font-th)}
td bdi[lang=zh]{font-family:var(--font-zh)}td bdi[lang=ja]{font-family:var(--font-ja)}
td bdi[lang=ko]{font-family:var(--font-ko)}
details{margin-top:8px}
summary{cursor:pointer}
.groups{display:grid;grid-template-columns:repeat(auto-fill,minmax(260px,1fr));gap:16px 24px}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:2px 12px;margin:0;font-size:12px;line-height:16px}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.node:focus-visible{outline:none}
@media (max-width:1000px){.pictures{grid-template-columns:minmax(0,1fr)}}
@media (max-width:760px){
body{padding:16px}
.two,.card{grid-template-columns:minmax(0,1fr)}
.tables{row-gap:24px}
th,td{padding-right:10px}
}
@media (max-width:520px){.wide{display:none}.narrow{display:block}}
@media print{
:root{color-scheme:light}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{max-width:none;padding:0}
.pictures,.tables{display:block}
.pictures>div,.tables>div{margin-bottom:16px}
.frame{overflow:visible}
.frame svg{max-width:100%;max-height:250mm;height:auto}
.wide{display:block}.narrow{display:none}
.card,.side2,.pictures>div,tr,.group{break-inside:avoid}
div.head,h2,h3{break-after:avoid}
}
"""


def report_html(report: PairReport, *, stamp: str = "") -> str:
    """Write a whole result as one page that follows the reader's light or dark setting.

    Parameters
    ----------
    report : PairReport
        One analysis, or two (answer start and end) for `qa`.
    stamp : str
        A line under the title, such as the date and the product's version; equal results and equal stamps give
        equal pages.

    Returns
    -------
    str
        A complete HTML document; every text in it is escaped.
    """
    first = report.analyses[0]
    title = " → ".join(language_names(first))
    values = ", ".join(decimal(analysis.consistency) for analysis in report.analyses)
    body = report_header(title, [get_task(first.settings.task).title, first.model.title, stamp])
    body += notices_html(report.notices) + articles_html(report) + settings_html(first)
    return document(f"{title}: C {values}", body)


def document(title: str, body: str) -> str:
    """A complete page around ready HTML, with the style inside it and nothing that could be loaded or run."""
    style = (ASSETS / "style.css").read_text(encoding="utf-8") + _STYLE
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style></head>\n"
        f"<body><main>{body}</main></body></html>\n"
    )


def report_header(title: str, parts: Sequence[str]) -> str:
    """The title with a line of what it is about; empty parts are left out."""
    line = " · ".join(safe(part) for part in parts if part)
    return (
        '<header><p class="small muted">CCTA Explorer: consistency of token attributions across languages</p>'
        f'<h1>{escape(title)}</h1><p class="small muted">{line}</p></header>'
    )


def notices_html(lines: Iterable[str]) -> str:
    """Lines that the reader must know."""
    return "".join(f'<p class="notice">{escape(display_text(line))}</p>' for line in lines)


def articles_html(report: PairReport, prefix: str = "") -> str:
    """A report's card, chips, pictures and tables, for each end; `prefix` keeps ids apart where a page has two."""
    return "".join(_analysis(report, analysis, prefix) for analysis in report.analyses)


def language_names(analysis: PairAnalysis) -> tuple[str, str]:
    """The names of source and target language."""
    return get_language(analysis.source.language).name, get_language(analysis.target.language).name


def _analysis(report: PairReport, analysis: PairAnalysis, prefix: str) -> str:
    name = f"{prefix}{analysis.end or 'pair'}"
    warning = different_targets(analysis)
    parts = [
        _card(analysis, name),
        f'<p class="notice">{escape(warning)}</p>' if warning else "",
        _sides(report, analysis),
        _pictures(analysis, name),
        f'<section class="two tables"><div>{head_html("Top flows")}{flows_table(analysis)}</div>'
        f"<div>{head_html('Numerical quality')}{quality_table(analysis)}</div></section>",
        f"<section>{head_html('All tokens')}{tokens_table(analysis.source)}{tokens_table(analysis.target)}</section>",
    ]
    return f'<article id="{escape(name, quote=True)}">{"".join(parts)}</article>'


def _card(analysis: PairAnalysis, name: str) -> str:
    value, beside = analysis.consistency, analysis.references
    regime = verdict(value, beside).regime
    heading = f"Consistency C, {ENDS[analysis.end].lower()}" if analysis.end else "Consistency C"
    scale = scale_svg(value, beside, identity=f"scale-{name}") + scale_keys_html(value, beside)
    return (
        f'<section class="card {regime}" aria-label="{escape(heading, quote=True)}">'
        f"{card_number_html(value, heading)}{card_text_html(value, beside, *language_names(analysis))}"
        f"<div>{scale}</div></section>"
    )


def _sides(report: PairReport, analysis: PairAnalysis) -> str:
    cards = []
    for side, name in zip((analysis.source, analysis.target), ("source", "target"), strict=True):
        answer = answer_of([getattr(each, name) for each in report.analyses], analysis.settings.explain)
        title = get_language(side.language).name
        cards.append(side_card_html(title, display_text(explained_line(side)), chips_html(side, answer=answer)))
    legend = attribution_legend(display_text(attribution_meaning(analysis.source.attribution.target)))
    head = head_html(section_title(analysis.settings.task), legend)
    return f'<section>{head}<div class="two">{"".join(cards)}</div></section>'


def answer_of(ends: list[Side], explain: str) -> AnswerMarks | None:
    """Where the explained answer of question answering lies: from its start token to its end token."""
    found = {
        side.attribution.target.kind: side.text.tokens[side.attribution.target.index] for side in ends if _qa(side)
    }
    if set(found) != set(ENDS) or found["end"].field is None or found["start"].field != found["end"].field:
        return None
    span = (found["start"].start, found["end"].end)
    return AnswerMarks(found["end"].field, **{"gold" if explain == "gold" else "predicted": span})


def _qa(side: Side) -> bool:
    return side.attribution.target.kind in ENDS


def _pictures(analysis: PairAnalysis, name: str) -> str:
    flow = head_html("Flow", similarity_legend(), note=flow_note())
    wide, narrow = (flow_svg(analysis, width, identity=f"flow-{name}") for width in (WIDE, NARROW))
    caption = escape(flow_caption(analysis))
    matrix = head_html(
        "Transport matrix", transport_legend(largest_cell(analysis)), note=matrix_note(*language_names(analysis))
    )
    return (
        f'<section class="pictures"><div>{flow}<div class="frame wide">{wide}</div>'
        f'<div class="frame narrow">{narrow}</div><p class="small muted">{caption}</p></div>'
        f'<div>{matrix}<div class="frame">{matrix_svg(analysis, identity=f"matrix-{name}")}</div></div></section>'
    )


def settings_html(analysis: PairAnalysis) -> str:
    """Model, settings, space and versions."""
    return f'<section>{head_html("Settings and versions")}<div class="groups">{settings_list(analysis)}</div></section>'
