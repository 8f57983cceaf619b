"""Every error that CCTA Explorer raises on purpose, under one root.

CctaError                     any of those below; its message is one line and names the remedy
├── InputError                the user's text or option cannot be used (command line: exit 2)
│   ├── TextError             empty, only punctuation, too long
│   ├── LanguageError         an unknown language code, or data that lack the language
│   ├── OptionError           an option has a value that is not offered
│   └── TargetError           the class to explain is not one of the model's
├── ModelError                a model cannot be used
│   ├── UnknownModelError     not in the catalogue (exit 2)
│   ├── CatalogueError        a catalogue or the card of a checkpoint cannot be understood (exit 2)
│   ├── WeightsError          file missing, damaged, or in an unsupported format (pickle)
│   └── TaskError             the model has no head for the task (exit 2)
├── DataError                 a data folder or lexicon is missing or broken
├── TrainingError            training cannot continue: disk full, loss not finite
├── StoreError                a store of results cannot be read or written
│   └── StoreChoiceError      no store there, no such run, or more than one run where one is needed (exit 2)
├── DegenerateMassError       all scores are zero: there is no importance to compare
├── TransportError            the transport problem or its solution is invalid
├── CompletenessError         scores do not add up to F(x) - F(x'): a wrong forward path
├── SpaceError                the shared space cannot be built
├── WorkerError               a worker process died on every attempt
└── Cancelled                 the user pressed Cancel
    └── Stopped               Ctrl-C: work in progress was finished and saved (exit 130)
"""

# What libraries raise for a file that is damaged or not what its name says.
LIBRARY_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
_LONGEST_REASON = 300


def reason_of(error: BaseException) -> str:
    """Return why a library failed, on one line without a full stop; the error's class where it has no message.

    A first line that ends in a colon only announces the reason, so the line after it belongs to it.
    """
    lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    said = lines[0]
    for line in lines[1:]:
        if not said.endswith(":"):
            break
        said = f"{said} {line}"
    return said[:_LONGEST_REASON].rstrip(".:, ")


class CctaError(Exception):
    """Root of the errors that this package raises on purpose. The message is one line."""

    exit_code = 1


class InputError(CctaError):
    """The user's text or option cannot be used."""

    exit_code = 2


class TextError(InputError):
    """The text is empty, contains no word, or is too long."""


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


class CatalogueError(ModelError):
    """A catalogue, or the card of a checkpoint, cannot be understood."""

    exit_code = 2


class WeightsError(ModelError):
    """A weight file is missing, damaged, or in an unsupported format."""


class TaskError(ModelError):
    """The model has no head for the task."""

    exit_code = 2


class DataError(CctaError):
    """A data folder, lexicon or vector file is missing or broken."""

    exit_code = 2


class TrainingError(CctaError):
    """Training cannot continue, or its result cannot be saved."""


class StoreError(CctaError):
    """A store of results cannot be read or written."""


class StoreChoiceError(StoreError):
    """There is no store at that address, or it does not contain the one run that is needed."""

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
    """A worker process died on every attempt."""


class Cancelled(CctaError):  # noqa: N818 - an outcome, not a fault
    """The user cancelled the computation."""


class Stopped(Cancelled):
    """The user pressed Ctrl-C; work in progress was finished and saved."""

    exit_code = 130
