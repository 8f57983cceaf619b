"""How one setting is declared; `core.settings` is the list of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any, Literal, TypeVar, get_type_hints

from core.errors import OptionError

ATTRIBUTION, COMPARISON = "Attribution", "Comparison"
ANALYZE, RUN = "analyze", "run"
YES, NO = "1", "0"
T = TypeVar("T")


@dataclass(frozen=True)
class Setting:
    """One setting: what it takes, where it is offered, and what people read about it.

    The values in an address and on the page are codes: the value as text, "1" or "0" for a switch.

    Attributes
    ----------
    title : its label on the pages. help : one or two sentences, for the command line and the pages alike.
    anchor : the paragraph of the page "About" that says more.
    group : ATTRIBUTION, what decides the scores; or COMPARISON, what decides C given the scores.
    values : the names that the setting takes; empty where it takes other values, which `takes` may describe.
    noun : what an error calls the setting. check : raises OptionError for a value that is out of range.
    parse : from a code, or the text of an option, to the value.
    commands : the commands that have it as an option.
    place : where the sidebar has it; None: the page computes with the default.
    labels : code -> label of what the page offers; a function of the task and the gold label where it depends on them.
    buttons : shown as a row of buttons and not as a list.
    changes_c : whether, beside other settings, another value changes C; what does not is taken for the page's own
        when a stored example is opened there.
    added : declared after runs had been stored: at its default it is no part of a run's identity, so that these runs
        keep their names.
    name, kind, default : of the field that declares the setting.
    """

    title: str
    help: str
    anchor: str
    group: str
    values: tuple[str, ...] = ()
    takes: str = ""
    noun: str = ""
    check: Callable[[Any], None] | None = None
    parse: Callable[[str], Any] = str
    commands: tuple[str, ...] = (ANALYZE, RUN)
    place: Literal["main", "more"] | None = None
    labels: Mapping[str, str] | Callable[[str, str | None], Mapping[str, str]] = field(default_factory=dict)
    buttons: bool = False
    changes_c: Callable[[Any], bool] = lambda settings: True
    added: bool = False
    name: str = ""
    kind: Any = str
    default: Any = None

    @property
    def choices(self) -> str:
        """What can be given for it, in words: `abs or positive`; "" for a switch or any number."""
        if self.takes or not self.values:
            return self.takes
        return f"{', '.join(self.values[:-1])} or {self.values[-1]}"

    @property
    def written_default(self) -> str:
        """The default in words; "" where there is none."""
        if self.kind is bool:
            return "yes" if self.default else "no"
        return "" if self.default in (None, ()) else str(self.default)

    def offered(self, task: str, gold: str | None) -> Mapping[str, str]:
        """Code -> label of the values that the page offers for a task; `gold` is the label of the text, if known."""
        if self.place is None:
            return {}
        if self.kind is bool:
            return {NO: "false", YES: "true"}
        return self.labels(task, gold) if callable(self.labels) else self.labels

    def code(self, value: object) -> str:
        """A value as an address has it."""
        return str(int(value)) if isinstance(value, bool) else str(value)

    def value(self, code: str) -> Any:
        """The value that a code stands for."""
        return code == YES if self.kind is bool else self.parse(code)

    def validate(self, value: Any) -> None:
        """Raise OptionError unless the setting takes the value."""
        if self.values and value not in self.values:
            raise OptionError(f"Unknown {self.noun or self.name} {value!r}. Choose one of {', '.join(self.values)}.")
        if self.check is not None:
            self.check(value)


def setting(default: T, **declared: Any) -> T:
    """Declare a field of `Settings`: its default, and the attributes of `Setting`."""
    return field(default=default, metadata={Setting: Setting(**declared)})


def settings_of(record: type[Any]) -> tuple[Setting, ...]:
    """Return what a record of settings declares, attribution before comparison, else in the order of its fields."""
    # mypy takes the hash of a class for that of its instances.
    return _declared(record)  # type: ignore[arg-type]


@cache
def _declared(record: type[Any]) -> tuple[Setting, ...]:
    kinds = get_type_hints(record)
    declared = [
        replace(one.metadata[Setting], name=one.name, kind=kinds[one.name], default=one.default)
        for one in fields(record)
    ]
    return tuple(sorted(declared, key=lambda one: one.group != ATTRIBUTION))
