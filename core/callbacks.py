"""Callback types by which a long computation reports its progress and learns that it was cancelled."""

from collections.abc import Callable

CountCallback = Callable[[int, int], None]
"""Called with the number of items done and the total."""

PhaseCallback = Callable[[str, int, int], None]
"""Called with the name of the phase, the number of items done in it, and its total."""

MessageCallback = Callable[[str], None]
"""Called with one line for the user."""

ShouldCancel = Callable[[], bool]
"""Returns True once the user has asked to stop; called between chunks of work."""
