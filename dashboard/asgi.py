"""The dashboard as an ASGI application, with the headers of a service; `python -m dashboard` serves it."""

from starlette.middleware import Middleware
from streamlit.starlette import App

from dashboard.service.headers import SecurityHeaders
from dashboard.service.limits import read_limits

app = App("app.py", middleware=[Middleware(SecurityHeaders, limits=read_limits())])
