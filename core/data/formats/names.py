"""Which language a file is of, from its name or its folder's: `corpus.de`, `deu_Latn.dev`, `x-final/de/test_2k.tsv`."""

import re
from pathlib import Path

from core.text.languages import language_of

# The passages of MLQA and the questions about them may be of different languages.
_MLQA = re.compile(r"context-([a-z]{2,3})-question-([a-z]{2,3})")
# NTREX calls English the source, and every translation a reference.
_SIDE = re.compile(r"[-_.](?:src|ref)\b")
_EXTENSIONS = frozenset({"txt", "tsv", "csv", "json", "jsonl", "ndjson"})


def language_in_path(path: Path, root: Path) -> str | None:
    """Return the language of a file below `root`; None where neither its name nor a folder of it has exactly one."""
    return _find(path, root)[0]


def group_of(path: Path, root: Path) -> tuple[str, str | None]:
    """Return what a file's path says without its language, equal for translations; and the language.

    Examples
    --------
    >>> group_of(Path("ntrex/newstest2019-ref.deu.txt"), Path("ntrex"))
    ('newstest2019', 'de')
    >>> group_of(Path("x-final/de/test_2k.tsv"), Path("x-final"))
    ('test_2k', 'de')
    """
    code, rest = _find(path, root)
    return rest, code


def _find(path: Path, root: Path) -> tuple[str | None, str]:
    *folders, name = path.relative_to(root).parts
    code, stem = _in_name(name)
    if code is None and not _MLQA.search(name):
        at = next((index for index in reversed(range(len(folders))) if language_of(folders[index])), None)
        if at is not None:
            code = language_of(folders.pop(at))
    return code, "/".join([*folders, _SIDE.sub("", stem)])


def _in_name(name: str) -> tuple[str | None, str]:
    """The language of a file name, and the name without it and without its extension."""
    crossed = _MLQA.search(name)
    if crossed is not None:
        context, question = (language_of(code) for code in crossed.groups())
        code = context if context == question else None
        return code, Path(_MLQA.sub("", name)).stem.strip("-_.")
    parts = name.split(".")
    for index in reversed(range(len(parts))):
        code = language_of(parts[index])
        if code is not None:
            # The extension says nothing, but `deu.dev` and `deu.devtest` differ in it.
            rest = [part for place, part in enumerate(parts) if place != index]
            return code, ".".join(part for part in rest if part not in _EXTENSIONS)
    stem = Path(name).stem if Path(name).suffix.lstrip(".") in _EXTENSIONS else name
    words = re.split(r"[-_]", stem)
    found = [index for index, word in enumerate(words) if language_of(word)]
    if len(found) == 1:
        return language_of(words[found[0]]), "-".join(word for index, word in enumerate(words) if index != found[0])
    return None, stem
