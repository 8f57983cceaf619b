"""Token chips: one sentence as a row of words, each word's pieces filled by what they add to the prediction.

The HTML is for `st.html` with `assets/style.css` loaded. Every text is escaped here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from core.results import Side
from core.text.languages import Language, get_language
from dashboard.figures.chips.words import ChipPiece, ChipWord, Near, Skipped, chip_rows
from dashboard.figures.colours import attribution_stop
from dashboard.figures.numbers import (
    MINUS,
    counted,
    decimal,
    percent,
    score,
    signed_percent,
    spoken_percent,
)
from dashboard.figures.pieces import graphemes, long_text, segments, special_text, title_text
from dashboard.figures.units import End, on, units_key


@dataclass(frozen=True)
class AnswerMarks:
    """Character spans `[start, end)` in one field (the context of question answering)."""

    field: str
    predicted: tuple[int, int] | None = None
    gold: tuple[int, int] | None = None


def chips_html(
    side: Side,
    *,
    field_titles: Sequence[str] = (),
    show_specials: bool = False,
    answer: AnswerMarks | None = None,
    end: End | None = None,
) -> str:
    """Chips of one side.

    Parameters
    ----------
    side : Side
        Signed scores (seq,) decide the colour, as shares of the side's total |score|; mass is in tooltips.
    field_titles : sequence of str
        Labels of the fields in input order; default: their names. One field has no label.
    show_specials : bool
        Draw special tokens too, hollow.
    answer : AnswerMarks, optional
        Where to underline the predicted and the gold answer; long contexts are opened around it.
    end : "s" or "t", optional
        Name the units of every chip (`dashboard.figures.units`), for pictures that are linked; chips are then buttons.

    Returns
    -------
    str
        HTML, safe whatever the tokens hold.
    """
    language = get_language(side.language)
    fields = side.text.fields
    titles = list(field_titles) or [name for name, _ in fields]
    rows = chip_rows(side, show_specials, near_answer(answer))
    parts = []
    for (name, _), title, items in zip(fields, titles, rows, strict=True):
        marks = answer if answer is not None and answer.field == name else None
        parts.append((title, _row(items, language, marks, end)))
    return chip_grid_html(f"{language.name} attributions", parts)


def near_answer(answer: AnswerMarks | None) -> Near:
    """Where a long field is opened: around the answer."""
    return None if answer is None else (answer.field, answer.predicted or answer.gold)


def chip_grid_html(name: str, rows: Sequence[tuple[str, str]]) -> str:
    """Rows of chips, one per field, with the fields’ titles if there are several; `name` is for screen readers."""
    titled = len(rows) > 1
    body = "".join((f'<div class="fieldname">{escape(title)}</div>' if titled else "") + row for title, row in rows)
    one = "" if titled else " one"
    return f'<div class="chips{one}" role="group" aria-label="{escape(name, quote=True)}">{body}</div>'


def side_card_html(title: str, said: str, chips: str) -> str:
    """A bordered card: the language's name, what is said of it as HTML (`sentences.explained_html`), and its chips."""
    top = f'<div class="top"><b>{escape(title)}</b><span class="muted" dir="ltr">{said}</span></div>'
    return f'<div class="side2">{top}{chips}</div>'


def _row(items: Iterable[ChipWord | Skipped], language: Language, marks: AnswerMarks | None, end: End | None) -> str:
    return token_row_html(language, "".join(_item(item, language, marks, end) for item in items))


def token_row_html(language: Language, body: str, extra: str = "") -> str:
    """A wrapping row in the language's direction and font; `extra` is a class in addition to `toks`."""
    direction = "rtl" if language.direction == "rtl" else "ltr"
    classes = f"toks {extra}".strip()
    return f'<div class="{classes}" dir="{direction}" lang="{escape(language.code, quote=True)}">{body}</div>'


def _item(item: ChipWord | Skipped, language: Language, marks: AnswerMarks | None, end: End | None) -> str:
    if isinstance(item, ChipWord):
        return _word(item, language, marks, end)
    inside = "".join(_word(word, language, marks, end) for word in item.words)
    summary = f"{counted(item.tokens, 'token')}, {percent(item.mass)} of the mass"
    return skipped_html(summary, inside, units_key(end, item.units) if end else "")


def skipped_html(summary: str, inside: str, key: str = "") -> str:
    """A run of chips folded away under one line; `key` names their units."""
    return (
        f'<details class="skip"><summary dir="ltr"{on(key)}>{summary}</summary>'
        f'<div class="toks">{inside}</div></details>'
    )


