"""The limits of a server, from the `[service]` table of the operator's file (CCTA_CONFIG)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from core.consistency.translations import MAX_TRANSLATIONS
from core.errors import CatalogueError
from core.models.entries import SERVICE, read_toml
from core.paths import operator_file

GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class ServiceLimits:
    """What one server does at once, and for one visitor; the defaults suit a laptop and a small group.

    Attributes
    ----------
    jobs : analyses that are computed at once. They share the processor: more of them are each slower.
    waiting, waiting_per_visitor : analyses that may wait in all, and those of one visitor.
    job_seconds : an analysis is stopped after this time.
    job_tokens : the most tokens of one analysis, over all its texts.
    translations : the most translations of one analysis.
    analyses_a_minute : of one visitor.
    upload_megabytes, message_megabytes : the largest file, and the largest message between browser and server.
    model_gigabytes : memory of the models that are kept; the one in use stays, however large.
    links : whether a visitor may keep texts on the server behind a link.
    link_days, link_megabytes : how long such texts are kept, and how much in all.
    uploads_a_day, upload_days, uploads_megabytes : files that one visitor may leave for runs, how long a file is kept,
        and how much of all visitors; the oldest files make room.
    audit, audit_megabytes, audit_files : whether the server logs who asked for what (no texts), the size of one file of
        this log, and how many are kept.
    memory_gigabytes : above this the server takes no new analysis and starts again once none is at work; 0: no ceiling.
    metrics : whether the server answers /_stcore/metrics.
    embed : origins of pages that may show the dashboard in a frame, besides its own.
    """

    jobs: int = 2
    waiting: int = 32
    waiting_per_visitor: int = 2
    job_seconds: int = 900
    job_tokens: int = 20_000
    translations: int = MAX_TRANSLATIONS
    analyses_a_minute: int = 60
    upload_megabytes: int = 200
    message_megabytes: int = 200
    model_gigabytes: float = 4.0
    links: bool = True
    link_days: int = 90
    link_megabytes: int = 200
    uploads_a_day: int = 50
    upload_days: int = 90
    uploads_megabytes: int = 2000
    audit: bool = False
    audit_megabytes: int = 10
    audit_files: int = 5
    memory_gigabytes: float = 0.0
    metrics: bool = False
    embed: tuple[str, ...] = ()


_LARGEST = {"translations": MAX_TRANSLATIONS}
# Waiting may be forbidden; everything else that is counted is at least 1.
_MAY_BE_ZERO = ("waiting", "waiting_per_visitor")


def read_limits() -> ServiceLimits:
    """Return the limits of the operator's file, the defaults where there is none.

    CCTA_LINKS=0 (`python -m dashboard --no-links`) forbids links whatever the file says.

    Raises
    ------
    CatalogueError : the file cannot be read, or an entry of its `[service]` table is unknown or out of range.
    """
    path = operator_file()
    table = read_toml(path).get(SERVICE, {}) if path else {}
    try:
        limits = limits_from(table)
    except CatalogueError as error:
        raise CatalogueError(f"{path}: {error}") from error
    if os.environ.get("CCTA_LINKS") == "0":
        limits = replace(limits, links=False)
    return limits


def limits_from(table: object) -> ServiceLimits:
    """Return the limits that a `[service]` table gives. Raises CatalogueError as `read_limits` does."""
    if not isinstance(table, Mapping):
        raise CatalogueError("service must be a table: write [service] on a line of its own, and its entries below.")
    known = {field.name: field.default for field in fields(ServiceLimits)}
    unknown = sorted(str(name) for name in table.keys() - known.keys())
    if unknown:
        raise CatalogueError(f"[service] has no entry {', '.join(unknown)}; it may have {', '.join(known)}.")
    return replace(ServiceLimits(), **{name: _checked(name, value, known[name]) for name, value in table.items()})


def _checked(name: str, value: Any, default: object) -> Any:
    """The value, if it is of the kind of the default and in range."""
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise CatalogueError(f"{name} in [service] must be true or false, not {value!r}.")
        return value
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(entry, str) and _is_origin(entry) for entry in value):
            raise CatalogueError(f'{name} in [service] must be a list of origins such as ["https://example.org"].')
        return tuple(value)
    kinds = (int, float) if isinstance(default, float) else (int,)
    lowest = 0 if name in _MAY_BE_ZERO or isinstance(default, float) else 1
    largest = _LARGEST.get(name, 1_000_000_000)
    if isinstance(value, bool) or not isinstance(value, kinds) or not lowest <= value <= largest:
        what = "a number" if isinstance(default, float) else "a whole number"
        upper = f" to {largest}" if name in _LARGEST else " or more"
        raise CatalogueError(f"{name} in [service] must be {what}, {lowest}{upper}, not {value!r}.")
    return value


def _is_origin(text: str) -> bool:
    """Whether a text names one origin: nothing that could add another rule to a header."""
    scheme, _, host = text.partition("://")
    return scheme in ("http", "https") and bool(host) and not set(host) & set(" /;,'\"\r\n\t")
