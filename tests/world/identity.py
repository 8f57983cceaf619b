"""A small OpenID Connect provider on the loopback address, which logs everybody in without asking."""

import base64
import contextlib
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET, KEY_ID = "ccta", "client-secret", "test-key"


@dataclass
class Provider:
    """What the provider says of whoever comes: `email` and `verified` are set by a test."""

    address: str = ""
    email: str = "ada@example.org"
    verified: bool = True
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": KEY_ID}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser is sent after a log-in that always succeeds."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str]) -> dict[str, Any] | None:
        """The token for a code; None unless the code is new and the verifier belongs to its challenge."""
        began = self.codes.pop(asked.get("code", ""), None)
        if began is None:
            return None
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != began["code_challenge"]:
            return None
        now = int(time.time())
        claims = {"iss": self.address, "sub": self.email, "aud": CLIENT, "iat": now, "exp": now + 600}
        claims |= {"nonce": began["nonce"], "email": self.email, "email_verified": self.verified}
        signed = jwt.encode({"alg": "RS256", "kid": KEY_ID}, claims, self.key)
        return {"access_token": "access", "token_type": "Bearer", "expires_in": 600, "id_token": signed}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            if address.path == "/.well-known/openid-configuration":
                self._json(provider.discovery())
            elif address.path == "/jwks":
                self._json({"keys": [provider.key.as_dict(private=False)]})
            elif address.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            token = provider.token({name: values[0] for name, values in parse_qs(content).items()})
            self._json(token or {"error": "invalid_grant"}, 200 if token else 400)

        def _json(self, content: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def provide() -> Iterator[Provider]:
    """Run a provider for as long as the block lasts."""
    provider = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def login_table(provider: Provider, port: int, **changes: object) -> str:
    """The `[login]` table of a server on a port of this computer, as TOML."""
    table = {
        "server_metadata_url": f"{provider.address}/.well-known/openid-configuration",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "cookie_secret": secrets.token_hex(32),
        "redirect_uri": f"http://localhost:{port}/oauth2callback",
        "domains": ["example.org"],
    } | changes
    return "[login]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in table.items())
