"""`python -m benchmarks.kills --kills 100`: commands killed at random moments, continued, and compared with whole ones.

Each round kills one command several times (SIGKILL, at a moment drawn from the time that the whole command takes),
then lets the same command end, and compares what it left with what a command leaves that nobody killed: rows and hash
of a store, weights of a training. Stores are folders or buckets of an S3-compatible server (moto) on this computer.
Prints a table, then one JSON line; exits 1 if anything was lost, doubled or different.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from core.store import open_store
from core.store.check import check
from tests.world.buckets import new_bucket, serve_s3
from tests.world.runs import QUICK
from tests.world.sentences import write_xnli
from tests.world.stores import fill, plan
from tests.world.tiny import save_tiny

ROOT = Path(__file__).resolve().parent.parent
KILLS_A_ROUND = 4
# No command has done anything before: Python and PyTorch are still being imported.
EARLIEST = 0.4
LONGEST = 600.0


@dataclass(frozen=True)
class Trial:
    """One command to be killed, in a place of its own.

    Attributes
    ----------
    words : of `python -m core`. outcome : a digest of what it left, and how many rows.
    """

    words: tuple[str, ...]
    outcome: Callable[[], tuple[str, int]]


@dataclass
class Tally:
    """What became of one kind of command."""

    kills: int = 0
    rounds: int = 0
    different: int = 0
    seconds: float = 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill, continue, compare; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how many in all (default: 100)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="ccta-kills-") as folder, serve_s3() as s3:
        os.environ.update(s3.environment() | {"HF_DATASETS_CACHE": f"{folder}/hf", "CCTA_CACHE": f"{folder}/cache"})
        tallies = kill_many(Path(folder), s3.endpoint, options.kills, random.Random(options.seed))
    _print(tallies)
    print(json.dumps({name: vars(tally) for name, tally in tallies.items()}))
    return int(any(tally.different for tally in tallies.values()))


def kill_many(folder: Path, endpoint: str, kills: int, chance: random.Random) -> dict[str, Tally]:
    """Kill commands of all kinds in turn until so many were killed; returns what became of each kind."""
    makers = _makers(folder, endpoint)
    whole: dict[str, tuple[str, int]] = {}
    tallies = {name: Tally() for name in makers}
    for name, make in makers.items():
        trial = make("whole")
        begun = time.monotonic()
        _finish(trial)
        tallies[name].seconds = time.monotonic() - begun
        whole[name] = trial.outcome()
    number = 0
    while sum(tally.kills for tally in tallies.values()) < kills:
        name = list(makers)[number % len(makers)]
        trial, tally = makers[name](f"round-{number}"), tallies[name]
        left = kills - sum(entry.kills for entry in tallies.values())
        for _ in range(min(KILLS_A_ROUND, left)):
            tally.kills += _killed(trial, chance.uniform(EARLIEST, 1.0) * tally.seconds)
        _finish(trial)
        tally.rounds += 1
        tally.different += trial.outcome() != whole[name]
        number += 1
        done = sum(entry.kills for entry in tallies.values())
        print(f"{done} of {kills} kills, {sum(t.different for t in tallies.values())} different", file=sys.stderr)
    return tallies


def _makers(folder: Path, endpoint: str) -> dict[str, Callable[[str], Trial]]:
    """Kind of command -> what makes a trial of it, in a place with a name of its own."""
    data = write_xnli(folder / "data", copies=6)
    head, encoder = save_tiny(folder / "nli", "bert", "nli"), save_tiny(folder / "meaning", "bert")
    shards = folder / "shards"
    fill(shards, units=plan(size=1))

    def run(store: str) -> Trial:
        given = ("--dataset", "xnli", "--model", head, "--data", data, "--languages", "en,es,zh", "--limit", 12)
        return Trial(_words("run", *given, "--store", store, *QUICK), lambda: _content(store))

    def train(name: str) -> Trial:
        output = folder / f"train-{name}"
        given = {"task": "nli", "language": "en", "data": data, "output": output, "model": encoder}
        given |= {"epochs": 20, "batch": 4, "selections": 10}
        words = [word for option, value in given.items() for word in (f"--{option}", value)]
        return Trial(_words("train", *words), lambda: _weights(output))

    def compact(store: str) -> Trial:
        _copy(shards, store)
        return Trial(_words("store", "compact", store), lambda: _content(store))

    def export(source: str, target: str) -> Trial:
        return Trial(_words("store", "export", source, "--output", target, "--scores-only"), lambda: _content(target))

    def bucket() -> str:
        return new_bucket(endpoint).address

    def export_from_bucket(name: str) -> Trial:
        source = bucket()
        _copy(shards, source)
        return export(source, bucket())

    return {
        "run": lambda name: run(str(folder / f"run-{name}")),
        "run, S3": lambda name: run(bucket()),
        "train": train,
        "compact": lambda name: compact(str(folder / f"compact-{name}")),
        "compact, S3": lambda name: compact(bucket()),
        "export": lambda name: export(str(shards), str(folder / f"export-{name}")),
        "export, S3": export_from_bucket,
    }


def _words(*words: object) -> tuple[str, ...]:
    return tuple(map(str, words))


def _copy(folder: Path, store: str) -> None:
    """Copy a store, shard by shard, into an empty one."""
    if "://" not in store:
        shutil.copytree(folder, store)
        return
    files, copies = open_store(folder).files, open_store(store, create=True).files
    for path in files.list():
        with files.open(path) as file:
            copies.create(path, file.read())


def _start(trial: Trial) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "core", *trial.words],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _killed(trial: Trial, after: float) -> bool:
    """Start the command and kill it after some seconds; False where it had ended before."""
    process = _start(trial)
    try:
        process.communicate(timeout=after)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True


def _finish(trial: Trial) -> None:
    """Let the command end. Raises RuntimeError with its last line where it fails; a finished training says so."""
    process = _start(trial)
    _, errors = process.communicate(timeout=LONGEST)
    if process.returncode and "exists already" not in errors:
        raise RuntimeError(f"{' '.join(trial.words)} failed: {errors.strip().splitlines()[-1:]}")


def _content(store: str) -> tuple[str, int]:
    """The hash of a store, and its rows. Raises RuntimeError where a shard is damaged."""
    report = check(open_store(store))
    if report.notices:
        raise RuntimeError(" ".join(report.notices))
    return report.total.hash, sum(report.total.rows.values())


def _weights(folder: Path) -> tuple[str, int]:
    files = sorted(folder.glob("*.safetensors"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest(), len(files)


def _print(tallies: Mapping[str, Tally]) -> None:
    table = Table("command", "kills", "continued to the end", "lost, doubled or different", "seconds of a whole one")
    for name, tally in tallies.items():
        table.add_row(name, str(tally.kills), str(tally.rounds), str(tally.different), f"{tally.seconds:.1f}")
    table.add_row("all", *(str(sum(getattr(t, n) for t in tallies.values())) for n in ("kills", "rounds", "different")))
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
