"""One text under two models, A and B: each word's chip under the other's, and below them the difference A − B.

The HTML is for `st.html` with `assets/style.css` loaded. Every text is escaped.
"""

from collections.abc import Sequence
from html import escape

from core.results import Side
from core.text.display import display_text
from core.text.languages import Language, get_language
from dashboard.figures.chips.row import (
    AnswerMarks,
    chip_grid_html,
    near_answer,
    skipped_html,
    special_html,
    token_row_html,
    word_body,
)
from dashboard.figures.chips.words import ChipWord, add_specials, field_words, fold, kept_words
from dashboard.figures.colours import attribution_stop
from dashboard.figures.numbers import NO_BREAK, counted, percent, signed_percent, spoken_percent
from dashboard.figures.pieces import title_text
from dashboard.figures.units import End, on, units_key
from dashboard.figures.words.sentences import explained_line

DIFFERENCE = "A − B"
Pair = tuple[ChipWord, ChipWord]
Marks = tuple[AnswerMarks | None, AnswerMarks | None]
# Which text it is, and whose units name its words: those of A (0) or B (1); None where pictures are not linked.
Names = tuple[End, int] | None


def paired_chips_html(
    first: Side,
    second: Side,
    *,
    field_titles: Sequence[str] = (),
    show_specials: bool = False,
    answers: Marks = (None, None),
    end: End | None = None,
    shown: int = 0,
) -> str:
    """Chips of one text under two models, word above word.

    Parameters
    ----------
    first, second : Side
        The same text under A and under B. Colours are shares of each side's total |score|, on the same scale.
    answers : what each model answers (question answering); a long context is opened around both.
    end : "s" or "t" names the units of every word, those of A or B as `shown` says, for pictures that are linked.

    Returns
    -------
    str
        HTML, safe whatever the tokens hold. Words that neither model finds notable are folded away in long fields.
    """
    language = get_language(first.language)
    titles = list(field_titles) or [name for name, _ in first.text.fields]
    rows = _paired_rows(first, second, answers)
    if show_specials:
        add_specials(first, rows)
    parts = []
    for (name, _), title, row in zip(first.text.fields, titles, rows, strict=True):
        here = tuple(marks if marks is not None and marks.field == name else None for marks in answers)
        names = None if end is None else (end, shown)
        body = "".join(_item(entry, language, (here[0], here[1]), names) for entry in row)
        parts.append((title, token_row_html(language, _letters(language) + body, "pairs")))
    return chip_grid_html(f"{language.name} attributions of both models", parts)


def paired_card_html(title: str, sides: tuple[Side, Side], chips: str) -> str:
    """A bordered card: the language's name, what each model says of the text, and the paired chips."""
    lines = [f"{letter}: {line}" for letter, side in zip("AB", sides, strict=True) if (line := explained_line(side))]
    said = "".join(f'<span class="muted">{escape(display_text(line))}</span>' for line in lines)
    return f'<div class="side2"><div class="top said"><b>{escape(title)}</b>{said}</div>{chips}</div>'


def _paired_rows(first: Side, second: Side, answers: Marks) -> list[list[Pair | list[Pair] | ChipWord]]:
    rows: list[list[Pair | list[Pair] | ChipWord]] = []
    fields = zip(first.text.fields, field_words(first), field_words(second), strict=True)
    for (name, _), left, right in fields:
        keep = [
            any(stays)
            for stays in zip(
                kept_words(left, near_answer(answers[0]), name),
                kept_words(right, near_answer(answers[1]), name),
                strict=True,
            )
        ]
        rows.append([*fold(list(zip(left, right, strict=True)), keep)])
    return rows


def _item(entry: Pair | list[Pair] | ChipWord, language: Language, marks: Marks, names: Names) -> str:
    if isinstance(entry, ChipWord):
        return special_html(entry)
    if isinstance(entry, tuple):
        return _stack(entry, language, marks, names)
    shares = " and ".join(percent(sum(pair[at].mass for pair in entry)) for at in (0, 1))
    summary = f"{counted(len(entry), 'word')}, {shares} of the mass"
    return skipped_html(summary, "".join(_stack(pair, language, marks, names) for pair in entry))


def _stack(pair: Pair, language: Language, marks: Marks, names: Names) -> str:
    chips = []
    for word, answer in zip(pair, marks, strict=True):
        classes, body = word_body(word, language, answer)
        chips.append(f'<span class="w{classes}">{body}</span>')
    difference = pair[0].share - pair[1].share
    spoken = (
        f"{title_text(pair[0].text)}: A {spoken_percent(pair[0].share)}, B {spoken_percent(pair[1].share)}, "
        f"difference {spoken_percent(difference).removesuffix(' percent')} points"
    )
    number = f'<span class="diff a{attribution_stop(difference)}" dir="ltr">{signed_percent(difference)}</span>'
    role = 'role="img"'
    if names is not None:
        role = f'role="button" aria-pressed="false"{on(units_key(names[0], pair[names[1]].units))}'
    return (
        f'<span class="pair" tabindex="0" {role} aria-label="{escape(spoken, quote=True)}">'
        f"{''.join(chips)}{number}</span>"
    )


def _letters(language: Language) -> str:
    """What the three lines of a row are, in front of it; as high as a chip of the row's own language."""
    strip = '<span class="pieces none"></span>' if language.joins else ""
    lines = "".join(
        f'<span class="w"><bdi><span class="t">{letter}</span></bdi>{strip}<span class="num">{NO_BREAK}</span></span>'
        for letter in "AB"
    )
    return (
        f'<span class="pair letters" aria-hidden="true" dir="ltr">{lines}<span class="diff">{DIFFERENCE}</span></span>'
    )
