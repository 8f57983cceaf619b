"""Which words a question is about: those of one language, against one other language, in one run."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import StoreChoiceError
from core.store import Reader
from core.text.languages import get_language


@dataclass(frozen=True)
class WordCell:
    """The words of `language` in the pairs of one run with `other`; `end` is "" but for `qa`.

    `reversed` says that the pairs are stored with `other` as their source: C is symmetric, so that the words of
    either side can be asked for.
    """

    run: str
    language: str
    other: str
    end: str = ""
    reversed: bool = False

    @property
    def stored(self) -> tuple[str, str]:
        """Source and target language under which the pairs are stored."""
        return (self.other, self.language) if self.reversed else (self.language, self.other)


def cells_of(reader: Reader, run: str, language: str, others: Iterable[str] = (), end: str = "") -> list[WordCell]:
    """Return the cells of a run, without the pair of a language with itself; by default with every other language.

    Raises StoreChoiceError where the run holds no flows between `language` and one of `others`.
    """
    held = pairs_with_flows(reader, run)
    wanted = list(others) or sorted({code for pair in held if language in pair for code in pair} - {language})
    cells = [_cell(held, run, language, other, end) for other in wanted]
    missing = [other for other, cell in zip(wanted, cells, strict=True) if cell is None]
    if missing or not cells:
        name = get_language(language).name
        asked = f" with {', '.join(get_language(code).name for code in missing)}" if missing else ""
        raise StoreChoiceError(
            f"{run} holds no flows of {name}{asked}, from which words are computed. It holds "
            f"{', '.join(f'{a}-{b}' for a, b in sorted(held)) or 'none'}; the same `run` with others adds them."
        )
    return [cell for cell in cells if cell is not None]


def pairs_with_flows(reader: Reader, run: str) -> set[tuple[str, str]]:
    """Return the pairs of different languages whose flows a run holds, as stored."""
    units = (unit for shard in reader.snapshot.of(run, "flows") for unit in shard.info.units)
    return {(unit.languages[0], unit.languages[1]) for unit in units if len(set(unit.languages)) > 1}


def _cell(held: set[tuple[str, str]], run: str, language: str, other: str, end: str) -> WordCell | None:
    if (language, other) in held:
        return WordCell(run, language, other, end)
    return WordCell(run, language, other, end, reversed=True) if (other, language) in held else None
