"""What a page is about, kept in the address bar and in the session.

Streamlit's own binding writes the label of an option into the address, and forgets a choice whose options come and
go with the store; here the address holds plain codes, so that links outlive a better label. Labels are still read:
links made before have them. And:

- an address that someone typed, opened from a link or went back to decides everything; what it leaves out is default;
- a run that a widget of the page starts is none of these: the browser may send it before it has received the address
  that the run before has written, and the choice made then must not be lost;
- coming from another page, an address without parameters restores what this session last saw here;
- defaults stay out of the address.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard.shared.widget_values import hold

_PAGE, _ARRIVED, _STAYS = "address-page", "address-arrived", "address-stays"


def note_page(page: str) -> None:
    """Remember which page is shown; for the app's entry, before the page runs."""
    st.session_state[_ARRIVED] = st.session_state.get(_PAGE) != page
    st.session_state[_PAGE] = page


def stay() -> None:
    """Callback of a button that starts a run: the address that comes with it may be older than what was chosen."""
    st.session_state[_STAYS] = True


class Address:
    """The parameters of one page. Make one at the top of the page's script; `write` it once its values are known.

    `opened` says whether this run shows an address that someone typed, opened from a link or went back to.
    """

    def __init__(self, page: str) -> None:
        self._page = page
        self._place = ""
        self._kept: dict[str, dict[str, str]] = st.session_state.setdefault(
            f"address-{page}", {"values": {}, "written": {}}
        )
        given = st.query_params.to_dict()
        stays = st.session_state.pop(_STAYS, False)
        arrived = st.session_state.get(_ARRIVED, False)
        self.opened = not stays and given != self._kept["written"] and bool(given or not arrived)
        if self.opened:
            self._kept["values"] = dict(given)
        self._used: dict[str, str] = {}

    def elsewhere(self, place: str) -> "Address":
        """The same parameters under other widgets, for a dialog that repeats some of the sidebar."""
        twin = copy.copy(self)
        twin._place = f"-{place}"
        return twin

    @property
    def _values(self) -> dict[str, str]:
        return self._kept["values"]

    def get(self, name: str, default: str = "") -> str:
        """The value of a parameter, as text; it stays in the address."""
        value = self._values.get(name, default)
        self._used[name] = "" if value == default else value
        return value

    def peek(self, name: str) -> str:
        """The value of a parameter as `get`, without keeping it in the address; "" where there is none."""
        return self._values.get(name, "")

    def set(self, name: str, value: str) -> None:
        """Change a parameter; "" lets go of it. From a callback, or before the widget that shows it."""
        if value:
            self._values[name] = value
        else:
            self._values.pop(name, None)

    def keep(self, *names: str) -> None:
        """Leave parameters in the address that no widget of this run shows."""
        self._used |= {name: self._values.get(name, "") for name in names}

    def drop(self, *names: str) -> None:
        """Let go of parameters."""
        for name in names:
            self._values.pop(name, None)

    def number(self, name: str, default: int, *, low: int = 0) -> int:
        """A whole number; the default where the address holds none of at least `low`."""
        text = self.get(name, str(default))
        valid = text.isascii() and text.isdigit() and len(text) < 12 and int(text) >= low
        return int(text) if valid else default

    def one(self, name: str, options: Mapping[str, str] | Sequence[str], default: str | None = None) -> str:
        """One of the options (codes); the default, else the first, where the address names none of them."""
        codes = list(options)
        first = default if default in codes else codes[0]
        value = self.get(name, first)
        if value not in codes and isinstance(options, Mapping):
            value = next((code for code, label in options.items() if label == value), value)
        self._used[name] = "" if value == first or value not in codes else value
        return value if value in codes else first

    def several(self, name: str, options: Sequence[str], default: Sequence[str] = ()) -> list[str]:
        """Those of the options that the address names, joined by commas there; where it names none, the default."""
        named = self.get(name).split(",")
        chosen = [option for option in options if option in named]
        self._used[name] = ",".join(chosen)
        return chosen or list(default)

    def widget(self, name: str, value: object, keep: Callable[[], str], *, reset: Sequence[str] = ()) -> dict[str, Any]:
        """`key` and `on_change` of the widget that shows a parameter, which is set to `value`.

        Parameters
        ----------
        keep : gives the widget's value as text, when it has changed.
        reset : parameters that a change lets go of, such as the page of a list.
        """
        hold(self.key(name), value)
        return self._kept_by(name, keep, reset)

    def _kept_by(self, name: str, keep: Callable[[], str], reset: Sequence[str]) -> dict[str, Any]:
        def changed() -> None:
            stay()
            self.set(name, keep())
            self.drop(*reset)

        return {"key": self.key(name), "on_change": changed}

    def key(self, name: str) -> str:
        """The session's key of the widget that shows a parameter."""
        return f"{self._page}{self._place}-{name}"

    def select(
        self,
        name: str,
        label: str,
        options: Mapping[str, str],
        *,
        default: str | None = None,
        help: str | None = None,
        reset: Sequence[str] = (),
        always: bool = False,
    ) -> str:
        """A select box over code -> label.

        `always` keeps the value in the address even where it is the default, which may be another one tomorrow, when
        the store holds more.
        """
        value = self.one(name, options, default)
        if always:
            self._used[name] = value
        key = self.key(name)
        st.selectbox(
            label,
            list(options),
            format_func=lambda code: options[code],
            help=help,
            **self.widget(name, value, lambda: str(st.session_state[key]), reset=reset),
        )
        return value

    def segments(
        self,
        name: str,
        label: str,
        options: Mapping[str, str],
        *,
        default: str | None = None,
        help: str | None = None,
        reset: Sequence[str] = (),
        labelled: bool = True,
    ) -> str:
        """A segmented control over code -> label; without `labelled` its label is for screen readers alone."""
        value = self.one(name, options, default)
        key = self.key(name)
        st.segmented_control(
            label,
            list(options),
            format_func=lambda code: options[code],
            required=True,
            help=help,
            label_visibility="visible" if labelled else "collapsed",
            **self.widget(name, value, lambda: str(st.session_state[key]), reset=reset),
        )
        return value

    def pills(
        self,
        name: str,
        label: str,
        options: Mapping[str, str],
        *,
        default: Sequence[str] = (),
        help: str | None = None,
        reset: Sequence[str] = (),
    ) -> list[str]:
        """Pills over code -> label, any number of them; with none chosen those of `default` are."""
        value = self.several(name, list(options), default)
        key = self.key(name)
        st.pills(
            label,
            list(options),
            format_func=lambda code: options[code],
            selection_mode="multi",
            help=help,
            **self.widget(name, value, lambda: ",".join(st.session_state[key]), reset=reset),
        )
        return value

    def toggle(self, name: str, label: str, *, default: bool = False, help: str | None = None) -> bool:
        """A switch; "1" or "0" in the address."""
        value = self.one(name, {"0": "false", "1": "true"}, str(int(default))) == "1"
        key = self.key(name)
        st.toggle(
            label,
            help=help,
            **self.widget(name, value, lambda: str(int(st.session_state[key]))),
        )
        return value

    def span(
        self,
        name: str,
        label: str,
        low: float,
        high: float,
        *,
        step: float = 1,
        help: str | None = None,
        reset: Sequence[str] = (),
    ) -> tuple[float, float] | None:
        """A slider with two ends, `3-40` in the address; None where it covers everything."""
        found = self.read_span(name, low, high)
        key = self.key(name)

        def keep() -> str:
            ends = st.session_state[key]
            return "" if tuple(ends) == (low, high) else "-".join(f"{end:g}" for end in ends)

        st.slider(label, low, high, step=step, help=help, **self.widget(name, found or (low, high), keep, reset=reset))
        return found

    def read_span(self, name: str, low: float, high: float) -> tuple[float, float] | None:
        """What `span` returns, without its widget; whole numbers where the bounds are."""
        chosen = _span(self.get(name), low, high, whole=isinstance(low, int))
        if chosen == (low, high):
            self._used[name] = ""
            return None
        return chosen

    def text(
        self, name: str, label: str, *, placeholder: str = "", disabled: bool = False, reset: Sequence[str] = ()
    ) -> str:
        """A line of text."""
        value = self.get(name)
        key = self.key(name)
        # Its value is the widget's default: held in every run, it would take away what someone is typing meanwhile.
        is_new = st.session_state.get(key, value) != value
        if is_new:
            hold(key, value)
        st.text_input(
            label,
            "" if is_new else value,
            placeholder=placeholder,
            disabled=disabled,
            **self._kept_by(name, lambda: str(st.session_state[key]).strip(), reset),
        )
        return value

    def write(self) -> None:
        """Put what this run of the page used into the address bar."""
        wanted = {name: value for name, value in self._used.items() if value}
        self._kept["written"] = wanted
        if st.query_params.to_dict() != wanted:
            st.query_params.from_dict(wanted)


def _span(text: str, low: float, high: float, *, whole: bool) -> tuple[float, float]:
    """The two ends in a text such as `3-40`, kept within bounds; the bounds themselves where it is no span."""
    try:
        first, second = (int(part) if whole else float(part) for part in text.split("-"))
    except (ValueError, OverflowError):
        return low, high
    if not low <= first <= second <= high:
        return low, high
    return first, second


def current_link() -> str:
    """The address that restores what is on the screen."""
    address = str(st.context.url or "").split("?", maxsplit=1)[0]
    query = urlencode(st.query_params.to_dict())
    return f"{address}?{query}" if query else address
