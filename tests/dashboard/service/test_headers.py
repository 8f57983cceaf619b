"""The headers of every answer, and the application as it is served."""

import contextlib
from pathlib import Path

import streamlit
from streamlit.starlette import App

from dashboard import asgi
from dashboard.service.headers import SecurityHeaders, inline_scripts, security_headers
from dashboard.service.limits import ServiceLimits


async def page(scope, receive, send):
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"X-Frame-Options", b"ALLOW"), (b"a", b"b")]}
    )
    await send({"type": "http.response.body", "body": b"page"})


def answer(path, limits=ServiceLimits(), kind="http"):
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {}

    # Nothing here waits, so one step is all; the tests of pages may have an event loop of their own.
    with contextlib.suppress(StopIteration):
        SecurityHeaders(page, limits)({"type": kind, "path": path}, receive, send).send(None)
    return sent


def test_every_answer_has_the_headers_and_keeps_its_own():
    start = answer("/")[0]
    names = [name.lower() for name, _ in start["headers"]]
    assert len(names) == len(set(names))
    headers = {name.lower().decode(): value.decode() for name, value in start["headers"]}
    assert headers["a"] == "b"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_metrics_are_answered_only_where_they_are_wanted():
    for path in ("/_stcore/metrics", "/_stcore/metrics/", "/base/_stcore/metrics"):
        assert answer(path)[0]["status"] == 404
        assert answer(path, ServiceLimits(metrics=True))[0]["status"] == 200
    assert answer("/_stcore/health")[0]["status"] == 200


def test_files_are_taken_only_where_runs_may_be_started(monkeypatch):
    path = "/_stcore/upload_file/session/file"
    monkeypatch.delenv("CCTA_RUNS", raising=False)
    assert answer(path)[0]["status"] == 404
    monkeypatch.setenv("CCTA_RUNS", "100")
    assert answer(path)[0]["status"] == 200


def test_a_web_socket_is_left_alone():
    assert answer("/_stcore/metrics", kind="websocket")[0]["status"] == 200


def test_the_policy_names_no_other_origin_and_no_inline_script():
    policy = dict(
        rule.split(" ", 1) for rule in security_headers(ServiceLimits())["content-security-policy"].split("; ")
    )
    assert "'unsafe-inline'" not in policy["script-src"]
    assert not any(scheme in rule for rule in policy.values() for scheme in ("http:", "https:", "*"))
    assert policy["frame-ancestors"] == "'self'"


def test_an_operator_may_embed_the_dashboard():
    headers = security_headers(ServiceLimits(embed=("https://example.org",)))
    assert "frame-ancestors 'self' https://example.org" in headers["content-security-policy"]
    assert "x-frame-options" not in headers


def test_the_scripts_of_the_page_itself_are_allowed_by_their_hash():
    """An independent digest, as browsers print it for this script."""
    assert inline_scripts("<script>alert(1)</script><script src='a.js'></script>") == (
        "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='",
    )
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    assert len(inline_scripts(page)) == page.count("<script>")


def test_the_application_is_served_with_them():
    assert isinstance(asgi.app, App)
