"""Visitors of a served dashboard without a browser: a client that speaks Streamlit's protocol over a web socket."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

SOCKET = "/_stcore/stream"
# The first number of a result, as the linked picture shows it.
_CONSISTENCY = re.compile(r"c-num[^<>{}]*>([0-9.]+)<")
_PLACE = re.compile(r"Waiting: (?:(\d+) analys|yours is next)")
LARGEST_MESSAGE = 2**28


class SocketError(Exception):
    """The server closed the connection, or did not answer in time."""


@dataclass
class SocketVisitor:
    """One browser session; use it with `async with`.

    Attributes
    ----------
    received : every message of the current page's last runs, as text, for what must not be in it.
    places : the places in the queue that the page has shown.
    """

    address: str
    query: str = ""
    page: str = ""
    patience: float = 300.0
    received: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    _socket: ClientConnection | None = None
    _elements: dict[str, tuple[str, str]] = field(default_factory=dict)
    _values: dict[str, str] = field(default_factory=dict)
    _hashes: dict[str, str] = field(default_factory=dict)
    _messages: dict[str, ForwardMsg] = field(default_factory=dict)
    _hash: str = ""
    _fragments: set[str] = field(default_factory=set)

    async def __aenter__(self) -> "SocketVisitor":
        self._socket = await connect(
            f"{self.address.replace('http', 'ws', 1)}{SOCKET}",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=self.address,  # type: ignore[arg-type]
            max_size=LARGEST_MESSAGE,
            proxy=None,
            open_timeout=self.patience,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def open(self, page: str = "", query: str = "") -> None:
        """Open a page by the name in its address, and wait until it is drawn."""
        self.page, self.query = page, query
        self._elements, self._values, self.received = {}, {}, []
        self._hash = self._hashes.get(page, "")
        self._fragments = set()
        await self._rerun()

    async def type(self, label: str, text: str) -> None:
        """Put a text into the field with a label, as for the next run of the page."""
        (name,) = [name for name, (kind, found) in self._elements.items() if (kind, found) == ("text_area", label)]
        self._values[name] = text

    async def press(self, label: str) -> None:
        """Press a button, and wait until the page is drawn."""
        (name,) = [name for name, (kind, found) in self._elements.items() if (kind, found) == ("button", label)]
        self.received = []
        await self._rerun(pressed=name)

    async def finish(self) -> None:
        """Let the page look after its analysis, as a browser's timer does, until it has ended."""
        end = asyncio.get_running_loop().time() + self.patience
        while self._fragments:
            if asyncio.get_running_loop().time() > end:
                raise SocketError("the analysis did not end in time")
            await asyncio.sleep(0.5)
            for fragment in list(self._fragments):
                await self._rerun(fragment=fragment)

    def consistency(self) -> float | None:
        """The first C that the page shows, three digits; None where it shows none."""
        for text in self.received:
            found = _CONSISTENCY.search(text)
            if found:
                return float(found[1])
        return None

    def says(self, words: str) -> bool:
        """Whether a message of the page has some words in it."""
        return any(words in text for text in self.received)

    async def _rerun(self, *, pressed: str = "", fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name, state.page_script_hash = self.query, self.page, self._hash
        state.context_info.url = f"{self.address}/{self.page}"
        state.fragment_id = fragment
        state.is_auto_rerun = bool(fragment)
        for name, text in self._values.items():
            widget = state.widget_states.widgets.add()
            widget.id, widget.string_value = name, text
        if pressed:
            widget = state.widget_states.widgets.add()
            widget.id, widget.trigger_value = pressed, True
        if self._socket is None:
            raise SocketError("the visitor has no connection")
        try:
            await self._socket.send(message.SerializeToString())
            await asyncio.wait_for(self._until_drawn(), self.patience)
        except (ConnectionClosed, TimeoutError) as error:
            raise SocketError(f"{type(error).__name__} on page {self.page!r}") from error

    async def _until_drawn(self) -> None:
        """Read messages until the script has ended; a page that runs itself again goes on."""
        assert self._socket is not None
        while True:
            raw = await self._socket.recv()
            message = ForwardMsg()
            message.ParseFromString(raw if isinstance(raw, bytes) else raw.encode())
            if message.WhichOneof("type") == "ref_hash":
                message = self._messages[message.ref_hash]
            elif message.metadata.cacheable:
                self._messages[message.hash] = message
            if message.WhichOneof("type") != "script_finished":
                self._take(message)
            elif message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return

    def _take(self, message: ForwardMsg) -> None:
        """Note what a message says of the page."""
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._take_element(message)
        elif kind == "new_session":
            self._begin(message)
        elif kind == "navigation":
            self._hashes = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            self._fragments.add(message.auto_rerun.fragment_id)

    def _begin(self, message: ForwardMsg) -> None:
        """A run begins: of the whole page, whose parts are sent anew, or of fragments."""
        if not message.metadata.run.fragment_ids:
            self._elements, self._fragments, self.received = {}, set(), []

    def _take_element(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind is None:
            return
        content: Any = getattr(element, kind)
        if isinstance(content, Message) and kind in ("text_area", "button"):
            self._elements[content.id] = (kind, content.label)
        text = str(element)
        self.received.append(text)
        place = _PLACE.search(text)
        if place:
            self.places.append(int(place[1] or 0) + 1)
