"""Folders of the server by the names that its operator gave them: no page shows a path of the computer it runs on."""

from core.paths import (
    ASSETS,
    SHIPPED_RESULTS,
    cache_folder,
    data_folder,
    missing_data_folder,
    operator_file,
    store_location,
)

SHIPPED = "the shipped results"
PROGRAM = "the program’s folder"


def told(text: object) -> str:
    """Return an error, or any other line, with `CCTA_STORE` and so on in the place of the server's paths."""
    return _replaced(str(text), "")


def told_in_shell(command: str) -> str:
    """Return a command with `$CCTA_STORE` and so on in the place of the server's paths."""
    return _replaced(command, "$")


def _replaced(text: str, mark: str) -> str:
    folders = {
        store_location(): f"{mark}CCTA_STORE",
        str(operator_file() or ""): f"{mark}CCTA_CONFIG",
        str(data_folder() or missing_data_folder() or ""): f"{mark}CCTA_DATA",
        str(cache_folder()): f"{mark}CCTA_CACHE",
        str(SHIPPED_RESULTS): SHIPPED,
        str(ASSETS.parent): PROGRAM,
    }
    # A folder inside another one is named for itself.
    for path in sorted(filter(None, folders), key=len, reverse=True):
        text = text.replace(path, folders[path]) if len(path) > 1 else text
    return text
