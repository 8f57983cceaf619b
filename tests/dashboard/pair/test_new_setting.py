"""A setting is added in one place: here a made-up one, found on the command line, in the sidebar, link and on About."""

from dataclasses import asdict

import pytest
import typer

from core.cli.analyze import analyze
from core.cli.run import run
from core.cli.setting_options import GroupedHelp, takes_settings
from core.errors import OptionError
from core.settings import Settings
from dashboard.about.sections import settings_list
from dashboard.shared.pair_link import not_offered, settings_link
from tests.world import pages
from tests.world.new_setting import SettingsWithOrigin
from tests.world.pages import checked


def sidebar():
    """The app under test: the sidebar with the made-up setting."""
    import streamlit as st

    from dashboard.pair.choices import choose_settings, choose_task
    from dashboard.shared.address import Address
    from tests.world.new_setting import SettingsWithOrigin

    address = Address("pair")
    task = choose_task(address, SettingsWithOrigin)
    st.session_state["settings"] = choose_settings(address, task, None, record=SettingsWithOrigin).settings
    address.write()


@pytest.mark.parametrize(("name", "command"), [("analyze", analyze), ("run", run)])
def test_the_commands_have_its_option(name, command, capsys):
    chosen = []
    app = typer.Typer(rich_markup_mode=None)
    app.command("show", cls=GroupedHelp)(takes_settings(name, SettingsWithOrigin)(command.__wrapped__))

    @app.command("take")
    @takes_settings(name, SettingsWithOrigin)
    def take(settings: Settings) -> None:
        chosen.append(settings)

    app(["show", "--help"], standalone_mode=False)
    shown = " ".join(capsys.readouterr().out.split())
    assert "--origin <str> pad, mask or zero. Where the path of integrated gradients begins. [default: pad]" in shown
    app(["take"], standalone_mode=False)
    app(["take", "--origin", "zero", "--steps", "8", "--no-centred", "--vectors", "EN=a.vec"], standalone_mode=False)
    assert chosen == [
        SettingsWithOrigin(),
        SettingsWithOrigin(origin="zero", steps=8, centred=False, vectors=(("en", "a.vec"),)),
    ]
    with pytest.raises(OptionError, match=r"Unknown origin 'noise'. Choose one of pad, mask, zero."):
        app(["take", "--origin", "noise"], standalone_mode=False)


def test_the_sidebar_and_the_address_have_it():
    app = pages.show(sidebar, {})
    assert app.session_state["settings"] == SettingsWithOrigin(level="word")
    widget = app.selectbox(key="pair-origin")
    assert (widget.label, widget.options) == ("Origin", ["pad tokens", "mask tokens"])
    assert widget.help.startswith("Where the path of integrated gradients begins.")
    widget.set_value("mask")
    app = checked(app.run())
    assert app.session_state["settings"] == SettingsWithOrigin(origin="mask", level="word")
    assert app.query_params["origin"] in ("mask", ["mask"])


def test_the_link_to_a_stored_example_has_it():
    settings = SettingsWithOrigin("nli", origin="mask")
    assert settings_link(settings) == {"task": "nli", "origin": "mask", "level": "token"}
    app = pages.show(sidebar, {}, **settings_link(settings))
    assert app.session_state["settings"] == settings
    assert not_offered(settings) == ()
    assert not_offered(SettingsWithOrigin("nli", origin="zero")) == (("origin", "zero"),)


def test_the_list_on_the_page_about_has_it():
    (line,) = [row for row in settings_list(SettingsWithOrigin).to_dict("records") if row["Setting"] == "Origin"]
    assert (line["Name"], line["Values"], line["Default"]) == ("origin", "pad, mask or zero", "pad")


def test_the_settings_that_exist_are_stored_as_before():
    assert list(asdict(Settings())) == [
        "task",
        "explain",
        "steps",
        "tolerance",
        "mass",
        "space",
        "centred",
        "procrustes",
        "level",
        "method",
        "precision",
        "permutations",
        "seed",
        "vectors",
        "gold",
        "baseline",
        "output",
        "aggregate",
        "layer",
    ]
