"""TMX 1.4: translation units with a segment for each language."""

from pathlib import Path
from xml.parsers import expat

from core.data.formats.sheet import Sheet, listed
from core.errors import DataError
from core.text.languages import language_of

# Their content is code of the original document, not text; `hi` marks text.
_CODE = frozenset({"bpt", "ept", "it", "ph", "ut"})


class _Reader:
    """Collects the units of a document in their order: language, or a tag that is none, -> text.

    `tags` : how each is written first, `en-US`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.units: list[tuple[int, dict[str, str]]] = []
        self.tags: dict[str, str] = {}
        self._tag: str | None = None
        self._text: list[str] | None = None
        self._code = 0
        self._root = ""
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        # Entities may expand without end, or read other files: a document that declares one is not read.
        self.parser.EntityDeclHandler = self._entity
        self.parser.SkippedEntityHandler = self._entity

    def _entity(self, name: str, *_: object) -> None:
        raise self._refusal(f"the entity {name} is not read. Write its text in its place")

    def _refusal(self, problem: str) -> DataError:
        return DataError(f"{self.path}, line {self.parser.CurrentLineNumber}: {problem}.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._root = self._root or name
        if self._root != "tmx":
            raise self._refusal(f"this XML is {self._root}, not tmx. Export the texts as TMX")
        if name == "tu":
            self.units.append((self.parser.CurrentLineNumber, {}))
        elif name == "tuv":
            self._tag = attributes.get("xml:lang") or attributes.get("lang")
            if not self._tag:
                raise self._refusal("a segment has no xml:lang. Name its language")
        elif name == "seg":
            self._text = []
        elif name in _CODE and self._text is not None:
            self._code += 1

    def _characters(self, text: str) -> None:
        if self._text is not None and not self._code:
            self._text.append(text)

    def _end(self, name: str) -> None:
        if name in _CODE and self._text is not None:
            self._code -= 1
        elif name == "seg" and self._text is not None:
            if not self.units or self._tag is None:
                raise self._refusal("a segment is outside a tu and its tuv. Correct the file")
            # Units may write one language in several ways: en-US here, en-GB there.
            code, unit = language_of(self._tag) or self._tag, self.units[-1][1]
            if code in unit:
                raise self._refusal(f"the unit has two segments in {code} ({self._tag}). Keep one of them")
            unit[code] = "".join(self._text)
            self.tags.setdefault(code, self._tag)
            self._text = None


def read_tmx(path: Path, raw: bytes, asked: tuple[str, ...]) -> Sheet:
    """Read the units that have a segment in every language, of those `asked` for if any are.

    Raises DataError for XML that is damaged, is not TMX, or declares entities.
    """
    reader = _Reader(path)
    try:
        reader.parser.Parse(raw, True)
    except expat.ExpatError as error:
        problem = expat.errors.messages[error.code]
        raise DataError(f"{path}, line {error.lineno} is not XML ({problem}). Correct the file.") from error
    except (LookupError, ValueError) as error:
        raise DataError(f"{path} is in an encoding that is not read ({error}). Save it as UTF-8.") from error
    unknown = [tag for code, tag in reader.tags.items() if language_of(code) is None]
    wanted = [code for code in reader.tags if language_of(code) and (not asked or code in asked)]
    whole = [(line, unit) for line, unit in reader.units if all(code in unit for code in wanted)]
    if reader.units and not wanted:
        raise DataError(
            f"{path} has no rows: no segment is in a known language{' that was asked for' if asked else ''}, but in "
            f"{listed([*reader.tags.values()])}. Add translations, or choose others with --languages."
        )
    if reader.units and not whole:
        raise DataError(
            f"{path} has no unit with a segment in each of {listed(wanted)}. Choose fewer with --languages."
        )
    notices = [f"{path.name}: languages not read: {listed(unknown)}."] if unknown else []
    if len(whole) < len(reader.units):
        notices.append(
            f"{path.name}: {len(reader.units) - len(whole):,} of {len(reader.units):,} units lack a segment in one of "
            f"{listed(wanted)} and are left out."
        )
    columns = {reader.tags[code]: [unit[code] for _, unit in whole] for code in wanted}
    places = [f"the unit of line {line}" for line, _ in whole]
    return Sheet(path, "TMX", columns, places, notices=tuple(notices))
