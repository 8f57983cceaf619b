"""Errors and commands on a page name the server's folders as the operator does, not by their paths."""

from core.errors import DataError
from core.paths import ASSETS, SHIPPED_RESULTS
from dashboard.service.places import told, told_in_shell
from tests.world.pages import checked, visit


def test_folders_have_the_names_of_their_variables(tmp_path, monkeypatch):
    for name in ("CACHE", "DATA", "STORE", "CONFIG"):
        monkeypatch.setenv(f"CCTA_{name}", str(tmp_path / "srv" / name.lower()))
    error = DataError(
        f"{tmp_path}/srv/cache/files/x.jsonl cannot be stored in {tmp_path}/srv/cache; {tmp_path}/srv/data."
    )
    assert told(error) == "CCTA_CACHE/files/x.jsonl cannot be stored in CCTA_CACHE; CCTA_DATA."
    assert told(SHIPPED_RESULTS) == "the shipped results"
    assert told(ASSETS / "models.toml") == "the program’s folder/assets/models.toml"
    command = f"python -m core run --data {tmp_path}/srv/data --store {tmp_path}/srv/store"
    assert told_in_shell(command) == "python -m core run --data $CCTA_DATA --store $CCTA_STORE"


def test_an_inner_folder_is_named_for_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("CCTA_CACHE", str(tmp_path))
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    assert told(f"{tmp_path / 'store'} and {tmp_path / 'models'}") == "CCTA_STORE and CCTA_CACHE/models"


def test_the_page_of_a_store_that_cannot_be_read_shows_no_path(tmp_path, monkeypatch):
    (tmp_path / "store").write_text("")
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = checked(visit("results"))
    (error,) = app.error
    assert error.value == "The store CCTA_STORE is a file: name a folder."
