"""The `[service]` table: what it says holds, and what it cannot mean is refused in one line."""

from dataclasses import fields

import pytest

from core.errors import CatalogueError
from core.models.catalogue import load_catalogue
from dashboard import __main__ as program
from dashboard.service.limits import ServiceLimits, read_limits


@pytest.fixture
def operator(tmp_path, monkeypatch):
    """Writes the operator's file."""
    path = tmp_path / "operator.toml"
    monkeypatch.setenv("CCTA_CONFIG", str(path))
    return path.write_text


def test_without_a_file_the_defaults_hold(monkeypatch):
    monkeypatch.delenv("CCTA_CONFIG", raising=False)
    assert read_limits() == ServiceLimits()


def test_entries_of_the_table_replace_the_defaults(operator):
    operator('[service]\njobs = 4\nmodel_gigabytes = 1\nlinks = false\nembed = ["https://example.org"]\n')
    found = read_limits()
    assert (found.jobs, found.model_gigabytes, found.links, found.embed) == (4, 1, False, ("https://example.org",))
    assert found.waiting == ServiceLimits().waiting


def test_the_catalogue_and_the_limits_live_in_one_file(operator):
    operator(
        '[service]\njobs = 3\n[[model]]\nname = "mine"\ntitle = "Mine"\nsource = "hub"\nfamily = "bert"\n'
        'location = "me/mine"\n'
    )
    assert read_limits().jobs == 3
    assert "mine" in load_catalogue()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("jobs = 0", "jobs in [service] must be a whole number, 1 or more, not 0."),
        ("jobs = true", "jobs in [service] must be a whole number"),
        ("jobs = 2.5", "jobs in [service] must be a whole number"),
        ('jobs = "two"', "jobs in [service] must be a whole number"),
        ("waiting = -1", "waiting in [service] must be a whole number, 0 or more, not -1."),
        ("translations = 9", "translations in [service] must be a whole number, 1 to 8, not 9."),
        ("model_gigabytes = nan", "model_gigabytes in [service] must be a number"),
        ("links = 1", "links in [service] must be true or false, not 1."),
        ('embed = "https://example.org"', "embed in [service] must be a list of origins"),
        ('embed = ["https://example.org; script-src *"]', "embed in [service] must be a list of origins"),
        ('embed = ["javascript:alert(1)"]', "embed in [service] must be a list of origins"),
        ("job = 2", "[service] has no entry job; it may have jobs,"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(operator, line, words):
    operator(f"[service]\n{line}\n")
    with pytest.raises(CatalogueError) as caught:
        read_limits()
    assert words in str(caught.value)
    assert "operator.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["service = 3\n", "[[service]]\njobs = 1\n"])
def test_a_service_that_is_no_table_is_refused(operator, content):
    operator(content)
    with pytest.raises(CatalogueError, match="service must be a table"):
        read_limits()


def test_the_server_does_not_start_with_limits_that_it_cannot_read(operator, capsys):
    operator("[service]\njobs = 0\n")
    with pytest.raises(SystemExit) as caught:
        program.main([])
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_no_links_on_the_command_line_holds_whatever_the_file_says(operator, monkeypatch):
    operator("[service]\nlinks = true\n")
    monkeypatch.setenv("CCTA_LINKS", "0")
    assert not read_limits().links


def test_every_entry_is_documented():
    for field in fields(ServiceLimits):
        assert field.name in ServiceLimits.__doc__
