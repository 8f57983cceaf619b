"""`python -m benchmarks.audit`: what the product is made of (SBOM), its licences, and known vulnerabilities.

Writes `sbom.cdx.json` (CycloneDX 1.6) from the locked packages, prints their licences, and asks the Python Packaging
Advisory Database through pip-audit. Exits 1 where a vulnerability is known; where the database cannot be reached, one
line says so.
"""

import json
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageMetadata, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rich.console import Console
from rich.table import Table

from benchmarks.lock import LOCK, ROOT, locked_packages

TORCH_LOCK = ROOT / "requirements-torch.lock"
SBOM = ROOT / "sbom.cdx.json"
UNREACHABLE = "The advisory database cannot be reached: vulnerabilities were not checked. Try again with a network."
# What pip-audit's errors say where it finds no network.
_NO_NETWORK = ("ConnectionError", "NameResolutionError", "Max retries", "ConnectTimeout", "ProxyError", "HTTPError")
_LONGEST = 60
_LONGEST_ERROR = 300


def main() -> int:
    """Write, print and ask; returns the exit code."""
    packages = {name: version for lock in (LOCK, TORCH_LOCK) for name, (version, _) in locked_packages(lock).items()}
    SBOM.write_text(json.dumps(bill(packages), indent=1) + "\n", encoding="utf-8")
    table = Table("package", "version", "licence")
    for name, version in sorted(packages.items()):
        table.add_row(name, version, licence_of(name))
    Console().print(table)
    print(f"{SBOM.name}: {len(packages)} components")
    return check_advisories(LOCK, TORCH_LOCK)


def licence_of(name: str) -> str:
    """The licence that an installed package states, in one line; "not stated" where it states none."""
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        return "not installed here"
    stated = _entry(metadata, "License-Expression")
    if not stated:
        classifiers = metadata.get_all("Classifier") or []
        named = [entry.rpartition(" :: ")[2] for entry in classifiers if entry.startswith("License ::")]
        stated = ", ".join(dict.fromkeys(named)) or _entry(metadata, "License").strip().partition("\n")[0]
    return stated[:_LONGEST] or "not stated"


def _entry(metadata: PackageMetadata, name: str) -> str:
    found = metadata.get_all(name)
    return str(found[0]) if found else ""


def bill(packages: dict[str, str]) -> dict[str, Any]:
    """The software bill of materials of some packages (name -> version), as CycloneDX 1.6."""
    components = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
            "licenses": [{"license": {"name": licence_of(name)}}],
        }
        for name, version in sorted(packages.items())
    ]
    root = "ccta-explorer"
    product = {"type": "application", "bom-ref": root, "name": root, "licenses": [{"license": {"id": "MIT"}}]}
    depends = [{"ref": root, "dependsOn": [component["bom-ref"] for component in components]}]
    depends += [{"ref": f"pkg:pypi/{name}@{packages[name]}", "dependsOn": _needs(name, packages)} for name in packages]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": product,
        },
        "components": components,
        "dependencies": depends,
    }


def _needs(name: str, packages: dict[str, str]) -> list[str]:
    """The packages among some that an installed package needs."""
    try:
        installed: Distribution = distribution(name)
    except PackageNotFoundError:
        return []
    wanted = [Requirement(line) for line in installed.requires or ()]
    needed = [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    names = {str(canonicalize_name(each.name)) for each in needed}
    return [f"pkg:pypi/{each}@{packages[each]}" for each in sorted(names & packages.keys())]


def check_advisories(*locks: Path) -> int:
    """Ask for known vulnerabilities of locked packages; returns 1 where there are some, or where asking failed."""
    words = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner", "off"]
    words += ["--format", "json", *(word for lock in locks for word in ("-r", str(lock)))]
    asked = subprocess.run(words, capture_output=True, text=True, check=False)
    try:
        answers = json.loads(asked.stdout)["dependencies"]
    except (ValueError, KeyError):
        is_offline = any(sign in asked.stderr for sign in _NO_NETWORK)
        print(UNREACHABLE if is_offline else asked.stderr.strip()[-_LONGEST_ERROR:], file=sys.stderr)
        return int(not is_offline)
    lines, code = said_of(answers)
    print("\n".join(lines))
    return code


def said_of(answers: Sequence[Mapping[str, Any]]) -> tuple[list[str], int]:
    """What pip-audit answered about each package, in lines, and the exit code."""
    known = [(entry, found) for entry in answers for found in entry.get("vulns", [])]
    asked = [entry for entry in answers if "skip_reason" not in entry]
    if not asked:
        return [UNREACHABLE], 0
    lines = [
        f"{entry['name']} {entry['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'none'}"
        for entry, found in known
    ]
    return [*lines, f"{len(known)} known vulnerabilities in {len(asked)} of {len(answers)} packages"], int(bool(known))


if __name__ == "__main__":
    sys.exit(main())
