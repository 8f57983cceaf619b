"""The server's log says where something failed, never what was typed: an error's message may quote a text."""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any


def without_messages(error: BaseException) -> str:
    """Return the traceback of an error and of its causes, with their classes but without their messages.

    Of an error of the operating system, its number and reason are kept; they are not the visitor's.
    """
    parts = []
    for each in _causes(error):
        frames = "".join(traceback.format_tb(each.__traceback__))
        reason = f": [Errno {each.errno}] {each.strerror}" if isinstance(each, OSError) and each.errno else ""
        parts.append(f"Traceback (most recent call last):\n{frames}{type(each).__qualname__}{reason}")
    return "\nwhich led to:\n".join(parts)


def keep_texts_out_of_logs() -> None:
    """From now on, tracebacks of this process carry no messages: in log records, of threads, and of the process."""
    make_record = logging.getLogRecordFactory()

    def without_text(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = make_record(*arguments, **options)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            # A formatter writes the text as it stands where there is no exception to format.
            record.exc_text, record.exc_info = without_messages(error), None
            record.msg, record.args = _without_quotes(record.getMessage(), error), ()
        return record

    logging.setLogRecordFactory(without_text)
    sys.excepthook = _print_error
    threading.excepthook = _print_thread_error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error after those that it came from, the first one first."""
    chain: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and each not in chain:
        chain.append(each)
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return reversed(chain)


def _without_quotes(line: str, error: BaseException) -> str:
    """A log's line in which a library has written the error itself, as asyncio does, with its class in that place."""
    for each in _causes(error):
        for quoted in (repr(each), str(each)):
            line = line.replace(quoted, type(each).__qualname__) if quoted else line
    return line


def _print_error(kind: type[BaseException], error: BaseException, frames: TracebackType | None) -> None:
    print(without_messages(error), file=sys.stderr)


def _print_thread_error(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and failed.exc_type is not SystemExit:
        name = failed.thread.name if failed.thread else "a thread"
        print(f"In {name}: {without_messages(failed.exc_value)}", file=sys.stderr)
