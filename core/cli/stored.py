"""The store that a command reads, and the part of its results that `--end` names."""

from core.errors import OptionError, StoreChoiceError
from core.paths import results_location
from core.store import Reader, open_store


def results_reader(store: str | None) -> Reader:
    """Return a reader of the named store, else of that of CCTA_STORE, else of the shipped one.

    Raises StoreChoiceError where there is none.
    """
    place = store or results_location()
    if place is None:
        raise StoreChoiceError("No store of results is configured: name one with --store.")
    return open_store(place).read()


def part_of(end: str, task: str) -> str:
    """Return "start" (also for "") or "end" for `qa`, "" for other tasks. Raises OptionError for anything else."""
    is_qa = task == "qa"
    if end not in (("", "start", "end") if is_qa else ("",)):
        raise OptionError(f"Unknown end {end!r}. Use start or end for question answering, else leave --end out.")
    return (end or "start") if is_qa else ""
