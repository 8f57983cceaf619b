"""Which rows a run is about: the same in every language and for every checkpoint, whatever else is asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.data.catalogue import get_dataset
from core.data.files import SPLIT, is_file_name, read_parallel_file
from core.data.load import HUB, ParallelRows, languages_with, load_parallel, load_rows, pivot_of, row_order
from core.errors import LanguageError, OptionError
from core.text.languages import get_language

ALL = "all"


@dataclass(frozen=True)
class RunData:
    """The rows of a run.

    Attributes
    ----------
    languages : those that were asked for. rows : every language that the data hold, asked for or not.
    chosen : data set rows in the order in which the seed takes them; a larger limit only adds to the end.
    partners : row -> another row, whose translation this row's source text is set against (`mismatched`).
        It is the row that the seed takes just before (for the first one: the second), so it depends on the seed
        and the data alone, is another row always, and is chosen itself whatever the limit (but for a limit of 1).
        Empty where the data have a single row.
    fingerprint : names the content of one language of the data (`pivot_of`), whatever rows and languages are asked
        for; `texts` names that of each language, and which rows all languages have.
    """

    dataset: str
    title: str
    split: str
    task: str
    languages: tuple[str, ...]
    rows: Mapping[str, ParallelRows]
    chosen: tuple[int, ...]
    partners: Mapping[int, int]
    fingerprint: str

    def take(self, language: str, rows: Sequence[int]) -> ParallelRows:
        """Return some data set rows of a language, in the order given."""
        return self.rows[language].take([self._place[row] for row in rows])

    def label(self, row: int) -> str:
        """Return the class of a data set row: the same in every language."""
        return next(iter(self.rows.values())).labels[self._place[row]]

    @cached_property
    def _place(self) -> Mapping[int, int]:
        """Data set row -> its position in every language's rows."""
        return {row: position for position, row in enumerate(next(iter(self.rows.values())).rows)}

    def texts(self, languages: Iterable[str]) -> dict[str, str]:
        """Return the fingerprint of each language's rows."""
        return {language: self.rows[language].fingerprint for language in languages}

    def require_language(self, language: str, why: str) -> None:
        """Raise LanguageError where the data lack a language."""
        if language not in self.rows:
            raise LanguageError(f"{self.title} has no language {language!r}, {why}; it holds {' '.join(self.rows)}.")


def load_run_data(
    dataset: str, languages: str, split: str | None, source: str | Path, *, limit: int | None, seed: int
) -> RunData:
    """Read a known data set, or a parallel file, and choose its rows.

    Parameters
    ----------
    languages : codes with commas between, or "all": the paper's, as far as they are at hand; all of a file.

    Raises
    ------
    DataError, LanguageError, OptionError : one line that lists what is there.
    """
    if limit is not None and limit < 1:
        raise OptionError(f"limit {limit} takes no rows. Use 1 or more, or leave it out to take all.")
    if is_file_name(dataset):
        return _from_file(dataset, languages, split, limit, seed)
    spec = get_dataset(dataset)
    chosen_split = split or spec.usual_split
    offered = languages_with(spec.name, chosen_split, source)
    asked = [code for code in spec.languages if code in offered] if languages == ALL else _codes(languages)
    # All languages are read, so that the rows without a label in some language do not hang on which are asked for.
    rows = load_parallel(spec.name, list(dict.fromkeys([*offered, *asked])), chosen_split, source)
    fingerprint = load_rows(spec.name, pivot_of(rows), chosen_split, source).fingerprint
    return _choose(spec.title, asked, rows, fingerprint, limit=limit, seed=seed)


def _from_file(dataset: str, languages: str, split: str | None, limit: int | None, seed: int) -> RunData:
    if split not in (None, SPLIT):
        raise OptionError(f"The file {dataset} has no split {split!r}: leave --split out.")
    file = read_parallel_file(dataset)
    asked = list(file.languages) if languages == ALL else _codes(languages)
    rows = file.rows(list(dict.fromkeys([*file.languages, *asked])))
    return _choose(file.path.name, asked, rows, file.fingerprint, limit=limit, seed=seed)


def _choose(
    title: str,
    asked: Sequence[str],
    rows: Mapping[str, ParallelRows],
    fingerprint: str,
    *,
    limit: int | None,
    seed: int,
) -> RunData:
    whole = next(iter(rows.values()))
    order = [whole.rows[position] for position in row_order(len(whole), seed)]
    before = [*order[1:2], *order[:-1]] if len(order) > 1 else []
    return RunData(
        dataset=whole.dataset,
        title=title,
        split=whole.split,
        task=whole.task,
        languages=tuple(asked),
        rows=dict(rows),
        chosen=tuple(order[:limit]),
        partners=dict(zip(order, before, strict=False)),
        fingerprint=fingerprint,
    )


def _codes(languages: str) -> list[str]:
    codes = [get_language(code.strip()).code for code in languages.split(",") if code.strip()]
    if not codes:
        raise OptionError("--languages names no language: give codes with commas between, such as en,de, or all.")
    return list(dict.fromkeys(codes))


__all__ = ["ALL", "HUB", "RunData", "load_run_data"]
