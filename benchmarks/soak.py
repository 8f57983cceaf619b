"""`python -m benchmarks.soak --minutes 10`: many visitors at once, and what they may never see.

A server of its own is visited by web sockets that speak Streamlit's protocol, beside pages in a real Chromium. Each
visitor analyses a text of its own, with a name that nobody else's text has, under one of several models, and opens
other pages between. Every C is compared with the one that this process computed alone before. Prints a table, then one
JSON line; exits 1 if a number was wrong, a text was somebody else's, a limit did not hold, or memory grew to the end.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from itertools import cycle, islice, product
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.crowd import MODELS, Assignment, Crowd, Findings
from core.consistency.pair import TextInput, analyze_pair
from core.models.loader import load_model
from core.settings import Settings, get_task
from dashboard.service.limits import limits_from
from dashboard.shared.pair_link import PAGE_DEFAULTS
from tests.world.browsers import find_chromium, running_server

SERVICE = {"jobs": 2, "waiting": 24, "waiting_per_visitor": 2, "analyses_a_minute": 60, "audit": True}
SAMPLE_SECONDS = 2.0
# The mean of the last quarter of the curve may be above that of the quarter before by this much.
MOST_GROWTH = 0.05


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, visit, compare; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the visits last (default: 10)")
    parser.add_argument("--sessions", type=int, default=50, help="visitors at once, browsers included (default: 50)")
    parser.add_argument("--browsers", type=int, default=8, help="pages in Chromium among them (default: 8)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.browsers and find_chromium() is None:
        parser.error("there is no Chromium on this computer (apt install chromium), or use --browsers 0")
    assignments = serial_run(assign(options.sessions))
    with tempfile.TemporaryDirectory(prefix="ccta-soak-") as folder:
        findings, at_once = asyncio.run(soak(Path(folder), assignments, options))
    result = summary(findings, at_once, options)
    table = Table("measurement", "value", "must be")
    for name, (value, wanted) in result.items():
        table.add_row(name, str(value), wanted)
    Console().print(table)
    print(json.dumps({name: value for name, (value, _) in result.items()} | {"curve": thinned(findings.memory)}))
    for line in (*findings.wrong[:5], *findings.foreign[:5]):
        print(line, file=sys.stderr)
    return int(not holds(findings, at_once))


def assign(visitors: int) -> list[Assignment]:
    """Give each visitor a model and texts with a name that is nobody else's."""
    names = [f"Q{first}{second}orwen" for first, second in product("abdefghiklmnoprstu", repeat=2)]
    return [
        Assignment(
            name,
            model,
            (
                (f"The ferry of captain {name} was cancelled because of the storm.", f"{name} stayed in the harbour."),
                (f"El ferri del capitán {name} fue cancelado por la tormenta.", f"{name} se quedó en el puerto."),
            ),
        )
        for name, model in zip(names, islice(cycle(MODELS), visitors), strict=False)
    ]


def serial_run(assignments: Sequence[Assignment]) -> list[Assignment]:
    """Compute every C alone, one after another."""
    models = {name: load_model(name) for name in MODELS}
    done = []
    for given in assignments:
        n_fields = len(get_task(given.task).fields)
        source, target = (
            TextInput(code, texts[:n_fields]) for code, texts in zip(("en", "es"), given.texts, strict=True)
        )
        report = analyze_pair(models[given.model], source, target, Settings(task=given.task, **PAGE_DEFAULTS))
        done.append(Assignment(given.name, given.model, given.texts, report.analyses[0].consistency))
    return done


