"""From a user's text to the tokens that a model reads, each with its character span and its word."""

import importlib.util
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import LanguageError, TextError
from core.models.loaded import LoadedModel
from core.results import Token, TokenizedText, Word
from core.settings import get_task
from core.text.words import Span, merge_pieces, segment

SPACE_MARK = "▁"
# How many characters beyond a rewritten piece to search for the next one.
RESYNC = 8


@dataclass(frozen=True)
class Piece:
    """One model token before words are known: `field` is the index of its field, None for specials."""

    id: int
    type_id: int
    field: int | None
    span: Span


def tokenize(model: LoadedModel, task: str, language: str, texts: Sequence[str]) -> TokenizedText:
    """Return `texts` (one per field of `task`) as the model reads them.

    An input that is too long is truncated at the end of its longest field (`qa`: of the context, never the question).

    Raises
    ------
    TextError : a field is missing, or nothing of it is left after truncation.
    LanguageError : the model lacks the language embedding or the word splitter that the language needs.
    """
    pieces, n_uncut = read_pieces(model, task, language, texts, model.max_length)
    fields = get_task(task).fields
    return _with_words(model, language, list(zip(fields, texts, strict=True)), pieces, n_uncut)


def read_pieces(
    model: LoadedModel, task: str, language: str, texts: Sequence[str], max_length: int
) -> tuple[list[Piece], int]:
    """Return the pieces of an input truncated to `max_length`, specials included, and the untruncated number.

    Raises
    ------
    TextError, LanguageError : as `tokenize`.
    """
    model.require_language(language)
    fields = get_task(task).fields
    if len(texts) != len(fields):
        raise TextError(f"The task {task} takes {len(fields)} texts ({', '.join(fields)}); {len(texts)} given.")
    prefix = model.spec.prefix if task == "meaning" else ""
    pieces_by_field = [encode(model, prefix + texts[0], language)]
    pieces_by_field += [encode(model, text, language) for text in texts[1:]]
    n_specials = len(_assemble(model, [[] for _ in texts]))
    kept = _cut(pieces_by_field, max_length - n_specials, get_task(task).cut_field if task == "qa" else None)
    pieces = _assemble(model, kept)
    if prefix:
        pieces = [_without_prefix(piece, len(prefix)) for piece in pieces]
    return pieces, n_specials + sum(map(len, pieces_by_field))


def read_windows(
    model: LoadedModel, language: str, texts: Sequence[str], max_length: int, stride: int
) -> list[list[Piece]]:
    """Return the windows of a question and its context: each holds the whole question and overlapping context parts.

    Parameters
    ----------
    max_length : tokens of a window, specials included. stride : context tokens that consecutive windows share.

    Raises
    ------
    TextError : the question leaves room for no more than `stride` context tokens.
    """
    model.require_language(language)
    question, context = (encode(model, text, language) for text in texts)
    room = max_length - len(_assemble(model, [[], []])) - len(question)
    if len(context) <= room:
        return [_assemble(model, [question, context])]
    if room <= stride:
        raise TextError(f"The question is too long: it leaves room for {max(room, 0)} context tokens. Shorten it.")
    starts = range(0, len(context) - stride, room - stride)
    return [_assemble(model, [question, context[start : start + room]]) for start in starts]


def encode(model: LoadedModel, text: str, language: str) -> list[tuple[int, Span]]:
    """Return the id and character span of each piece of `text`, without specials.

    A special's name typed by the user, such as "</s>", is read as text and never becomes the model's separator.
    """
    return _encode_fast(model, text) if model.tokenizer.is_fast else _encode_slow(model, text, language)


def _encode_fast(model: LoadedModel, text: str) -> list[tuple[int, Span]]:
    tokenizer = model.tokenizer
    encoding = tokenizer(
        text, add_special_tokens=False, split_special_tokens=True, return_offsets_mapping=True, verbose=False
    )
    ids = encoding["input_ids"]
    pieces = tokenizer.convert_ids_to_tokens(ids)
    # A bare space piece precedes a word; its offsets may cover the word's first character, so its span is emptied.
    spans = [
        (start, start) if piece == SPACE_MARK else (start, end)
        for piece, (start, end) in zip(pieces, encoding["offset_mapping"], strict=True)
    ]
    # A Unigram vocabulary lists its specials as pieces, so it finds them in plain text in spite of the option above.
    reserved = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    encoded: list[tuple[int, Span]] = []
    for id_, piece, span in zip(ids, pieces, spans, strict=True):
        encoded += _spelled_out(tokenizer, piece, span) if id_ in reserved else [(id_, span)]
    return encoded


def _spelled_out(tokenizer: Any, piece: str, span: Span) -> list[tuple[int, Span]]:
    """The name of a special as single characters, each with its own span where the text spells the name in full."""
    start, end = span
    spans = (
        [(start + k, start + k + 1) for k in range(len(piece))] if end - start == len(piece) else [span] * len(piece)
    )
    return list(zip(tokenizer.convert_tokens_to_ids(list(piece)), spans, strict=True))


