"""Learn a space's language means and its rotations into English from bilingual lexicons."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from core.callbacks import MessageCallback
from core.errors import DataError, OptionError
from core.models.loaded import LoadedModel
from core.results import Array
from core.settings import LEVELS
from core.spaces.base import Pieces, SpaceModel, find_space_model
from core.spaces.lexicon import HELD_OUT, Pair, Split, read_pairs, split_pairs
from core.spaces.maps import PIVOT, SpaceMaps, maps_file, save_maps
from core.spaces.similarity import cosine_similarity
from core.spaces.sources import IsolatedSource, PieceSource, StaticSource
from core.spaces.table import VectorTable
from core.versions import version_of

LEARNED_SPACES = ("isolated", "static")
BATCH_ROWS = 64
# Mean P@1 on held-out words, 13 languages, multilingual-e5-small: centred only; plain Procrustes; a pull of .12 or .38:
# isolated-token .724 .733 .730, isolated-word .681 .699 .702, static-token .782 .724 .779, static-word .550 .538 .582.
# Without a pull, 384 dimensions overfit a few thousand pairs: the Arabic "2019" is rotated away from the English one
# (isolated: cosine .68, with the pull .87).
PULLS = {"isolated": 0.1, "static": 0.4}

Vectors = Mapping[Pieces, Array]


@dataclass(frozen=True)
class Precision:
    """P@1: the share of held-out English words whose nearest held-out foreign word translates them, per treatment."""

    raw: float
    centred: float
    procrustes: float


@dataclass(frozen=True)
class LanguageAlignment:
    """The result of one language: training pairs, English words tested, foreign candidates, and P@1."""

    n_pairs: int
    n_tested: int
    n_candidates: int
    precision: Precision


@dataclass(frozen=True)
class AlignmentReport:
    """Maps of one space and level of one model, with their precision on held-out words."""

    model: str
    space: str
    level: str
    maps: SpaceMaps
    languages: Mapping[str, LanguageAlignment]


def align_space(
    model: LoadedModel,
    *,
    space: str,
    level: str,
    lexicon: Path,
    languages: Sequence[str],
    seed: int = 0,
    n_pairs: int = 5000,
    pull: float | None = None,
    progress: MessageCallback | None = None,
) -> AlignmentReport:
    """Learn, for each language, the mean of its lexicon words and the orthogonal map from it into English.

    Parameters
    ----------
    space : "isolated" or "static". level : "token" uses only words that are a single piece in both languages.
    n_pairs : the most pairs per language to learn from, most frequent first.
    pull : regularises the map towards the identity, see `procrustes`; None takes the space's default (`PULLS`).

    Raises
    ------
    OptionError : no map is learned for the space. DataError : a lexicon is missing, broken or too small.

    References
    ----------
    The map solves the orthogonal Procrustes problem (Schönemann 1966); lexicons and precision at 1 as in
    Conneau et al. 2017.
    """
    base = find_space_model(model)
    source = _source(base, space, level)
    pull = PULLS[space] if pull is None else pull
    foreign_languages = [language for language in languages if language != PIVOT]
    pairs = {language: read_pairs(base, lexicon, language, level) for language in foreign_languages}
    splits = split_pairs(pairs, n_pairs, seed)
    english = _encode(source, (pair[0] for split in splits.values() for pair in split.train + split.test), PIVOT)
    means = {PIVOT: _mean(english, (pair[0] for split in splits.values() for pair in split.train))}
    rotations, results = {}, {}
    for language, split in splits.items():
        if progress:
            progress(f"Learning {space}-{level} for {language} from {len(split.train):,} pairs")
        foreign = _encode(source, (pair[1] for pair in split.train + split.test), language)
        means[language] = _mean(foreign, (pair[1] for pair in split.train))
        side = _Sides(english, foreign, means[PIVOT], means[language])
        _require_pairs(language, level, len(split.train), len(means[PIVOT]))
        rotations[language] = procrustes(*side.centred(split.train), pull=pull)
        results[language] = _measure(split, side, rotations[language])
    choices = {"lexicon": lexicon.name, "seed": seed, "n_pairs": n_pairs, "pull": pull, "held_out": HELD_OUT}
    metadata = _metadata(base, source, results) | {"space": space, "level": level} | choices
    return AlignmentReport(base.name, space, level, SpaceMaps(means, rotations, metadata), results)


def write_maps(report: AlignmentReport, folder: Path) -> Path:
    """Write the maps of a report into a folder of spaces, such as `maps.learned_folder()`; return the file."""
    path = maps_file(folder, report.model, report.space, report.level)
    save_maps(path, report.maps)
    return path


def format_report(report: AlignmentReport) -> str:
    """Return the report as an aligned text table, one line per language."""
    lines = [f"{report.model}, {report.space}-{report.level}: P@1 on held-out words"]
    lines.append("language  pairs  tested    raw  centred  procrustes")
    for language, result in report.languages.items():
        p, counts = result.precision, f"{result.n_pairs:6} {result.n_tested:7}"
        lines.append(f"{language:8} {counts}  {p.raw:.3f}    {p.centred:.3f}       {p.procrustes:.3f}")
    return "\n".join(lines)


def procrustes(source: Array, target: Array, *, pull: float = 0.0) -> Array:
    r"""Return the orthogonal matrix that brings the rows of `source` closest to those of `target`, all of unit length.

    .. math::
        W = \arg\min_{W^T W = I} \frac{1}{n} \lVert X W - Y \rVert_F^2 + \frac{p}{d} \lVert W - I \rVert_F^2
          = U V^T, \quad U \Sigma V^T = \frac{1}{n} X^T Y + \frac{p}{d} I

    Parameters
    ----------
    source, target : (pair, embed) centred vectors.
    pull : p, the weight of a regularisation towards the identity, as if p n further pairs, in all directions equally,
        were the same in both languages, as names, numbers and punctuation are. A multilingual encoder is nearly
        aligned to begin with. 0 is the plain orthogonal Procrustes problem.

    Returns
    -------
    (embed, embed); multiply vectors by it from the right.
    """
    n, embed = source.shape
    u, _, vt = np.linalg.svd(_unit(source).T @ _unit(target) / n + pull / embed * np.eye(embed))
    return np.asarray(u @ vt)


@dataclass(frozen=True)
class _Sides:
    """The raw vectors of both languages and their means."""

    english: Vectors
    foreign: Vectors
    english_mean: Array
    foreign_mean: Array

    def centred(self, pairs: Sequence[Pair]) -> tuple[Array, Array]:
        """Return the centred vectors of pairs, foreign first."""
        foreign = np.stack([self.foreign[pair[1]] for pair in pairs]) - self.foreign_mean
        return foreign, np.stack([self.english[pair[0]] for pair in pairs]) - self.english_mean


def _measure(split: Split, sides: _Sides, rotation: Array) -> LanguageAlignment:
    queries = sorted({pair[0] for pair in split.test})
    candidates = sorted({pair[1] for pair in split.test})
    english = np.stack([sides.english[word] for word in queries])
    foreign = np.stack([sides.foreign[word] for word in candidates])
    centred = foreign - sides.foreign_mean
    gold = set(split.test)

    def precision(source: Array, target: Array) -> float:
        nearest = cosine_similarity(source, target).argmax(axis=1)
        return float(np.mean([(word, candidates[i]) in gold for word, i in zip(queries, nearest, strict=True)]))

    query = english - sides.english_mean
    treatments = precision(english, foreign), precision(query, centred), precision(query, centred @ rotation)
    return LanguageAlignment(len(split.train), len(queries), len(candidates), Precision(*treatments))


def _source(base: SpaceModel, space: str, level: str) -> PieceSource:
    if space not in LEARNED_SPACES or level not in LEVELS:
        raise OptionError(
            f"No map is learned for {space}-{level}. Choose the space isolated or static, and the level token or word."
        )
    if space == "static":
        return StaticSource(base, level)
    # In memory only: a lexicon's words would fill the user's table with words that nobody types.
    return IsolatedSource(base, level, VectorTable(None), rows=BATCH_ROWS)


def _encode(source: PieceSource, words: Iterable[Pieces], language: str) -> dict[Pieces, Array]:
    unique = sorted(set(words))
    return dict(zip(unique, source.of_pieces(unique, language), strict=True)) if unique else {}


def _mean(vectors: Vectors, words: Iterable[Pieces]) -> Array:
    unique = sorted(set(words))
    if not unique:
        raise DataError("The lexicon has no usable word for this level. Use the level word, or a larger lexicon.")
    return np.asarray(np.mean([vectors[word] for word in unique], axis=0))


def _require_pairs(language: str, level: str, n_pairs: int, embed: int) -> None:
    if n_pairs < embed:
        raise DataError(
            f"The lexicon for {language} has {n_pairs} usable {level} pairs; a map needs {embed}, one per dimension. "
            "Use a larger lexicon, or the level word."
        )


def _metadata(base: SpaceModel, source: PieceSource, results: Mapping[str, LanguageAlignment]) -> dict[str, object]:
    return {
        "model": base.name,
        "revision": base.revision,
        "pooling": source.pooling,
        "pivot": PIVOT,
        "languages": {language: asdict(result) for language, result in results.items()},
        "versions": {name: version_of(name) for name in ("torch", "transformers", "numpy")},
    }


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
