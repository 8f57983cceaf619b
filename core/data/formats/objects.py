"""JSON: one object a line, a list of objects, or the questions of SQuAD, XQuAD and MLQA."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.data.formats.encoding import Decoded
from core.data.formats.sheet import MISSING, Sheet
from core.errors import DataError

_SPACE = re.compile(r"[ \t\n\r]*")
Entry = Mapping[str, Any]


def is_json(text: str) -> bool:
    """Whether a file begins as JSON does."""
    return text.lstrip()[:1] in ("{", "[") and text.lstrip()[1:].lstrip()[:1] in ('"', "{", "}", "]")


def read_json(path: Path, decoded: Decoded) -> Sheet:
    """Read JSON of any of these layouts. Raises DataError, with the line, for anything else."""
    text = decoded.text
    begin = len(text) - len(text.lstrip())
    if text[begin] == "[":
        entries = list(_items(path, text, begin + 1))
        return _sheet(path, "a JSON list", entries, decoded)
    entries = list(_one_after_another(path, text))
    if len(entries) == 1 and isinstance(entries[0][1], dict) and isinstance(entries[0][1].get("data"), list):
        inside = entries[0][1]["data"]
        if inside and not any(isinstance(row, dict) and "paragraphs" in row for row in inside):
            return _sheet(
                path, "a JSON list under data", [(f"row {at}", row) for at, row in enumerate(inside, 1)], decoded
            )
        return _questions(path, inside, decoded)
    return _sheet(path, "JSON Lines", entries, decoded)


def _one_after_another(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    """The values of a file, each with its place."""
    position, line = 0, 1
    while True:
        position, line = _skip(text, position, line)
        if position == len(text):
            return
        value, end = _decode(path, text, position, line)
        yield f"line {line}", value
        line += text.count("\n", position, end)
        position = end


def _items(path: Path, text: str, position: int) -> Iterator[tuple[str, Any]]:
    """The items of the list that begins before `position`, each with its place."""
    line = text.count("\n", 0, position) + 1
    position, line = _skip(text, position, line)
    while text[position : position + 1] != "]":
        value, end = _decode(path, text, position, line)
        yield f"line {line}", value
        line += text.count("\n", position, end)
        position, line = _skip(text, end, line)
        if text[position : position + 1] == ",":
            position, line = _skip(text, position + 1, line)
        elif text[position : position + 1] != "]":
            raise DataError(f"{path}, line {line}: the JSON list does not go on. Put a comma or ] there.")
    if text[position + 1 :].strip():
        raise DataError(f"{path}, line {line}: there is more after the end of the JSON list. Remove it.")


def _skip(text: str, position: int, line: int) -> tuple[int, int]:
    match = _SPACE.match(text, position)
    end = match.end() if match else position
    return end, line + text.count("\n", position, end)


def _decode(path: Path, text: str, position: int, line: int) -> tuple[Any, int]:
    try:
        return json.JSONDecoder(object_pairs_hook=_object).raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {error.lineno} is not JSON ({error.msg}). Correct it.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}, line {line} cannot be read as JSON ({error}). Correct it.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        twice = next(name for index, (name, _) in enumerate(pairs) if name in dict(pairs[:index]))
        raise ValueError(f"two values of the name {twice}")
    return names


def _sheet(path: Path, layout: str, entries: list[tuple[str, Any]], decoded: Decoded) -> Sheet:
    names: dict[str, None] = {}
    rows: list[Entry] = []
    for place, entry in entries:
        if not isinstance(entry, dict):
            raise DataError(f"{path}, {place} is not an object with columns by name. Write one object for each row.")
        # As the translation data sets of the hub: {"translation": {"en": ..., "de": ...}}.
        inner = entry.get("translation")
        row = (
            {name: cell for name, cell in entry.items() if name != "translation"} | inner
            if isinstance(inner, dict)
            else entry
        )
        names |= dict.fromkeys(row)
        rows.append(row)
    columns = {name: [row.get(name, MISSING) for row in rows] for name in names}
    return Sheet(path, f"{layout}, {decoded.encoding}", columns, [place for place, _ in entries], decoded.western)


def _questions(path: Path, articles: list[Any], decoded: Decoded) -> Sheet:
    """The questions of SQuAD's JSON, with the answers in the form of the hub. Unanswerable ones are left out."""
    try:
        rows = [
            (question["id"], question["question"], paragraph["context"], question["answers"])
            for article in articles
            for paragraph in article["paragraphs"]
            for question in paragraph["qas"]
        ]
        answered = [
            (key, question, context, {name: [a[name] for a in answers] for name in ("text", "answer_start")})
            for key, question, context, answers in rows
            if answers
        ]
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{path} is not the JSON of SQuAD: data, paragraphs, context, qas with id, question and answers with text "
            f"and answer_start ({type(error).__name__}: {error}). Correct the file."
        ) from error
    names = ("id", "question", "context", "answers")
    columns = {name: [row[index] for row in answered] for index, name in enumerate(names)}
    left_out = len(rows) - len(answered)
    notices = (f"{path.name}: {left_out:,} questions without an answer are left out.",) if left_out else ()
    places = [f"question {str(key)[:60]!r}" for key, *_ in answered]
    return Sheet(path, f"the JSON of SQuAD, {decoded.encoding}", columns, places, decoded.western, notices)
