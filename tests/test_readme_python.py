"""The code of README's section "In Python", run as it is printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def printed_code() -> str:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", readme, flags=re.MULTILINE | re.DOTALL))
    (code,) = re.findall(r"^```python\n(.*?)^```", sections["In Python"], flags=re.MULTILINE | re.DOTALL)
    return code


@pytest.mark.model
def test_the_code_in_the_readme_runs_as_printed(tmp_path, embedded_model):
    environment = {name: value for name, value in os.environ.items() if name not in ("CCTA_CONFIG", "CCTA_STORE")}
    ran = subprocess.run(
        [sys.executable, "-c", printed_code()],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    first, second, *_ = ran.stdout.splitlines()
    values = [float(value) for value in re.findall(r"\d\.\d{3}", first)]
    assert len(values) == 2
    assert all(0 < value < 1 for value in values)
    assert second.startswith("Table 5.")
    assert "<svg" in (tmp_path / "flow.html").read_text(encoding="utf-8")
