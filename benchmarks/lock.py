"""`python -m benchmarks.lock`: write requirements.lock, the product's packages with the hashes of their files.

What is locked is what the tests run with: the packages installed here that requirements.txt needs, directly or not.
PyTorch is left out, since each of its builds has an index of its own (the Makefile's TORCH_INDEX), and its hash is in
requirements-torch.lock. uv asks the package registry for the others. For Linux x86-64 and the Python that runs this.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
APART = "torch"
HEAD = """\
# Written by `make lock` from requirements.txt and the packages that the tests ran with: Linux x86-64, Python {python}.
# Install it with `make run LOCKED=1`, or with pip install --no-deps --require-hashes -r, after requirements-torch.lock.
"""


def main() -> None:
    """Write the lock. Raises CalledProcessError where uv, or the registry, does not answer."""
    pins = "\n".join(f"{name}=={version}" for name, version in sorted(closure(product()).items()) if name != APART)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    words = ["pip", "compile", "--no-deps", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    words += ["--python-version", python, "--python-platform", "x86_64-manylinux_2_28", "-"]
    uv = [sys.executable, "-m", "uv", *words]
    locked = subprocess.run(uv, input=pins, capture_output=True, text=True, check=True).stdout
    LOCK.write_text(HEAD.format(python=python) + locked, encoding="utf-8")
    print(f"{LOCK.name}: {len(locked_packages(LOCK))} packages")


def closure(requirements: Iterable[Requirement]) -> dict[str, str]:
    """Name -> installed version of everything that some requirements need here. Raises PackageNotFoundError."""
    found: dict[str, str] = {}
    waiting = [(requirement, frozenset(requirement.extras)) for requirement in requirements]
    seen = set()
    while waiting:
        requirement, extras = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        installed = distribution(name)
        found[name] = installed.version.partition("+")[0]
        for line in installed.requires or ():
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                waiting.append((needed, frozenset(needed.extras)))
    return found


def locked_packages(lock: Path) -> dict[str, tuple[str, int]]:
    """Name -> version, and number of hashes, of each package in a lock."""
    lines = lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    entries = [line for line in lines if line.strip() and not line.startswith("#")]
    found = {}
    for entry in entries:
        match = re.match(r"([A-Za-z0-9._-]+)==(\S+)", entry)
        if match is None:
            raise ValueError(f"{lock.name}: {entry[:80]!r} is not a package with a version.")
        found[str(canonicalize_name(match[1]))] = (match[2], entry.count("--hash=sha256:"))
    return found


def product() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    asked = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    return [requirement for requirement in asked if requirement.marker is None or requirement.marker.evaluate()]


if __name__ == "__main__":
    main()
