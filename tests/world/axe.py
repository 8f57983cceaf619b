"""axe-core, the checker of accessibility, from npm; it is for tests alone and no part of the product."""

import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

VERSION = "4.10.3"
# Formulas are wider once their fonts are there, which the layout of the page asks for.
_RUN = """async rules => {
  document.body.getBoundingClientRect();
  await document.fonts.ready;
  const only = rules.length ? { runOnly: rules } : {};
  const found = await axe.run(document, { resultTypes: ["violations"], ...only });
  return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 200)}`));
}"""


@cache
def axe_script() -> str:
    """The script to run in a page; skips the test where npm or the registry cannot be reached."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm on this computer (apt install npm)")
    with TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", "--prefer-offline", "--pack-destination", folder, f"axe-core@{VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            pytest.skip(f"axe-core cannot be fetched: {done.stderr.strip()[-200:]}")
        (archive,) = Path(folder).glob("axe-core-*.tgz")
        with tarfile.open(archive) as files:
            script = files.extractfile("package/axe.min.js")
            assert script is not None
            return script.read().decode()


def violations(page: Any, *rules: str) -> list[str]:
    """What axe-core finds wrong on a page: rule and element; of some rules, or of all."""
    page.evaluate(axe_script())
    found: list[str] = page.evaluate(_RUN, list(rules))
    return found
