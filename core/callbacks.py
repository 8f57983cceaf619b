"""How long work reports its progress and learns that it has been cancelled."""

from collections.abc import Callable

CountCallback = Callable[[int, int], None]
"""Called with the number of items done and the number of items in all."""

PhaseCallback = Callable[[str, int, int], None]
"""Called with the name of the phase, the number of items done in it, and the number of items in all."""

MessageCallback = Callable[[str], None]
"""Called with one line for the user."""

ShouldCancel = Callable[[], bool]
"""Returns True once the user has asked to stop; read between chunks of work."""
