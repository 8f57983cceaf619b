"""Headers of every answer of the server, and what it does not answer."""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import streamlit

from core.paths import most_pairs
from dashboard.service.limits import ServiceLimits

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

METRICS = "/_stcore/metrics"
UPLOADS = "/_stcore/upload_file/"
_PAGE = Path(streamlit.__file__).parent / "static" / "index.html"
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def inline_scripts(page: str) -> tuple[str, ...]:
    """Return the sources of a policy that allow the scripts written into a page, and no other ones."""
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(page))
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def security_headers(limits: ServiceLimits) -> dict[str, str]:
    """Return the headers that keep a page to itself: it loads nothing from elsewhere and sends nothing there.

    Vega compiles the expressions of a chart (`unsafe-eval`), and Streamlit styles its elements in place
    (`unsafe-inline`) and loads the scripts of components from a blob.
    """
    scripts = " ".join(["'self'", "'unsafe-eval'", "blob:", *inline_scripts(_PAGE.read_text(encoding="utf-8"))])
    frames = " ".join(["'self'", *limits.embed])
    policy = {
        "default-src": "'self'",
        "script-src": scripts,
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": frames,
    }
    headers = {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        # The address of a page may hold the token of kept texts.
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "cross-origin-opener-policy": "same-origin",
    }
    # For browsers that do not know frame-ancestors; it cannot name other origins.
    return headers if limits.embed else headers | {"x-frame-options": "SAMEORIGIN"}


class SecurityHeaders:
    """ASGI middleware: adds the headers to every HTTP answer, and hides what this server does not offer.

    These are the metrics, unless they are wanted, and uploads, where no run may be started: Streamlit would hold files
    that no page has asked for.
    """

    def __init__(self, app: Application, limits: ServiceLimits) -> None:
        self._app = app
        self._limits = limits
        self._headers = [(name.encode(), value.encode()) for name, value in security_headers(limits).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in self._headers}
                others = [(name, value) for name, value in message.get("headers", []) if name.lower() not in ours]
                message = {**message, "headers": [*others, *self._headers]}
            await send(message)

        if self._is_hidden(scope["path"]):
            await send_with_headers({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._app(scope, receive, send_with_headers)

    def _is_hidden(self, path: str) -> bool:
        if path.rstrip("/").endswith(METRICS):
            return not self._limits.metrics
        return UPLOADS in path and most_pairs() == 0