def _encode_slow(model: LoadedModel, text: str, language: str) -> list[tuple[int, Span]]:
    """XLM's tokenizer rewrites the text and reports no offsets; aligning its pieces with the text recovers them."""
    if language == "ja" and importlib.util.find_spec("Mykytea") is None:
        raise LanguageError(f"{model.info.name} splits Japanese with KyTea, which is not installed. Use another model.")
    # Not `tokenize`: that turns a typed "</s>" into a special, and since Transformers 5 it drops the language.
    pieces = model.tokenizer._tokenize(text, lang=language)
    ids = model.tokenizer.convert_tokens_to_ids(pieces)
    return list(zip(ids, align_pieces(text, pieces), strict=True))


def align_pieces(text: str, pieces: Sequence[str]) -> list[Span]:
    """Return the character span of each piece of a tokenizer that lowercases, strips accents and rewrites punctuation.

    Pieces are searched from left to right in the folded text (lower case, no accents, no space). A piece that is not
    found (`<unk>`, rewritten punctuation) extends to where the next piece is found, or else takes one character.
    """
    folded = [(char, index) for index, original in enumerate(text) for char in _fold(original) if not char.isspace()]
    spelled = "".join(char for char, _ in folded)
    origins = [index for _, index in folded] + [len(text)]
    folded_pieces = ["".join(map(_fold, piece.removesuffix("</w>"))) for piece in pieces]
    spans: list[Span] = []
    begin = 0
    for piece, following in zip(folded_pieces, [*folded_pieces[1:], ""], strict=True):
        end = _end_of_piece(spelled, origins, begin, piece, following)
        spans.append((origins[begin], origins[end - 1] + 1 if end > begin else origins[begin]))
        begin = end
    return spans


def _end_of_piece(spelled: str, origins: list[int], begin: int, piece: str, following: str) -> int:
    """Return where the piece that begins at `begin` ends in the folded text; see `align_pieces`."""
    if spelled.startswith(piece, begin):
        return begin + len(piece)
    next_begin = spelled.find(following, begin, begin + len(piece) + RESYNC) if following else -1
    if next_begin >= 0:
        return next_begin
    return next((k for k in range(begin, len(spelled)) if origins[k] != origins[begin]), len(spelled))


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn")


def _cut(fields: list[list[tuple[int, Span]]], room: int, cut_field: int | None) -> list[list[tuple[int, Span]]]:
    """Shorten `cut_field`, or where it is None always the longest field, until all fit into `room` tokens."""
    lengths = [len(pieces) for pieces in fields]
    while sum(lengths) > room:
        longest = cut_field if cut_field is not None else lengths.index(max(lengths))
        if cut_field is None and len(lengths) > 1:
            second = sorted(lengths)[-2]
            step = max(1, min(sum(lengths) - room, lengths[longest] - second))
        else:
            step = sum(lengths) - room
        lengths[longest] -= step
        if lengths[longest] < 1:
            raise TextError(f"The question is too long: the model reads {room} tokens, which leaves none for context.")
    return [pieces[:length] for pieces, length in zip(fields, lengths, strict=True)]


def _assemble(model: LoadedModel, fields: list[list[tuple[int, Span]]]) -> list[Piece]:
    """Add the specials of the model's own template: `first A s B s` for BERT and XLM, `first A s s B s` for XLM-R."""
    pieces: list[Piece] = []
    for slot in model.template.slots(len(fields)):
        type_id = model.token_type(slot)
        if slot.id is not None:
            pieces.append(Piece(slot.id, type_id, None, (0, 0)))
        else:
            index = slot.field or 0
            pieces += [Piece(id_, type_id, index, span) for id_, span in fields[index]]
    return pieces


def _without_prefix(piece: Piece, length: int) -> Piece:
    """Shift the spans by the model's prefix; the prefix's own pieces become specials."""
    start, end = piece.span
    if piece.field is None or end <= length:
        return Piece(piece.id, piece.type_id, None, (0, 0))
    return Piece(piece.id, piece.type_id, piece.field, (max(start - length, 0), end - length))


def _with_words(
    model: LoadedModel, language: str, fields: list[tuple[str, str]], pieces: list[Piece], n_uncut: int
) -> TokenizedText:
    words: list[Word] = []
    word_of: dict[int, int] = {}
    for index, (name, text) in enumerate(fields):
        members = [position for position, piece in enumerate(pieces) if piece.field == index]
        spans = segment(text, language)
        merged = merge_pieces([pieces[position].span for position in members], spans)
        word_of |= {position: len(words) + word for position, word in zip(members, merged, strict=True)}
        words += [Word(text[start:end], start, end, name) for start, end in spans]
    tokens = tuple(_token(model, piece, fields, word_of.get(position, -1)) for position, piece in enumerate(pieces))
    return TokenizedText(
        language=language,
        fields=tuple(fields),
        tokens=tokens,
        words=tuple(words),
        input_ids=tuple(piece.id for piece in pieces),
        token_type_ids=tuple(piece.type_id for piece in pieces),
        n_tokens_uncut=n_uncut,
    )


def _token(model: LoadedModel, piece: Piece, fields: list[tuple[str, str]], word: int) -> Token:
    if piece.field is None:
        name = str(model.tokenizer.convert_ids_to_tokens(piece.id)).replace(SPACE_MARK, "").replace("##", "")
        return Token(name, 0, 0, None, special=True, word=-1)
    field, text = fields[piece.field]
    start, end = piece.span
    shown = text[start:end]
    lead = len(shown) - len(shown.lstrip())
    tail = len(shown) - len(shown.rstrip()) if shown.strip() else 0
    return Token(shown.strip(), min(start + lead, end), end - tail, field, special=False, word=word)
