"""`python -m benchmarks.growth`: the memory of a server over 500 analyses, 15 checkpoints and 200 page openings.

One visitor after another comes over a web socket, analyses a text of its own under the next checkpoint, and opens other
pages. The memory of the server's process is read after each step. Prints the curve, then one JSON line; exits 1 where
the server ends more than 1.5 GB above its first analysis.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.crowd import PAGES, PATIENCE
from benchmarks.visitors import SocketVisitor
from core.models.catalogue import is_here, load_catalogue
from core.settings import get_task
from tests.world.browsers import running_server

MOST_BYTES = 1.5e9
SHOWN = 16
_TITLES = {
    "meaning": ("{}",),
    "nli": ("{}: premise", "{}: hypothesis"),
    "paraphrase": ("{}: sentence 1", "{}: sentence 2"),
    "qa": ("{}: question", "{}: context"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, visit, read the memory; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--analyses", type=int, default=500)
    parser.add_argument("--openings", type=int, default=200)
    parser.add_argument("--arenas", type=int, help="MALLOC_ARENA_MAX of the server (default: the server's own)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="ccta-growth-") as folder:
        curve = asyncio.run(grow(Path(folder), options.analyses, options.openings, options.arenas))
    first, last = curve[0][1], curve[-1][1]
    table = Table("analyses", "memory, MB", "above the first analysis, MB")
    for at in range(0, len(curve), max(1, len(curve) // SHOWN)):
        n, used = curve[at]
        table.add_row(str(n), f"{used / 1e6:.0f}", f"{(used - first) / 1e6:.0f}")
    Console().print(table)
    shown = {
        "first_mb": round(first / 1e6),
        "last_mb": round(last / 1e6),
        "most_mb": round(max(u for _, u in curve) / 1e6),
    }
    print(json.dumps(shown | {"curve": [(n, round(used / 1e6)) for n, used in curve[:: max(1, len(curve) // 60)]]}))
    return int(last - first > MOST_BYTES)


async def grow(folder: Path, analyses: int, openings: int, arenas: int | None) -> list[tuple[int, int]]:
    """The number of analyses so far, and the memory of the server's process in bytes, after each analysis."""
    environment = {"MALLOC_ARENA_MAX": str(arenas)} if arenas else {}
    with running_server(folder, environment) as (address, server):
        return await _visit(address, server.pid, analyses, openings)


async def _visit(address: str, pid: int, analyses: int, openings: int) -> list[tuple[int, int]]:
    models = [spec for spec in load_catalogue().values() if is_here(spec)]
    curve = []
    opened = 0
    for number in range(analyses):
        spec = models[number % len(models)]
        async with SocketVisitor(address, patience=PATIENCE) as visitor:
            await visitor.open("translation_pair", f"task={spec.task}&model={spec.name}")
            for title, name in (("Source", f"The harbour office {number}"), ("Translation", f"La oficina {number}")):
                for label in _TITLES[get_task(spec.task).name]:
                    await visitor.type(label.format(title), f"{name} closed because of the storm, and nobody crossed.")
            await visitor.press("Analyse")
            await visitor.finish()
            while opened * analyses < openings * (number + 1):
                await visitor.open(PAGES[opened % len(PAGES)])
                opened += 1
        curve.append((number + 1, resident_of(pid)))
        print(f"{number + 1} analyses, {curve[-1][1] / 1e6:.0f} MB", file=sys.stderr)
    return curve


def resident_of(pid: int) -> int:
    """The memory of a process that is in RAM, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.exit(main())
