"""Class names and numbers of data, read as a task's classes; what is neither is None, and refused where it is read."""

from collections.abc import Sequence

from core.classes import read_class
from core.settings import Task


def class_of(cell: object, task: Task, names: Sequence[str] = ()) -> str | None:
    """Return the class that a label means, or None.

    Parameters
    ----------
    cell : a class name in any case, or the number of a class as an integer or in digits; `true` and 1.0 are neither.
    names : what the data call their classes, in the order of their numbers, where that is known.

    Examples
    --------
    >>> from core.settings import TASKS
    >>> [class_of(cell, TASKS["nli"]) for cell in ("Neutral", "2", 0, True, 1.0, "3", "maybe")]
    ['neutral', 'contradiction', 'entailment', None, None, None, None]
    >>> class_of(0, TASKS["nli"], ("contradiction", "entailment", "neutral"))
    'contradiction'
    """
    if isinstance(cell, str):
        name = cell.strip()
        if not (name.isascii() and name.isdigit()):
            return read_class(task.name, name)
        number = int(name[:9])
    elif isinstance(cell, int) and not isinstance(cell, bool):
        number = cell
    else:
        return None
    if not names:
        return task.classes[number] if 0 <= number < len(task.classes) else None
    # A data set may call its classes "0" and "1": these are ours by number.
    return class_of(names[number], task) if 0 <= number < len(names) else None
