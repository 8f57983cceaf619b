"""`core`: what a notebook imports, each name from its module when it is first used."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import core
from core.errors import CctaError

HEAVY = ("torch", "transformers", "streamlit", "numpy", "pandas", "duckdb")


def modules_after(code: str) -> set[str]:
    """The modules that a new interpreter has imported after `code`."""
    program = f"import sys\n{code}\nprint(*sys.modules)"
    root = Path(core.__file__).parent.parent
    ran = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_import_core_loads_nothing_heavy():
    imported = modules_after("import core")
    assert not imported & set(HEAVY)
    assert {name for name in imported if name.startswith("core.")} == set()


def test_a_name_loads_its_module_only():
    imported = modules_after("from core import CctaError, Settings")
    assert {"core.errors", "core.settings"} <= imported
    assert not imported & set(HEAVY)


def test_submodules_are_imported_by_their_names():
    assert {"core.settings", "core.errors"} <= modules_after("import core.settings, core.errors\ncore.settings.TASKS")


@pytest.mark.parametrize("name", core.__all__)
def test_every_name_is_there_and_documented(name):
    value = getattr(core, name)
    assert inspect.isclass(value) or inspect.isfunction(value) or name.isupper()
    assert name.isupper() or value.__doc__
    assert name in dir(core)


def test_types_and_names_agree():
    """What a type checker sees is what is imported."""
    (block,) = [node for node in ast.parse(inspect.getsource(core)).body if isinstance(node, ast.If)]
    declared = {
        alias.asname or alias.name: (statement.module, alias.name)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert declared == core._HOMES
    assert set(core.__all__) == set(core._HOMES)
    assert core.CctaError is CctaError


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = core.nonsense
