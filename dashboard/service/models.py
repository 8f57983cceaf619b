"""Models in memory, shared by all sessions of a server, up to a number of bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from core.models.loaded import LoadedModel
from dashboard.service.limits import GIGABYTE

Load = Callable[[], LoadedModel]


class KeptModels:
    """The models used last, each loaded once; all methods may be called from any thread.

    Those that were not used for longest are let go when all together are larger than `gigabytes`. The one that is asked
    for stays, however large it is. An analysis that uses a model keeps it until it ends.
    """

    def __init__(self, gigabytes: float) -> None:
        self._bytes = gigabytes * GIGABYTE
        self._lock = threading.Lock()
        self._loading: dict[tuple[str, str], threading.Lock] = {}
        self._models: OrderedDict[tuple[str, str], LoadedModel] = OrderedDict()

    def get(self, name: str, precision: str, load: Load) -> LoadedModel:
        """Return the model kept under a name and a precision, after `load` where there is none.

        Raises what `load` raises; nothing is kept then.
        """
        key = (name, precision)
        with self._lock:
            loading = self._loading.setdefault(key, threading.Lock())
        # Two visitors who ask for one model at once load it once; others are not held up.
        with loading:
            with self._lock:
                kept = self._models.get(key)
                if kept is not None:
                    self._models.move_to_end(key)
                    return kept
            loaded = load()
            with self._lock:
                self._models[key] = loaded
                while len(self._models) > 1 and bytes_of(self._models.values()) > self._bytes:
                    self._models.popitem(last=False)
            return loaded

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the models that are kept, the one used last at the end."""
        with self._lock:
            return tuple(name for name, _ in self._models)


def bytes_of(models: Iterable[LoadedModel]) -> int:
    """Return the memory of the weights of some models in bytes; memory that several share counts once."""
    memory: dict[int, int] = {}
    for model in models:
        for tensor in (*model.module.parameters(), *model.module.buffers()):
            storage = tensor.untyped_storage()
            memory[storage.data_ptr()] = storage.nbytes()
    return sum(memory.values())
