"""A served dashboard where everything needs an account, with a provider on the loopback address."""

import contextlib
import re

import httpx2 as httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.world.browsers import free_port, serve
from tests.world.identity import login_table, provide

PATHS = (
    "/",
    "/translation_pair?h=0123456789abcdef0123456789abcdef",
    "/runs",
    "/media/0123456789.csv",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/script-health-check",
    "/_stcore/upload_file/session/file",
    "/_stcore/health",
    "/component/x/index.html",
    "/_stcore/bidi-components/x/y.js",
    "/static/js/index.js",
    "/index.html",
    "/favicon.png",
    "//",
    "/auth/login/",
    "/%2e%2e/%2e%2e/etc/passwd",
)
# The computer's own health check is answered; a proxy names whom it asks for.
FROM_OUTSIDE = {"x-forwarded-for": "192.0.2.1", "accept": "text/html"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A provider, and the address of a server that admits example.org, has its metrics on and takes uploads."""
    folder, port = tmp_path_factory.mktemp("login"), free_port()
    with provide() as provider, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCTA_RUNS", "100")
        table = login_table(provider, port)
        (folder / "operator.toml").write_text(f"[service]\nmetrics = true\n{table}", encoding="utf-8")
        with serve(folder, folder / "operator.toml", port=port) as address:
            yield provider, address


@contextlib.contextmanager
def client(address):
    with httpx.Client(base_url=address, headers=FROM_OUTSIDE, trust_env=False) as browser:
        yield browser


def log_in(browser, provider, email="ada@example.org", verified=True):
    """Follow "Log in" to the provider and back; returns the last answer."""
    provider.email, provider.verified = email, verified
    return browser.get("/login", follow_redirects=True)


def socket_status(address, browser):
    """The status that the web socket answers with; 101 where it opens."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    headers = {"Cookie": cookies} if cookies else {}
    try:
        with connect(
            f"{address.replace('http', 'ws')}/_stcore/stream",
            additional_headers=headers,
            subprotocols=["streamlit"],
            origin=address,
            proxy=None,
        ):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


def test_without_an_account_only_the_log_in_page_answers(served):
    _, address = served
    with client(address) as browser:
        for path in PATHS:
            for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
                answer = browser.request(method, path)
                assert answer.status_code == 401, (method, path)
                assert '<a href="/login">Log in</a>' in answer.text, (method, path)
                assert answer.headers["x-content-type-options"] == "nosniff"
        assert browser.head("/").status_code == 401
        assert socket_status(address, browser) == 403


def test_an_account_of_a_listed_domain_comes_in_and_out(served):
    provider, address = served
    with client(address) as browser:
        assert "noscript" in log_in(browser, provider).text
        assert browser.get("/").status_code == 200
        assert browser.get("/_stcore/host-config").status_code == 200
        assert browser.get("/_stcore/metrics").status_code == 200
        assert socket_status(address, browser) == 101
        browser.get("/auth/logout")
        assert browser.get("/").status_code == 401
        assert socket_status(address, browser) == 403


@pytest.mark.parametrize(
    ("email", "verified"),
    [("ada@example.com", True), ("ada@example.org.example.com", True), ("ada@example.org", False)],
)
def test_another_account_gets_no_further(served, email, verified):
    provider, address = served
    with client(address) as browser:
        log_in(browser, provider, email, verified)
        for path in PATHS:
            answer = browser.get(path)
            assert answer.status_code == 403, path
            assert f"{email} is not admitted" in answer.text
        assert socket_status(address, browser) == 403


def test_an_address_is_escaped(served):
    provider, address = served
    with client(address) as browser:
        answer = log_in(browser, provider, "<script>alert(1)</script>@example.com")
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text


def test_a_cookie_that_is_forged_changed_or_of_another_server_admits_nobody(served):
    provider, address = served
    with client(address) as browser:
        log_in(browser, provider)
        genuine = browser.cookies["_streamlit_user"]
    head, _, signature = genuine.rpartition(".")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    for forged in ("x", f"{head}.{flipped}", f"e30.{genuine.split('.', 1)[1]}", '{"is_logged_in": true}'):
        answer = httpx.get(address, headers=FROM_OUTSIDE, cookies={"_streamlit_user": forged}, trust_env=False)
        assert answer.status_code == 401


def test_the_page_that_was_asked_for_opens_after_the_log_in(served):
    provider, address = served
    with client(address) as browser:
        browser.get("/words?src=en&tgt=zh")
        answer = log_in(browser, provider)
        assert str(answer.url) == f"{address}/words?src=en&tgt=zh"
        assert str(browser.get("/", follow_redirects=True).url) == f"{address}/"


@pytest.mark.parametrize("asked", ["//evil.example/", "/%2f/evil.example", "/_stcore/health", "/media/x.csv"])
def test_the_way_back_leads_to_a_page_of_this_server_alone(served, asked):
    provider, address = served
    with client(address) as browser:
        browser.get(asked)
        assert re.fullmatch(rf"{address}/(%2[fF])?", str(log_in(browser, provider).url))


def test_the_health_check_answers_its_own_computer(served):
    _, address = served
    assert httpx.get(f"{address}/_stcore/health", trust_env=False).text == "ok"
