"""A run that a form requests, with the command's default settings: its command, its size, and its runs in a store."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from core.data.catalogue import DATASETS
from core.data.cells import SPLIT
from core.data.files import is_own
from core.models.catalogue import load_catalogue
from core.runs.plan import EVERY, TRAIN, pairs_of
from core.settings import Settings
from core.store import RunIdentity
from core.store.manifest import Manifest

# The default of --threads, which a request does not change.
THREADS = 1


@dataclass(frozen=True)
class RunRequest:
    """What is to be computed.

    Attributes
    ----------
    dataset : a name, or the path of a parallel file. pairs : `core.runs.plan.TRAIN` or `EVERY`.
    """

    dataset: str
    task: str
    checkpoints: tuple[str, ...]
    languages: tuple[str, ...]
    rows: int
    seed: int
    store: str
    data: str | None = None
    pairs: str = TRAIN

    @property
    def sources(self) -> dict[str, str | None]:
        """Checkpoint -> its training language; None where it has none or is not listed."""
        catalogue = load_catalogue()
        return {name: catalogue[name].train_language if name in catalogue else None for name in self.checkpoints}

    @property
    def language_pairs(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """Checkpoint -> the language pairs that are compared."""
        return {
            name: pairs_of(source or self.languages[0], self.languages, every=self.pairs == EVERY)
            for name, source in self.sources.items()
        }

    @property
    def n_pairs(self) -> int:
        return self.rows * sum(map(len, self.language_pairs.values()))

    @property
    def n_texts(self) -> int:
        """Number of texts to predict and attribute: each row in every language that is part of a pair."""
        return self.rows * sum(len({code for pair in pairs for code in pair}) for pairs in self.language_pairs.values())

    def arguments(self) -> list[str]:
        """The words after `python -m core`."""
        words = ["run", "--dataset", self.dataset, "--model", ",".join(self.checkpoints)]
        words += ["--languages", ",".join(self.languages), "--limit", str(self.rows), "--seed", str(self.seed)]
        words += ["--pairs", EVERY] if self.pairs == EVERY else []
        return [*words, "--store", self.store, *(["--data", self.data] if self.data else [])]

    def command(self) -> str:
        """The equivalent command, to copy."""
        return shlex.join(["python", "-m", "core", *self.arguments()])

    def computed(self, runs: Mapping[str, Manifest]) -> set[str]:
        """Return the runs of a store that this request computes, as far as that is known without its data and models.

        Of each checkpoint this is the latest run on the data set with this seed and these settings; earlier ones are of
        other weights, other data or another device.
        """
        latest: dict[str, tuple[str, str]] = {}
        for run, manifest in runs.items():
            if self._may_compute(manifest.identity):
                name = manifest.identity.checkpoint
                latest[name] = max(latest.get(name, ("", "")), (manifest.created, run))
        return {run for _, run in latest.values()}

    def _may_compute(self, identity: RunIdentity) -> bool:
        named = (identity.dataset, identity.split, identity.task, identity.seed)
        wanted = asdict(Settings(task=self.task, seed=self.seed)) | {"vectors": [], "threads": THREADS}
        return (
            named == (*self._dataset(), self.task, self.seed)
            and identity.checkpoint in {Path(name).name for name in self.checkpoints}
            and "evaluation" not in identity.settings
            and all(identity.settings[name] == wanted[name] for name in wanted.keys() & identity.settings.keys())
        )

    def _dataset(self) -> tuple[str, str]:
        """Name and split of the data set, as a run's identity holds them."""
        if is_own(self.dataset):
            return Path(self.dataset).stem, SPLIT
        return self.dataset, DATASETS[self.dataset].usual_split
