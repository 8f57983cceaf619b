"""The dashboard as an ASGI application, behind log-in and headers of a service; `python -m dashboard` serves it."""

from starlette.middleware import Middleware
from streamlit.starlette import App

from dashboard.service.gate import LoginGate
from dashboard.service.headers import SecurityHeaders
from dashboard.service.limits import read_limits
from dashboard.service.login import read_login

_rules = read_login()
app = App(
    "app.py",
    secrets=_rules.secrets() if _rules else None,
    middleware=[Middleware(SecurityHeaders, limits=read_limits()), Middleware(LoginGate, rules=_rules)],
)
