"""The rows of a run: the same in every language and for every checkpoint, whichever languages are requested."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from core.data.catalogue import get_dataset
from core.data.cells import SPLIT
from core.data.clusters import clusters_of
from core.data.files import is_own, read_parallel_file
from core.data.load import HUB, languages_with, load_parallel, load_rows, pivot_of, row_order
from core.data.rows import ParallelRows
from core.errors import LanguageError, OptionError
from core.text.languages import get_language

ALL = "all"


@dataclass(frozen=True)
class RunData:
    """The rows of a run.

    Attributes
    ----------
    languages : the requested ones. rows : every language of the data, requested or not.
    chosen : data set rows in the seed's order; a larger limit only adds to the end.
    partners : row -> another row, with whose translation this row's source text is compared (`mismatched`).
        It is the row before it in the seed's order (for the first row: the second), so it depends on the seed and the
        data alone and is itself among the chosen rows, unless the limit is 1. Empty where the data have a single row.
    clusters : row -> the lowest row that shares its premise, context or sentence, so that resamples draw both together.
    fingerprint : of the content of one language (`pivot_of`), whatever rows and languages are requested; `texts`
        gives that of each language, which also covers the rows that all languages have. Of a file: of all its content.
    notices : how a file was read, and what of it was not.
    """

    dataset: str
    title: str
    split: str
    task: str
    languages: tuple[str, ...]
    rows: Mapping[str, ParallelRows]
    chosen: tuple[int, ...]
    partners: Mapping[int, int]
    clusters: Mapping[int, int]
    fingerprint: str
    notices: tuple[str, ...] = ()

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
    languages : comma-separated codes, or "all": the paper's languages that the data have; for a file, all of its own.

    Raises
    ------
    DataError, LanguageError, OptionError : one line that lists what is available.
    """
    if limit is not None and limit < 1:
        raise OptionError(f"limit {limit} takes no rows. Use 1 or more, or leave it out to take all.")
    if is_own(dataset):
        return _from_file(dataset, languages, split, limit, seed)
    spec = get_dataset(dataset)
    chosen_split = split or spec.usual_split
    offered = languages_with(spec.name, chosen_split, source)
    asked = [code for code in spec.languages if code in offered] if languages == ALL else language_codes(languages)
    # All languages are read: a row without a label in one of them is left out whichever languages are requested.
    rows = load_parallel(spec.name, list(dict.fromkeys([*offered, *asked])), chosen_split, source)
    fingerprint = load_rows(spec.name, pivot_of(rows), chosen_split, source).fingerprint
    return _choose(spec.title, asked, rows, fingerprint, limit=limit, seed=seed)


def _from_file(dataset: str, languages: str, split: str | None, limit: int | None, seed: int) -> RunData:
    if split not in (None, SPLIT) and not Path(dataset).is_dir():
        raise OptionError(f"The file {dataset} has no split {split!r}: leave --split out.")
    codes = [] if languages == ALL else language_codes(languages)
    file = read_parallel_file(dataset, codes, None if split == SPLIT else split)
    file.require_two_languages()
    asked = codes or list(file.languages)
    rows = file.rows(list(dict.fromkeys([*file.languages, *asked])))
    chosen = _choose(file.path.name, asked, rows, file.fingerprint, limit=limit, seed=seed)
    return replace(chosen, notices=file.notices)


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
        clusters=clusters_of(rows[pivot_of(rows)]),
        fingerprint=fingerprint,
    )


def language_codes(languages: str) -> list[str]:
    """Return the codes of `--languages`, without repetition. Raises LanguageError, OptionError."""
    codes = [get_language(code.strip()).code for code in languages.split(",") if code.strip()]
    if not codes:
        raise OptionError("--languages names no language: give comma-separated codes, such as en,de, or all.")
    return list(dict.fromkeys(codes))


__all__ = ["ALL", "HUB", "RunData", "language_codes", "load_run_data"]
