"""`python -m dashboard`: serve the dashboard on a free port and open a browser where there is one."""

import argparse
import os
import socket
import sys
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import CctaError, OptionError
from dashboard.service.limits import ServiceLimits, read_limits
from dashboard.service.login import read_login
from dashboard.service.supervisor import supervise

ROOT = Path(__file__).resolve().parent.parent
PREFERRED_PORTS = range(8501, 8511)


def main(arguments: Sequence[str] | None = None) -> None:
    """Become Streamlit's server, or watch over it where it has a memory ceiling; exit 2 with one line on failure."""
    options = _parser(os.environ).parse_args(arguments)
    try:
        limits = read_limits()
        read_login()
        port = choose_port(options.address, options.port)
    except CctaError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    # Streamlit reads .streamlit/config.toml from the working directory.
    os.chdir(ROOT)
    headless = not can_open_browser(os.environ, sys.platform)
    print(f"CCTA Explorer: http://{browser_host(options.address)}:{port}", flush=True)
    command = streamlit_command(port, options.address, limits, headless=headless)
    environment = server_environment(os.environ | ({"CCTA_LINKS": "0"} if options.no_links else {}))
    if limits.memory_gigabytes:
        sys.exit(supervise(command, environment))
    # exec and not a child process, so that a signal (Ctrl-C, docker stop) reaches the server.
    os.execve(sys.executable, command, environment)


def choose_port(address: str, requested: int | None = None) -> int:
    """Return `requested`, or the first free port of `PREFERRED_PORTS`, or any other free one.

    Raises
    ------
    OptionError : `requested` is taken or not allowed, or this computer has no such address.
    """
    problem = ""
    for port in (*PREFERRED_PORTS, 0) if requested is None else (requested,):
        try:
            return _bind(address, port)
        except OSError as error:
            problem = error.strerror or str(error)
    if requested is None:
        raise OptionError(f"The address {address} cannot be used: {problem}. Leave --address out to use localhost.")
    raise OptionError(
        f"Port {requested} on {address} cannot be used: {problem}. Leave out --port and CCTA_PORT to use a free one."
    )


def can_open_browser(environment: Mapping[str, str], platform: str) -> bool:
    """Return whether a browser window can be opened: not in CI, over SSH, or without a display."""
    if environment.get("CI") or environment.get("SSH_CONNECTION"):
        return False
    if platform.startswith("linux") and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def browser_host(address: str) -> str:
    """Return the host name under which a browser on this computer reaches a server on `address`."""
    if address in ("0.0.0.0", "::"):
        return "localhost"
    return f"[{address}]" if ":" in address else address


def streamlit_command(port: int, address: str, limits: ServiceLimits = ServiceLimits(), *, headless: bool) -> list[str]:
    """Return the command that serves the dashboard; it needs `server_environment`."""
    options = {
        "server.port": port,
        "server.address": address,
        "server.headless": str(headless).lower(),
        # The watcher imports every submodule of torch to read its path.
        "server.fileWatcherType": "none",
        # Otherwise the first start waits for an e-mail address at the terminal.
        "server.showEmailPrompt": "false",
        "server.maxUploadSize": limits.upload_megabytes,
        "server.maxMessageSize": limits.message_megabytes,
        "browser.gatherUsageStats": "false",
    }
    script = str(ROOT / "dashboard" / "asgi.py")
    return [
        sys.executable,
        "-m",
        "dashboard.server",
        "run",
        script,
        *(f"--{name}={value}" for name, value in options.items()),
    ]


def server_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the server: the repository root on the path, and OpenMP threads that sleep.

    Streamlit adds only the script's folder to the path. By default OpenMP threads spin while they wait, which makes
    an analysis several times slower when a browser on this computer needs a core. glibc gives each of the many threads
    an arena of its own, which keeps what is freed in it: two are enough. A value of the operator's is kept.
    """
    inherited = environment.get("PYTHONPATH")
    path = os.pathsep.join([str(ROOT), inherited] if inherited else [str(ROOT)])
    return {"OMP_WAIT_POLICY": "PASSIVE", "MALLOC_ARENA_MAX": "2"} | dict(environment) | {"PYTHONPATH": path}


def _bind(address: str, port: int) -> int:
    """Bind a port for a moment, as Streamlit will, and return its number. Raises OSError if that fails."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, port))
        return int(server.getsockname()[1])


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dashboard", description="Serve the CCTA Explorer dashboard.")
    parser.add_argument(
        "--port",
        type=_port_number,
        default=environment.get("CCTA_PORT") or None,
        help="port to listen on (default: CCTA_PORT, else a free one)",
    )
    parser.add_argument(
        "--address",
        default="localhost",
        help="address to listen on; 0.0.0.0 accepts other computers (default: localhost)",
    )
    parser.add_argument(
        "--no-links",
        action="store_true",
        help="keep no visitor's text on the server's disk: links then hold settings alone",
    )
    return parser


def _port_number(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port: use a number from 1 to 65535")


if __name__ == "__main__":
    main()
