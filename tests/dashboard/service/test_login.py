"""The `[login]` table: who is admitted, what needs an account, and what is refused in one line."""

import pytest

from core.errors import CatalogueError
from core.models.catalogue import load_catalogue
from dashboard import __main__ as program
from dashboard.service import visitors
from dashboard.service.limits import read_limits
from dashboard.service.login import EVERYTHING, RUNS, TEXTS, login_from, read_login

USUAL = {
    "server_metadata_url": "https://id.example.org/.well-known/openid-configuration",
    "client_id": "ccta",
    "client_secret": "not-for-a-log",
    "cookie_secret": "not-for-a-log-either-" * 2,
    "redirect_uri": "https://ccta.example.org/oauth2callback",
    "domains": ["Example.org", "@other.example"],
    "addresses": ["Guest@Example.com"],
}


def claims(email, **changes):
    return {"is_logged_in": True, "email": email, "email_verified": True} | changes


def test_without_a_table_nobody_logs_in(monkeypatch):
    monkeypatch.delenv("CCTA_CONFIG", raising=False)
    assert read_login() is None
    assert not visitors.lacks_login(RUNS)


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (claims("ada@example.org"), "ada@example.org"),
        (claims(" Ada@EXAMPLE.org "), "ada@example.org"),
        (claims("x@other.example"), "x@other.example"),
        (claims("guest@example.com"), "guest@example.com"),
        (claims("someone@example.com"), ""),
        (claims("ada@sub.example.org"), ""),
        (claims("ada@example.org.evil.example"), ""),
        (claims("example.org"), ""),
        (claims("@example.org"), ""),
        (claims("ada@example.org", email_verified=False), ""),
        (claims("ada@example.org", email_verified="true"), ""),
        (claims("ada@example.org", email_verified=None), ""),
        (claims("ada@example.org", is_logged_in=False), ""),
        (claims(None), ""),
        ({}, ""),
    ],
)
def test_listed_and_verified_addresses_are_admitted(said, address):
    assert login_from(USUAL).admitted(said) == address


def test_every_account_is_admitted_only_where_the_operator_says_so():
    rules = login_from(USUAL | {"domains": ["*"], "unverified": True})
    assert rules.admitted(claims("a@anywhere.example", email_verified=None)) == "a@anywhere.example"


@pytest.mark.parametrize(("needed_for", "needs"), [("runs", {RUNS}), ("texts", {RUNS, TEXTS})])
def test_what_needs_an_account(needed_for, needs):
    rules = login_from(USUAL | {"needed_for": needed_for})
    assert {what for what in (RUNS, TEXTS, EVERYTHING) if rules.needs(what)} == needs
    assert login_from(USUAL).needs(EVERYTHING)


def test_no_secret_is_printed_with_the_rules():
    assert "not-for-a-log" not in repr(login_from(USUAL))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": None}, "[login] lacks client_id."),
        ({"adresses": []}, "[login] has no entry adresses; it may have"),
        ({"domains": [], "addresses": []}, "[login] admits nobody"),
        ({"domains": "example.org"}, "domains in [login] must be a list of texts."),
        ({"domains": [1]}, "domains in [login] must be a list of texts."),
        ({"needed_for": "pages"}, "needed_for in [login] must be runs, texts, everything, not 'pages'."),
        ({"unverified": 1}, "unverified in [login] must be true or false."),
        ({"client_secret": ""}, "client_secret in [login] must be a text."),
        ({"cookie_secret": "short"}, "cookie_secret in [login] must have 32 characters or more"),
        ({"redirect_uri": "https://ccta.example.org/"}, "redirect_uri in [login] must end in /oauth2callback."),
        (
            {"redirect_uri": "http://x.example.org/oauth2callback"},
            "redirect_uri in [login] must be an https address.",
        ),
        ({"server_metadata_url": "file:///etc/passwd"}, "server_metadata_url in [login] must be an https address."),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(changes, words):
    table = {name: value for name, value in (USUAL | changes).items() if value is not None}
    with pytest.raises(CatalogueError) as caught:
        login_from(table)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_models_limits_and_log_in_live_in_one_file(tmp_path, monkeypatch, capsys):
    path = tmp_path / "operator.toml"
    monkeypatch.setenv("CCTA_CONFIG", str(path))
    path.write_text("[service]\njobs = 3\n[login]\nclient_id = 'x'\n", encoding="utf-8")
    assert read_limits().jobs == 3
    assert load_catalogue()
    with pytest.raises(SystemExit) as caught:
        program.main([])
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "operator.toml" in said and "[login] lacks" in said
