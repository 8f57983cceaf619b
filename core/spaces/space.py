"""A shared space: raw vectors, centred per language and rotated into the pivot language."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from core.callbacks import MessageCallback
from core.errors import SpaceError
from core.models.identity import earlier_revision_of, embedded_revision, revision_of
from core.models.loaded import LoadedModel
from core.results import Array, TokenizedText, Unit
from core.settings import Settings
from core.spaces.base import LoadBase, Revise, SpaceModel, find_space_model, load_base
from core.spaces.maps import PIVOT, SHIPPED, SpaceMaps, find_maps, find_maps_file
from core.spaces.sources import (
    ContextualSource,
    IsolatedSource,
    StaticSource,
    VectorSource,
)
from core.spaces.table import open_table
from core.spaces.vectors import FileSource


class SharedSpace:
    """Vectors of tokens or words that compare across languages by their cosine (section 2.2 of the paper).

    Built by `open_space`. Opening one is cheap, and its coverage counts the units since then: open one per analysis.
    """

    def __init__(self, settings: Settings, source: VectorSource, maps: SpaceMaps | None, model: SpaceModel) -> None:
        self._settings = settings
        self._source = source
        self._maps = maps
        self._model = model
        self._vocabulary_means: dict[str, Array] = {}

    def vectors(self, text: TokenizedText, units: Sequence[Unit]) -> Array:
        """Return the centred and rotated vectors of `units`, as the settings say.

        Returns
        -------
        (unit, embed) float64; a row of zeros, similar to nothing, where the space has no vector.

        Raises
        ------
        SpaceError : no vector file for the language. DataError : its file cannot be read.
        """
        raw = self._source.vectors(text, units)
        # Judged before centring, after which a missing vector is no longer zero.
        covered = raw.any(axis=1, keepdims=True)
        vectors = raw - self._centre(text.language) if self._settings.centred else raw
        rotation = self._rotation(text.language)
        if rotation is not None:
            vectors = vectors @ rotation
        return np.where(covered, vectors, 0.0)

    def describe(self, languages: Iterable[str]) -> dict[str, str | float]:
        """Return the description of this space for the record, for these languages."""
        unique = list(dict.fromkeys(languages))
        rotated = [language for language in unique if self._rotation(language) is not None]
        record: dict[str, str | float] = {
            "name": self._settings.space,
            "level": self._settings.level,
            "pooling": self._source.pooling,
            "centring": self._describe_centring(unique),
            "procrustes": " ".join(rotated) or "none",
            "pivot": PIVOT,
            "coverage": self._source.coverage(),
        }
        if not isinstance(self._source, FileSource):
            record |= {"model": self._model.name, "revision": self._model.revision or "unsaved"}
        if self._source.note:
            record["note"] = self._source.note
        return record

    def _centre(self, language: str) -> Array:
        if self._maps is not None and language in self._maps.means:
            return self._maps.means[language]
        if language not in self._vocabulary_means:
            self._vocabulary_means[language] = self._source.sample(language).mean(axis=0)
        return self._vocabulary_means[language]

    def _rotation(self, language: str) -> Array | None:
        if not self._settings.procrustes or self._maps is None:
            return None
        return self._maps.rotations.get(language)

    def _describe_centring(self, languages: Sequence[str]) -> str:
        if not self._settings.centred:
            return "none"
        learned = [language for language in languages if self._maps is not None and language in self._maps.means]
        others = [language for language in languages if language not in learned]
        if learned and others:
            return f"language ({' '.join(learned)}), vocabulary ({' '.join(others)})"
        return "vocabulary" if others else "language"


def open_space(
    model: LoadedModel, settings: Settings, *, load: LoadBase = load_base, progress: MessageCallback | None = None
) -> SharedSpace:
    """Return the shared space that `settings` name, for a model's tokens.

    An adapter's space is that of its base model, so that all checkpoints tuned from one model share one space.

    Parameters
    ----------
    load : loads the base model of (name, device) when a vector is missing; pass a cached loader where there is one.
    progress : called with one line while many vectors are computed.

    Raises
    ------
    SpaceError : the maps are damaged, the space `vectors` was chosen without a file, or the encoder lacks the layer.
    """
    if settings.layer is not None and settings.space != "contextual":
        raise SpaceError(f"A layer is of the space contextual, not of {settings.space}. Leave --layer out.")
    base = find_space_model(model, load)
    source = _open_source(base, settings, progress)
    maps = None
    if source.maps_of is not None:
        kind = source.maps_of, settings.level, source.pooling
        maps = find_maps(base.name, base.revision, *kind) or find_maps(base.name, earlier_revision_of(base.spec), *kind)
    return SharedSpace(settings, source, maps, base)


def space_parts(model: LoadedModel, settings: Settings, *, revise: Revise = revision_of) -> dict[str, str]:
    """Return what a space depends on besides settings, checkpoint and product version: files that can change.

    `base`: revision of the model that an adapter was tuned from; `maps`: hash of the maps that the user has learned.
    Shipped files are left out.
    """
    base = find_space_model(model, revise=revise)
    parts = {}
    if base.revision not in (revise(model.spec), embedded_revision()):
        parts["base"] = base.revision
    pooling = {source.maps_of: source.pooling for source in (StaticSource, IsolatedSource)}.get(settings.space)
    if pooling and (settings.centred or settings.procrustes):
        kind = settings.space, settings.level, pooling
        path = find_maps_file(base.name, base.revision, *kind)
        path = path or find_maps_file(base.name, earlier_revision_of(base.spec), *kind)
        if path and SHIPPED not in path.parents:
            parts["maps"] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return parts


def _open_source(base: SpaceModel, settings: Settings, progress: MessageCallback | None) -> VectorSource:
    if settings.space == "vectors":
        if not settings.vectors:
            raise SpaceError("The space vectors needs a file for each language: --vectors en=FILE --vectors de=FILE.")
        return FileSource(settings.vectors)
    if settings.space == "static":
        return StaticSource(base, settings.level)
    layer = settings.layer
    variant = IsolatedSource.variant if layer is None else f"{IsolatedSource.variant}-layer{layer}"
    isolated = IsolatedSource(base, settings.level, open_table(base.table_path(variant)), progress, layer=layer)
    return ContextualSource(base, settings.level, isolated, layer) if settings.space == "contextual" else isolated