async def soak(folder: Path, assignments: Sequence[Assignment], options: argparse.Namespace) -> tuple[Findings, int]:
    """Let all visitors come at once and go on for the time given; returns the findings and the most jobs at once."""
    findings = Findings()
    operator = folder / "operator.toml"
    entries = [f"{name} = {json.dumps(value)}" for name, value in SERVICE.items()]
    operator.write_text("[service]\n" + "\n".join(entries) + "\n", encoding="utf-8")
    with running_server(folder, {"CCTA_CONFIG": str(operator)}, limits=limits_from(SERVICE)) as (address, server):
        watch = asyncio.create_task(_watch_memory(server.pid, findings))
        end = time.monotonic() + options.minutes * 60
        await Crowd(address, assignments, end, random.Random(options.seed), findings).visit(options.browsers)
        watch.cancel()
        if server.poll() is not None:
            findings.broken["the server ended"] += 1
    said = (folder / "server.log").read_text(encoding="utf-8", errors="replace")
    leaked = [given.name for given in assignments if given.name in said]
    findings.foreign += [f"the log names {name}" for name in leaked]
    findings.broken["tracebacks in the log"] = said.count("Traceback")
    return findings, most_at_once(folder / "cache" / "audit" / "audit.jsonl")


async def _watch_memory(pid: int, findings: Findings) -> None:
    begun = time.monotonic()
    page = os.sysconf("SC_PAGE_SIZE")
    while True:
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        except OSError:
            return
        findings.memory.append((time.monotonic() - begun, pages * page))
        await asyncio.sleep(SAMPLE_SECONDS)


def most_at_once(log: Path) -> int:
    """The most analyses that were computed at once, from the times in the audit log."""
    moments: list[tuple[float, int]] = []
    for line in log.read_text(encoding="ascii").splitlines() if log.exists() else ():
        entry = json.loads(line)
        if entry["kind"] == "analysis" and entry["seconds"] > 0:
            began = datetime.fromisoformat(entry["time"]).timestamp()
            # A millisecond is the log's own precision.
            moments += [(began + 0.002, 1), (began + entry["seconds"] - 0.002, -1)]
    running = most = 0
    for _, change in sorted(moments):
        running += change
        most = max(most, running)
    return most


def growth(memory: Sequence[tuple[float, int]]) -> float:
    """The mean memory of the last quarter of the time over that of the quarter before, minus 1."""
    quarter = len(memory) // 4
    if not quarter:
        return 0.0
    before, last = memory[-2 * quarter : -quarter], memory[-quarter:]
    return sum(used for _, used in last) / sum(used for _, used in before) - 1


def thinned(memory: Sequence[tuple[float, int]], most: int = 60) -> list[tuple[int, int]]:
    """The curve of the memory: seconds, and MB."""
    step = max(1, len(memory) // most)
    return [(round(moment), round(used / 1e6)) for moment, used in memory[::step]]


def holds(findings: Findings, at_once: int) -> bool:
    return not (
        findings.wrong
        or findings.foreign
        or +findings.broken
        or at_once > SERVICE["jobs"]
        or findings.deepest_place > SERVICE["waiting"]
        or growth(findings.memory) > MOST_GROWTH
    )


def summary(findings: Findings, at_once: int, options: argparse.Namespace) -> dict[str, tuple[object, str]]:
    """Measurement -> its value, and what it must be."""
    memory = [used for _, used in findings.memory] or [0]
    return {
        "minutes": (options.minutes, ""),
        "sessions at once": (options.sessions, ""),
        "of them in Chromium": (options.browsers, ""),
        "analyses": (findings.analyses, ""),
        "analyses refused": (findings.refused, ""),
        "other pages opened": (findings.pages, ""),
        "wrong numbers": (len(findings.wrong), "0"),
        "foreign texts": (len(findings.foreign), "0"),
        "connections or pages that failed": (dict(+findings.broken) or 0, "0"),
        "most analyses at once": (at_once, f"at most {SERVICE['jobs']}"),
        "deepest place in the queue": (findings.deepest_place, f"at most {SERVICE['waiting']}"),
        "memory at the end, MB": (round(memory[-1] / 1e6), ""),
        "most memory, MB": (round(max(memory) / 1e6), ""),
        "growth of the last quarter": (round(growth(findings.memory), 4), f"at most {MOST_GROWTH}"),
    }


if __name__ == "__main__":
    sys.exit(main())
