"""The gate of a server where everything needs an account: without one, only the log-in page answers.

It stands before Streamlit, so that it covers web sockets, media, uploads and downloads like pages. The cookie is
Streamlit's, set after the provider has answered; the gate reads it as Streamlit does.
"""

import html
import json
from collections.abc import Mapping
from urllib.parse import quote, unquote

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response
from streamlit.auth_util import encode_provider_token, get_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard.service.headers import Application, Message, Receive, Scope, Send
from dashboard.service.login import CALLBACK, EVERYTHING, LoginRules

LOG_IN, LOG_OUT, HEALTH = "/login", "/auth/logout", "/_stcore/health"
# Streamlit's own steps of a log-in, which must answer before anybody has an account.
_STEPS = ("/auth/login", LOG_OUT, CALLBACK)
_RETURN = "ccta_return"
_RETURN_SECONDS = 600
_LOOPBACK = ("127.0.0.1", "::1")
_POLICY_VIOLATION = 1008
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto 0;padding:0 1.5rem;color:#16202E;"
    "background:#fff}a{color:#1F4E8C}"
    "@media(prefers-color-scheme:dark){body{color:#E6EAF0;background:#14181D}a{color:#8FB8F0}}"
)


def claims_of(cookies: Mapping[str, str], rules: LoginRules) -> dict[str, object]:
    """Return what the provider said of the account whose signed cookie is sent; {} where there is none for here."""

    def decoded(name: str) -> bytes | None:
        value = cookies.get(name)
        return decode_signed_value(rules.cookie_secret, name, value.encode("latin-1")) if value else None

    content = get_cookie_with_chunks(decoded, USER_COOKIE_NAME)
    try:
        claims = json.loads(content) if content else {}
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) and claims.get("origin") == rules.origin else {}


class LoginGate:
    """ASGI middleware: where everything needs an account, what comes without one reaches no page, file or socket."""

    def __init__(self, app: Application, rules: LoginRules | None) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rules = self._rules
        if rules is None or scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        send = _secure_cookies(send) if rules.origin.startswith("https:") else send
        connection = HTTPConnection(scope)
        claims = claims_of(connection.cookies, rules)
        answer = _answer(connection, rules, claims)
        if answer is not None:
            await answer(scope, receive, send)
        elif _is_open(connection, rules, claims):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "Log in first."})
        else:
            await _log_in_page(connection, claims)(scope, receive, send)


def _answer(connection: HTTPConnection, rules: LoginRules, claims: Mapping[str, object]) -> Response | None:
    """The first step of a log-in, or the way back to the page that was asked for before it; else None."""
    scope = connection.scope
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    if scope["path"] == LOG_IN:
        # The token is valid for two minutes: a page that waits longer would hold one that has expired.
        return RedirectResponse(f"/auth/login?provider={quote(encode_provider_token('default'))}", 303)
    back = unquote(connection.cookies.get(_RETURN, ""))
    if scope["path"] == "/" and back and rules.admitted(claims):
        answer = RedirectResponse(back if _is_page(back) else "/", 303)
        answer.delete_cookie(_RETURN)
        return answer
    return None


def _is_open(connection: HTTPConnection, rules: LoginRules, claims: Mapping[str, object]) -> bool:
    path = connection.scope["path"]
    if not rules.needs(EVERYTHING) or rules.admitted(claims):
        return True
    if connection.scope["type"] != "http":
        return False
    return path in _STEPS or (path == HEALTH and _is_local(connection))


def _is_local(connection: HTTPConnection) -> bool:
    """Whether this computer asks for itself, as a container's health check does; a proxy names whom it asks for."""
    client = connection.client
    return client is not None and client.host in _LOOPBACK and "x-forwarded-for" not in connection.headers


def _log_in_page(connection: HTTPConnection, claims: Mapping[str, object]) -> Response:
    """The only page without an account: status 401; 403 for an account that is not admitted."""
    if claims.get("is_logged_in"):
        who = html.escape(str(claims.get("email", "This account")))
        line = f"{who} is not admitted to this server. Ask its operator, or use another account."
        return _page(line, f'<a href="{LOG_OUT}">Log out</a>', 403)
    answer = _page("This server is open to certain accounts.", f'<a href="{LOG_IN}">Log in</a>', 401)
    query = connection.scope["query_string"].decode("latin-1")
    wanted = connection.scope["path"] + (f"?{query}" if query else "")
    if "text/html" in connection.headers.get("accept", "") and _is_page(wanted):
        answer.set_cookie(_RETURN, quote(wanted), max_age=_RETURN_SECONDS, httponly=True, samesite="lax")
    return answer


def _page(line: str, link: str, status: int) -> HTMLResponse:
    head = f'<meta charset="utf-8"><title>CCTA Explorer</title><style>{_STYLE}</style>'
    body = f"<h1>CCTA Explorer</h1><p>{line}</p><p>{link}</p>"
    page = f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'
    return HTMLResponse(page, status, headers={"cache-control": "no-store"})


def _is_page(address: str) -> bool:
    """Whether an address is one of a page here, and not of a file or of another server."""
    name = address[1:].partition("?")[0]
    return address.startswith("/") and name.replace("_", "").isalnum() and name.isascii() and not name.startswith("_")


def _secure_cookies(send: Send) -> Send:
    """Cookies that browsers send over TLS alone."""

    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [_secure(*header) for header in message.get("headers", [])]}
        await send(message)

    return secured


def _secure(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    is_plain = name.lower() == b"set-cookie" and b"; secure" not in value.lower()
    return name, value + b"; Secure" if is_plain else value
