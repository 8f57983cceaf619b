"""The classes of a task under the names that heads, cards and data sets give them."""

import re

from core.settings import TASKS

_PARAPHRASE = "paraphrases?|equivalent|duplicates?"
# Patterns of a name without case, spaces, underscores and hyphens.
_SYNONYMS = {
    "nli": {
        "entailment": "entail(ment|ments|s|ed)?",
        "neutral": "neutral",
        "contradiction": "contradict(ion|ions|ory|s|ed)?",
    },
    "paraphrase": {
        "different": f"different|inequivalent|(is)?(not?|non)(an?|semantically)?({_PARAPHRASE})",
        "paraphrase": f"(is)?(an?|semantically)?({_PARAPHRASE})",
    },
}


def read_class(task: str, name: str) -> str | None:
    """Return the class of `task` that `name` stands for, or None.

    Examples
    --------
    >>> read_class("nli", "Contradictory"), read_class("paraphrase", "not-equivalent"), read_class("nli", "LABEL_0")
    ('contradiction', 'different', None)
    """
    bare = re.sub(r"[\W_]+", "", name.casefold())
    for known, pattern in _SYNONYMS.get(task, {}).items():
        if re.fullmatch(pattern, bare):
            return known
    return None


def task_of_class(name: str) -> str | None:
    """Return the task that has a class of this name, or None."""
    return next((task for task in TASKS if read_class(task, name)), None)
