"""Every error a user of CCTA Explorer can meet, under one root.

CctaError                     anything below; its message is one line and names the remedy
├── InputError                the user's text or option cannot be used (command line: exit 2)
│   ├── TextError             empty, only punctuation, too long
│   ├── LanguageError         a language code nobody knows, or data without that language
│   ├── OptionError           an option whose value is not one of those offered
│   └── TargetError           the class to explain is not one of the model's
├── ModelError                a model cannot be used
│   ├── UnknownModelError     not in the catalogue (exit 2)
│   ├── WeightsError          file missing, damaged, or in a format that is not read (pickle)
│   └── TaskError             the model has no head for the task (exit 2)
├── DataError                 a data folder or lexicon is missing or broken
├── TrainingError            a training cannot go on: disk full, loss not finite
├── StoreError                a store of results cannot be read or written
│   └── StoreChoiceError      no store there, no such run, or several runs where one is meant (exit 2)
├── DegenerateMassError       all scores are zero: there is no importance to compare
├── TransportError            the linear program was fed or returned something invalid
├── CompletenessError         scores do not add up to F(x) - F(x'): a wrong forward path
├── SpaceError                the shared space cannot be built
├── WorkerError               a worker process was lost more often than its work is tried
└── Cancelled                 the user pressed Cancel
    └── Stopped               Ctrl-C: what was begun is finished and kept (exit 130)
"""


class CctaError(Exception):
    """Root of all errors this package raises on purpose. The message is one line."""

    exit_code = 1


class InputError(CctaError):
    """Something the user gave cannot be used."""

    exit_code = 2


class TextError(InputError):
    """The text is empty, has no word in it, or is too long."""


class LanguageError(InputError):
    """The language is unknown or not available."""


class OptionError(InputError):
    """An option has a value that is not offered."""


class TargetError(InputError):
    """The class to explain is not among the model's classes."""


class ModelError(CctaError):
    """A model cannot be used."""


class UnknownModelError(ModelError):
    """The model is not in the catalogue."""

    exit_code = 2


class WeightsError(ModelError):
    """A weight file is missing, damaged, or in a format that is not read."""


class TaskError(ModelError):
    """The model has no head for the task."""

    exit_code = 2


class DataError(CctaError):
    """A data folder, lexicon or vector file is missing or broken."""

    exit_code = 2


class TrainingError(CctaError):
    """A training cannot go on or be saved."""


class StoreError(CctaError):
    """A store of results cannot be read or written."""


class StoreChoiceError(StoreError):
    """No store is at that place, or it does not hold the one run that is meant."""

    exit_code = 2


class DegenerateMassError(CctaError):
    """Every score is zero, so there is no importance to compare."""


class TransportError(CctaError):
    """The transport problem or its solution is invalid."""


class CompletenessError(CctaError):
    """The scores do not add up to F(x) - F(x')."""


class SpaceError(CctaError):
    """The shared space cannot be built for these texts."""

    exit_code = 2


class WorkerError(CctaError):
    """A worker process was lost, again and again."""


class Cancelled(CctaError):  # noqa: N818 - an outcome, not a fault
    """The user cancelled the computation."""


class Stopped(Cancelled):
    """The user pressed Ctrl-C; what had begun was finished and kept."""

    exit_code = 130