def _word(word: ChipWord, language: Language, marks: AnswerMarks | None, end: End | None) -> str:
    if word.special:
        return special_html(word)
    cancels = f", pieces cancel, mass {percent(word.mass, 0)}" if word.cancels else ""
    spoken = escape(f"{title_text(word.text)}, {spoken_percent(word.share)}{cancels}", quote=True)
    classes, body = word_body(word, language, marks)
    role = f'role="button" aria-pressed="false"{on(units_key(end, word.units))}' if end else 'role="img"'
    return f'<span class="w{classes}" tabindex="0" {role} aria-label="{spoken}">{body}</span>'


def word_body(word: ChipWord, language: Language, marks: AnswerMarks | None) -> tuple[str, str]:
    """The classes of a chip in addition to `w`, and its content: the filled pieces, the strip, the number."""
    drawn, note = long_text(word.text)
    strip = ""
    if note or language.joins:
        body = _run(word, drawn, note)
        strip = _strip(word.pieces) if language.joins and not note else ""
    else:
        body = "".join(_piece(piece, index > 0) for index, piece in enumerate(word.pieces))
    classes, opening, closing = _answer(word, marks)
    number = f'<span class="num" dir="ltr" aria-hidden="true">{_number(word)}</span>'
    return classes, f"<bdi>{opening}{body}{closing}</bdi>{strip}{number}"


def special_html(word: ChipWord) -> str:
    """A special token's hollow chip."""
    name = escape(special_text(word.text))
    label = escape(f"{special_text(word.text)}, special token, 0 by definition", quote=True)
    return (
        f'<span class="w special" tabindex="0" role="img" aria-label="{label}"><bdi>'
        f'<span class="t" title="0 by definition">{name}</span></bdi>'
        '<span class="num" dir="ltr" aria-hidden="true">0</span></span>'
    )


def _number(word: ChipWord) -> str:
    number = "0" if word.score == 0 else signed_percent(word.share)
    return f"{number} · mass {percent(word.mass, 0)}" if word.cancels else number


def _run(word: ChipWord, drawn: str, note: str) -> str:
    """The whole word in one fill, for scripts whose letters join, and for very long words."""
    title = _title(word.text, word.score, word.share, word.mass, note)
    return f'<span class="t a{attribution_stop(word.share)}" title="{title}">{_drawn(drawn)}</span>'


def _piece(piece: ChipPiece, continues: bool) -> str:
    cut = " cont" if continues else ""
    title = _title(piece.text, piece.score, piece.share, piece.mass, "")
    return f'<span class="t a{attribution_stop(piece.share)}{cut}" title="{title}">{_drawn(piece.text)}</span>'


def _strip(pieces: Sequence[ChipPiece]) -> str:
    """Under a joined word: its pieces in their own stops, widths by characters, in text direction."""
    if len(pieces) < 2:
        return '<span class="pieces none"></span>'
    cells = "".join(
        f'<i class="a{attribution_stop(piece.share)}" style="flex:{max(len(graphemes(piece.text)), 1)}" '
        f'title="{_title(piece.text, piece.score, piece.share, piece.mass, "")}"></i>'
        for piece in pieces
    )
    return f'<span class="pieces" aria-hidden="true">{cells}</span>'


def _title(text: str, value: float, share: float, mass: float | None, note: str) -> str:
    # A share such as "−1.0%" is signed, like the score next to it.
    parts = [f"score {score(value)}", f"{_signed_share(share)} of all attribution"]
    if mass is not None:
        parts.append(f"mass {decimal(mass)}")
    if note:
        parts.append(note)
    return escape(f"{title_text(text)}: {', '.join(parts)}", quote=True)


def _signed_share(share: float) -> str:
    text = signed_percent(share, 1)
    return ("0" if text.strip(f"+{MINUS}0.") == "" else text) + "%"


def _drawn(text: str) -> str:
    return "".join(
        f'<span class="code" dir="ltr">{segment.text}</span>' if segment.boxed else escape(segment.text)
        for segment in segments(text)
    )


def _answer(word: ChipWord, marks: AnswerMarks | None) -> tuple[str, str, str]:
    """Extra classes, and the brackets before and after a word of the predicted answer."""
    if marks is None:
        return "", "", ""
    classes = " gold" if _overlap(word, marks.gold) else ""
    span = marks.predicted
    if span is None or not _overlap(word, span):
        return classes, "", ""
    opening = '<span class="edge">⟦</span>' if word.start <= span[0] < word.end else ""
    closing = '<span class="edge">⟧</span>' if word.start < span[1] <= word.end else ""
    return classes + " ans", opening, closing


def _overlap(word: ChipWord, span: tuple[int, int] | None) -> bool:
    return span is not None and word.start < span[1] and span[0] < word.end
