"""All commands, and the one place that turns an error into a line on stderr and an exit code.

Exit code 0: success. 1: failure. 2: bad input. 130: interrupted.
"""

import errno
import sys

import typer

from core.cli.agreement import agreement
from core.cli.align import align_space
from core.cli.analyze import analyze
from core.cli.doctor import doctor
from core.cli.evaluate import evaluate
from core.cli.models import models
from core.cli.readings import readings
from core.cli.run import run as run_data_set
from core.cli.setting_options import GroupedHelp
from core.cli.specifications import specifications
from core.cli.store import store
from core.cli.tables import tables
from core.cli.train import train
from core.cli.validate import validate
from core.cli.words import words
from core.errors import CctaError

INTERRUPTED = 130
# Characters of a path that an error shows.
LONGEST_PATH = 120
# Characters of what Typer says of a line, which quotes it.
_LONGEST = 250

app = typer.Typer(
    name="core",
    help="Do multilingual language models rely on the same words in every language?",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command(cls=GroupedHelp)(analyze)
app.command()(models)
app.command()(doctor)
app.command()(train)
app.command()(evaluate)
app.command("run", cls=GroupedHelp)(run_data_set)
app.command("align-space")(align_space)
app.command()(tables)
app.command()(readings)
app.command()(agreement)
app.command()(specifications)
app.command()(words)
app.command()(validate)
app.add_typer(store, name="store")


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit the process with its exit code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code. Without a command, print the help."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code: int = app(words or ["--help"], standalone_mode=False, prog_name="python -m core") or 0
    except CctaError as error:
        return _fail(str(error), error.exit_code)
    except typer.TyperException as error:
        said = error.format_message() if isinstance(error, typer.BadParameter) else str(error)
        place = getattr(getattr(error, "ctx", None), "command_path", None) or "python -m core"
        return _fail(f"{said[:_LONGEST].rstrip('. ')}. `{place} --help` lists what can be given.", 2)
    except OSError as error:
        if error.strerror is None:
            raise
        return _fail(_of_system(error), 2 if error.errno == errno.ENAMETOOLONG else 1)
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    # Typer turns a Ctrl-C inside a command into an exit with this code.
    return _fail("Stopped.", INTERRUPTED) if code == INTERRUPTED else code


def _of_system(error: OSError) -> str:
    """What the operating system refuses, with the file, shortened."""
    file = str(error.filename or "")
    shown = file if len(file) <= LONGEST_PATH else f"{file[:LONGEST_PATH]}…"
    return f"{shown or 'A file'} cannot be used: {error.strerror}. Correct the path, or its rights."


def _fail(message: str, code: int) -> int:
    print(" ".join(message.split()), file=sys.stderr)
    return code
