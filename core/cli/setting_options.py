"""The options of `analyze` and `run` that choose settings, made from the list in `core.settings`."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from core.errors import OptionError
from core.setting import Setting, settings_of
from core.settings import Settings, VectorFiles
from core.text.languages import get_language

Command = Callable[..., None]


def takes_settings(command: str, record: type[Settings] = Settings) -> Callable[[Command], Command]:
    """Give a command an option for every setting that it offers.

    Parameters
    ----------
    command : the command's name, as in `Setting.commands`.
    record : the settings; the function takes one of them as its parameter `settings`, where the options come.
    """
    offered = [setting for setting in settings_of(record) if command in setting.commands]

    def decorate(function: Command) -> Command:
        @functools.wraps(function)
        def with_options(**given: Any) -> None:
            values = {setting.name: _value(setting, given.pop(setting.name)) for setting in offered}
            function(settings=record(**values), **given)

        parameters = inspect.signature(function).parameters
        own = [parameter for name, parameter in parameters.items() if name != "settings"]
        keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        # Typer reads the options from here.
        with_options.__signature__ = inspect.Signature([*keyword, *map(_parameter, offered)])  # type: ignore[attr-defined]
        return with_options

    return decorate


def _parameter(setting: Setting) -> inspect.Parameter:
    option = typer.Option(help=_help(setting), rich_help_panel=setting.group)
    default = None if setting.kind == VectorFiles else setting.default
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(setting.name, kind, default=default, annotation=Annotated[_kind(setting), option])


def _help(setting: Setting) -> str:
    return f"{setting.choices}. {setting.help}" if setting.choices else setting.help


def _kind(setting: Setting) -> Any:
    """What Typer makes of an option's text; it knows no union but with None."""
    if setting.kind == VectorFiles:
        return list[str] | None
    return setting.kind if setting.parse is str else str


def _value(setting: Setting, given: Any) -> Any:
    if setting.kind == VectorFiles:
        return _parse_vectors(given or [])
    return given if setting.parse is str else setting.parse(given)


def _parse_vectors(entries: list[str]) -> VectorFiles:
    """Return (language, file) of each LANG=FILE. Raises OptionError for anything else."""
    pairs = [entry.partition("=") for entry in entries]
    if not all(mark and path for _, mark, path in pairs):
        raise OptionError("--vectors takes LANG=FILE, for example --vectors en=wiki.en.align.vec.")
    return tuple((get_language(language).code, path) for language, _, path in pairs)


class GroupedHelp(TyperCommand):
    """A command whose help lists the settings by group, after its other options."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {"Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                groups.setdefault(getattr(parameter, "rich_help_panel", None) or "Options", []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)
