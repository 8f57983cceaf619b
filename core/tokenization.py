"""From a user's text to the tokens a model reads, each with its character span and its word."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import TextError
from core.models.loaded import LoadedModel
from core.results import Token, TokenizedText, Word
from core.settings import get_task
from core.words import merge_pieces, segment

Span = tuple[int, int]

SPACE_MARK = "▁"


@dataclass(frozen=True)
class _Piece:
    """One model token before words are known; `field` is None for specials."""

    id: int
    type_id: int
    field: int | None
    span: Span


def tokenize(model: LoadedModel, task: str, language: str, texts: Sequence[str]) -> TokenizedText:
    """Return `texts` (one per field of `task`) as the model reads them.

    Too long an input is cut at the end of the longer field (`qa`: of the context), never in the question.

    Raises
    ------
    TextError : a field is missing, or nothing of it is left after the cut.
    """
    fields = get_task(task).fields
    if len(texts) != len(fields):
        raise TextError(f"The task {task} takes {len(fields)} texts ({', '.join(fields)}); {len(texts)} given.")
    prefix = model.spec.prefix if task == "meaning" else ""
    encode = _encode_fast if model.tokenizer.is_fast else _encode_slow
    pieces_by_field = [encode(model, prefix + texts[0], language)]
    pieces_by_field += [encode(model, text, language) for text in texts[1:]]
    n_specials = len(_assemble(model, [[] for _ in texts]))
    kept = _cut(pieces_by_field, model.max_length - n_specials, get_task(task).cut_field if task == "qa" else None)
    pieces = _assemble(model, kept)
    n_uncut = n_specials + sum(map(len, pieces_by_field))
    if prefix:
        pieces = [_without_prefix(piece, len(prefix)) for piece in pieces]
    return _with_words(model, language, list(zip(fields, texts, strict=True)), pieces, n_uncut)


def _encode_fast(model: LoadedModel, text: str, language: str) -> list[tuple[int, Span]]:
    encoding = model.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    ids = encoding["input_ids"]
    pieces = model.tokenizer.convert_ids_to_tokens(ids)
    # A bare space piece stands before a word; its offsets may name the word's first character.
    spans = [
        (start, start) if piece == SPACE_MARK else (start, end)
        for piece, (start, end) in zip(pieces, encoding["offset_mapping"], strict=True)
    ]
    return list(zip(ids, spans, strict=True))


def _encode_slow(model: LoadedModel, text: str, language: str) -> list[tuple[int, Span]]:
    """XLM's tokenizer gives no offsets and rewrites the text; they are found by aligning the pieces with it."""
    pieces = model.tokenizer.tokenize(text, lang=language)
    ids = model.tokenizer.convert_tokens_to_ids(pieces)
    return list(zip(ids, align_pieces(text, pieces), strict=True))


def align_pieces(text: str, pieces: Sequence[str]) -> list[Span]:
    """Return the character span of each piece of a tokenizer that lowercases, strips accents and rewrites punctuation.

    Pieces are found left to right in the text's folded characters; one that is not found (`<unk>`, rewritten
    punctuation) takes the next character that is not a space.
    """
    folded = [(char, index) for index, original in enumerate(text) for char in _fold(original)]
    spans: list[Span] = []
    at = 0
    for piece in pieces:
        while at < len(folded) and folded[at][0].isspace():
            at += 1
        wanted = "".join(map(_fold, piece.removesuffix("</w>")))
        length = _match(folded, at, wanted)
        if at >= len(folded):
            spans.append((len(text), len(text)))
            continue
        end = min(at + max(length, 1), len(folded))
        spans.append((folded[at][1], folded[end - 1][1] + 1))
        at = end
    return spans


def _match(folded: list[tuple[str, int]], at: int, wanted: str) -> int:
    """How many folded characters from `at` on spell `wanted`; 0 when they do not."""
    found = "".join(char for char, _ in folded[at : at + len(wanted)])
    return len(wanted) if found == wanted else 0


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn")


def _cut(fields: list[list[tuple[int, Span]]], room: int, cut_field: int | None) -> list[list[tuple[int, Span]]]:
    """Shorten the given field, or the longer one token by token, until all fit into `room` tokens."""
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
            raise TextError(f"The question is too long: with it the model reads {room} tokens, and no context fits.")
    return [pieces[:length] for pieces, length in zip(fields, lengths, strict=True)]


def _assemble(model: LoadedModel, fields: list[list[tuple[int, Span]]]) -> list[_Piece]:
    """Put the family's specials around the fields: BERT and XLM `A s B s` after a first token, XLM-R `A s s B s`."""
    tokenizer, double = model.tokenizer, _doubles_separator(model)
    separator = _Piece(tokenizer.sep_token_id, 0, None, (0, 0))
    pieces = [_Piece(tokenizer.cls_token_id, 0, None, (0, 0))]
    for index, field in enumerate(fields):
        type_id = index if model.spec.family == "bert" and not double else 0
        if index and double:
            pieces.append(separator)
        pieces += [_Piece(id_, type_id, index, span) for id_, span in field]
        pieces.append(_Piece(tokenizer.sep_token_id, type_id, None, (0, 0)))
    return pieces


def _doubles_separator(model: LoadedModel) -> bool:
    """Whether the tokenizer's own template puts two separators between the fields (XLM-R and the embedded model)."""
    tokenizer = model.tokenizer
    if not tokenizer.is_fast:
        return False
    return bool(tokenizer.num_special_tokens_to_add(pair=True) == 4)


def _without_prefix(piece: _Piece, length: int) -> _Piece:
    """Shift the spans by the model's prefix; the prefix's own pieces become specials."""
    start, end = piece.span
    if piece.field is None or end <= length:
        return _Piece(piece.id, piece.type_id, None, (0, 0))
    return _Piece(piece.id, piece.type_id, piece.field, (max(start - length, 0), end - length))


def _with_words(
    model: LoadedModel, language: str, fields: list[tuple[str, str]], pieces: list[_Piece], n_uncut: int
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


def _token(model: LoadedModel, piece: _Piece, fields: list[tuple[str, str]], word: int) -> Token:
    if piece.field is None:
        name = str(model.tokenizer.convert_ids_to_tokens(piece.id)).replace(SPACE_MARK, "").replace("##", "")
        return Token(name, 0, 0, None, special=True, word=-1)
    field, text = fields[piece.field]
    start, end = piece.span
    shown = text[start:end]
    lead = len(shown) - len(shown.lstrip())
    tail = len(shown) - len(shown.rstrip()) if shown.strip() else 0
    return Token(shown.strip(), min(start + lead, end), end - tail, field, special=False, word=word)
