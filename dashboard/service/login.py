"""Who may use a server: the `[login]` table of the operator's file (CCTA_CONFIG). Without it, nobody logs in."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, get_args, get_origin
from urllib.parse import urlsplit

from core.errors import CatalogueError
from core.models.entries import LOGIN, read_toml
from core.paths import operator_file

RUNS, TEXTS, EVERYTHING = "runs", "texts", "everything"
# What needs an account under each rule. Uploading a file for a run gives the server a text.
_NEEDED = {RUNS: (RUNS,), TEXTS: (RUNS, TEXTS), EVERYTHING: (RUNS, TEXTS, EVERYTHING)}
ANY = "*"
LEAST_SECRET = 32
CALLBACK = "/oauth2callback"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class LoginRules:
    """Who is admitted, what needs an account, and the provider (OpenID Connect) that says who somebody is.

    Attributes
    ----------
    server_metadata_url : the provider's discovery document, `https://.../.well-known/openid-configuration`.
    client_id, client_secret : what the provider gave for this server.
    redirect_uri : the address of this server, ending in /oauth2callback.
    cookie_secret : signs the cookie of who has logged in; 32 random characters or more.
    needed_for : "runs", "texts" (runs and texts of one's own) or "everything".
    addresses, domains : the e-mail addresses and the domains that are admitted; domains = ["*"] admits every account.
    unverified : whether addresses count that the provider does not call verified.
    """

    server_metadata_url: str
    client_id: str
    redirect_uri: str
    client_secret: str = field(repr=False)
    cookie_secret: str = field(repr=False)
    needed_for: str = EVERYTHING
    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    unverified: bool = False

    def needs(self, what: str) -> bool:
        """Whether RUNS, TEXTS or EVERYTHING needs an account."""
        return what in _NEEDED[self.needed_for]

    @property
    def origin(self) -> str:
        """Scheme and host of this server."""
        address = urlsplit(self.redirect_uri)
        return f"{address.scheme}://{address.netloc}"

    def admitted(self, claims: Mapping[str, object]) -> str:
        """Return the address of an account in lower case, "" where it is not admitted."""
        address = claims.get("email")
        if not claims.get("is_logged_in") or not isinstance(address, str):
            return ""
        if claims.get("email_verified") is not True and not self.unverified:
            return ""
        address = address.strip().lower()
        name, _, domain = address.rpartition("@")
        if not name or not domain:
            return ""
        return address if address in self.addresses or domain in self.domains or ANY in self.domains else ""

    def secrets(self) -> dict[str, Any]:
        """What Streamlit reads as `[auth]` of its secrets."""
        names = ("server_metadata_url", "client_id", "client_secret", "redirect_uri", "cookie_secret")
        return {"auth": {name: getattr(self, name) for name in names}}


def read_login() -> LoginRules | None:
    """Return the rules of the operator's file; None where it has no `[login]` table.

    Raises
    ------
    CatalogueError : the file cannot be read, or an entry of the table is missing, unknown or not usable.
    """
    path = operator_file()
    table = read_toml(path).get(LOGIN) if path else None
    if table is None:
        return None
    try:
        return login_from(table)
    except CatalogueError as error:
        raise CatalogueError(f"{path}: {error}") from error


def login_from(table: object) -> LoginRules:
    """Return the rules that a `[login]` table gives. Raises CatalogueError as `read_login` does."""
    if not isinstance(table, Mapping):
        raise CatalogueError("login must be a table: write [login] on a line of its own, and its entries below.")
    known = {entry.name: entry for entry in fields(LoginRules)}
    unknown = sorted(str(name) for name in table.keys() - known.keys())
    if unknown:
        raise CatalogueError(f"[login] has no entry {', '.join(unknown)}; it may have {', '.join(known)}.")
    required = [name for name, entry in known.items() if entry.default is MISSING]
    missing = [name for name in required if name not in table]
    if missing:
        raise CatalogueError(f"[login] lacks {', '.join(missing)}.")
    rules = LoginRules(**{name: _checked(name, value, known[name].type) for name, value in table.items()})
    _require_usable(rules)
    return rules


def _checked(name: str, value: Any, kind: Any) -> Any:
    """The value, if it is of the kind of its entry; addresses and domains in lower case."""
    if get_origin(kind) is tuple:
        (entry_kind, _) = get_args(kind)
        if not isinstance(value, list) or not all(isinstance(entry, entry_kind) for entry in value):
            raise CatalogueError(f"{name} in [login] must be a list of texts.")
        return tuple(entry.strip().lower().removeprefix("@" if name == "domains" else "") for entry in value)
    if not isinstance(value, kind) or value == "":
        what = "true or false" if kind is bool else "a text"
        raise CatalogueError(f"{name} in [login] must be {what}.")
    return value


def _require_usable(rules: LoginRules) -> None:
    if rules.needed_for not in _NEEDED:
        raise CatalogueError(f"needed_for in [login] must be {', '.join(_NEEDED)}, not {rules.needed_for!r}.")
    if not rules.addresses and not rules.domains:
        raise CatalogueError('[login] admits nobody: list addresses or domains; domains = ["*"] admits every account.')
    if len(rules.cookie_secret) < LEAST_SECRET:
        raise CatalogueError(
            f"cookie_secret in [login] must have {LEAST_SECRET} characters or more: openssl rand -hex 32 makes one."
        )
    for name in ("server_metadata_url", "redirect_uri"):
        address = urlsplit(getattr(rules, name))
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _LOOPBACK):
            raise CatalogueError(f"{name} in [login] must be an https address.")
    if not rules.redirect_uri.endswith(CALLBACK):
        raise CatalogueError(f"redirect_uri in [login] must end in {CALLBACK}.")
