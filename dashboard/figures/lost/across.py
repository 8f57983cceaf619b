"""The words of a sentence as rows, languages as columns: what the words they meet carry there; an HTML table."""

from collections.abc import Sequence
from html import escape

from core.report.words.across import WordAcross
from core.text.display import display_text
from dashboard.figures.colours import MASS, flow_position
from dashboard.figures.names import language_name
from dashboard.figures.numbers import NOT_RUN, counted, decimal, percent

LEAST = 0.01
_LONGEST = 28


def largest_mass(words: Sequence[WordAcross]) -> float:
    """The end of the scale."""
    return max([word.mass for word in words] + [one.partners for word in words for one in word.received.values()])


def across_html(words: Sequence[WordAcross], source: str, selected: str) -> str:
    """Draw the table; words that carry less than 1% everywhere are summed in one row.

    Parameters
    ----------
    source : the language of the words. selected : the language whose column is set off.
    """
    codes = list(dict.fromkeys(code for word in words for code in word.received))
    largest = largest_mass(words)
    shown = [(number, word) for number, word in enumerate(words, 1) if _most(word) >= LEAST]
    rest = [word for word in words if _most(word) < LEAST]
    head = "".join(
        f'<th scope="col" title="{escape(language_name(code))}"{_chosen(code, selected)}>{escape(code)}</th>'
        for code in (source, *codes)
    )
    lines = [_line(word, _name(word, number), (source, *codes), largest, selected) for number, word in shown]
    if rest:
        masses = [sum(word.mass for word in rest)]
        masses += [sum(word.received[code].partners for word in rest if code in word.received) for code in codes]
        cells = "".join(f"<td>{percent(mass, 0)}</td>" for mass in masses)
        lines.append(f'<tr class="rest"><th scope="row">{counted(len(rest), "other word")}</th>{cells}</tr>')
    caption = f"Importance in {language_name(source)}, and of the words met in each translation"
    return (
        f'<div class="across" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _line(word: WordAcross, name: str, codes: Sequence[str], largest: float, selected: str) -> str:
    source, *others = codes
    cells = [_cell(word.mass, f"{name}: {percent(word.mass)} of the importance", largest)]
    for code in others:
        one = word.received.get(code)
        if one is None:
            cells.append(f"<td>{NOT_RUN}</td>")
            continue
        said = f"{language_name(code)}: {percent(one.partners)}, similarity met {decimal(one.met, 2)}"
        cells.append(_cell(one.partners, f"{name}, {said}", largest, chosen=code == selected))
    return f'<tr><th scope="row" lang="{escape(source)}"><bdi>{escape(name)}</bdi></th>{"".join(cells)}</tr>'


def _name(word: WordAcross, number: int) -> str:
    name = display_text(word.text or str(number))
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"


def _cell(mass: float, said: str, largest: float, *, chosen: bool = False) -> str:
    stop = MASS.stop(flow_position(mass, largest))
    css = f"m{stop} chosen" if chosen else f"m{stop}"
    return f'<td class="{css}" title="{escape(said)}">{percent(mass, 0)}</td>'


def _chosen(code: str, selected: str) -> str:
    return ' class="chosen"' if code == selected else ""


def _most(word: WordAcross) -> float:
    return max([word.mass, *(one.partners for one in word.received.values())])
