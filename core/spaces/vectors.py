"""Word vectors from files that are already aligned (fastText, MUSE): .vec, .vec.gz and word2vec's .bin."""

import gzip
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import IO, cast

import numpy as np
import numpy.typing as npt

from core.errors import DataError, SpaceError
from core.results import Array, TokenizedText, Unit
from core.spaces.sources import SAMPLE_SEED, SAMPLE_SIZE, VectorSource

MAX_WORDS = 200_000
_FASTTEXT_MAGIC = struct.pack("<i", 793712314)
_LONGEST_WORD = 1000
_LARGEST_EMBED = 10_000

WordVector = tuple[str, npt.NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class WordVectors:
    """The vectors of one file: `matrix` (word, embed) float32, `rows` word -> row."""

    rows: Mapping[str, int]
    matrix: npt.NDArray[np.float32]

    def find(self, word: str) -> Array | None:
        """Return the vector of a word as written, else of its lower case, else None."""
        row = self.rows.get(word, self.rows.get(word.lower()))
        return None if row is None else self.matrix[row].astype(np.float64)


class FileSource(VectorSource):
    """The vector of a unit's word; tokens take the vector of their word. Words that are not in the file get zeros.

    Parameters
    ----------
    files : (language, path) pairs.
    """

    pooling = "vector of the unit's word from a file"
    maps_of = None
    note = "vectors: taken as the file aligned them; a token has its word's vector"

    def __init__(self, files: Sequence[tuple[str, str]]) -> None:
        self._paths = {language: Path(path).expanduser() for language, path in files}
        self._lock = threading.Lock()
        self._n_units = self._n_covered = 0

    def vectors(self, text: TokenizedText, units: Sequence[Unit]) -> Array:
        words = self._of_language(text.language)
        vectors = [words.find(_word_of(text, unit)) for unit in units]
        with self._lock:
            self._n_units += len(vectors)
            self._n_covered += sum(vector is not None for vector in vectors)
        zeros = np.zeros(words.matrix.shape[1])
        return np.stack([zeros if vector is None else vector for vector in vectors])

    def sample(self, language: str) -> Array:
        matrix = self._of_language(language).matrix
        drawn = np.random.default_rng(SAMPLE_SEED).choice(len(matrix), min(SAMPLE_SIZE, len(matrix)), replace=False)
        return matrix[np.sort(drawn)].astype(np.float64)

    def coverage(self) -> float:
        """Return the share of the units seen since this source was opened whose word is in its file."""
        return self._n_covered / self._n_units if self._n_units else 1.0

    def _of_language(self, language: str) -> WordVectors:
        if language not in self._paths:
            raise SpaceError(
                f"The space vectors has no file for {language}. Give one: --vectors {language}=FILE (.vec or .bin)."
            )
        words = read_vectors(self._paths[language])
        widths = {read_vectors(path).matrix.shape[1] for path in self._paths.values()}
        if len(widths) > 1:
            raise SpaceError(f"The vector files have {sorted(widths)} numbers a word. Give files of one aligned set.")
        return words


def read_vectors(path: Path) -> WordVectors:
    """Read the first `MAX_WORDS` words of a vector file, which are the most frequent in the usual sorting.

    Raises
    ------
    DataError : no such file, fastText's own binary format, or a damaged file.
    """
    try:
        modified = path.stat().st_mtime_ns
    except OSError as error:
        raise DataError(f"The vector file {path} cannot be read: {error.strerror}. Check the path.") from error
    return _read_cached(path, modified)


@lru_cache(maxsize=4)
def _read_cached(path: Path, _modified: int) -> WordVectors:
    rows: dict[str, int] = {}
    vectors: list[npt.NDArray[np.float32]] = []
    try:
        with cast(IO[bytes], gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")) as file:
            words = _binary_words(file, path) if path.suffix == ".bin" else _text_words(file, path)
            for word, vector in words:
                if rows.setdefault(word, len(vectors)) == len(vectors):
                    vectors.append(vector)
    except (OSError, EOFError) as error:
        raise DataError(f"The vector file {path} cannot be read: {error}. Download it again.") from error
    if not vectors:
        raise DataError(f"The vector file {path} contains no vectors. Download it again.")
    return WordVectors(rows, np.stack(vectors))


def _text_words(file: IO[bytes], path: Path) -> Iterator[WordVector]:
    """Read `word number number ...` lines, after an optional `words numbers` header; a word may hold spaces."""
    first = file.readline(_LARGEST_EMBED * 30).split()
    header = len(first) == 2 and all(part.isdigit() for part in first)
    width = int(first[1]) if header else len(first) - 1
    if not 1 < width <= _LARGEST_EMBED:
        raise DataError(f"{path} is not a vector file: its first line has no vector. Give a .vec file.")
    if not header:
        file.seek(0)
    for number, line in enumerate(file, start=1 + header):
        if number > MAX_WORDS + header:
            return
        parts = line.rstrip().rsplit(b" ", width)
        try:
            vector = np.array(parts[1:], dtype=np.float32)
        except ValueError:
            vector = np.empty(0, dtype=np.float32)
        if len(vector) != width or not np.isfinite(vector).all():
            raise DataError(f"{path}, line {number}: expected a word and {width} numbers. Download the file again.")
        yield parts[0].decode("utf-8", "replace"), vector


def _binary_words(file: IO[bytes], path: Path) -> Iterator[WordVector]:
    """Read word2vec's binary format: a `words numbers` line, then each word, a space and its float32 numbers."""
    first = file.readline(_LONGEST_WORD)
    if first.startswith(_FASTTEXT_MAGIC):
        raise DataError(f"{path} is a fastText model; that binary format is not supported. Give its .vec file.")
    sizes = first.split()
    if len(sizes) != 2 or not all(part.isdigit() for part in sizes) or not 1 < int(sizes[1]) <= _LARGEST_EMBED:
        raise DataError(f"{path} is not in word2vec's binary format. Give a .vec file.")
    width = int(sizes[1])
    for _ in range(min(int(sizes[0]), MAX_WORDS)):
        word = b"".join(islice(iter(lambda: _until_space(file), b""), _LONGEST_WORD))
        numbers = file.read(4 * width)
        if len(numbers) != 4 * width or len(word) == _LONGEST_WORD:
            raise DataError(f"{path} ends inside a vector. Download it again.")
        yield word.strip().decode("utf-8", "replace"), np.frombuffer(numbers, dtype="<f4")


def _until_space(file: IO[bytes]) -> bytes:
    char = file.read(1)
    return b"" if char == b" " else char


def _word_of(text: TokenizedText, unit: Unit) -> str:
    return text.words[unit.word].text if unit.word >= 0 else unit.text
