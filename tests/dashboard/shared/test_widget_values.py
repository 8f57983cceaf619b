"""What a link chose is said to the browser in every run; what someone is typing is left alone."""

from tests.world import pages
from tests.world.pages import checked


def part():
    """The app under test: one widget of each kind that a page of results has."""
    import streamlit as st

    from dashboard.shared.address import Address

    address = Address("part")
    address.select("one", "One", {"a": "A", "b": "B"})
    address.segments("side", "Side", {"l": "left", "r": "right"})
    address.pills("some", "Some", {"x": "X", "y": "Y"})
    address.toggle("on", "On")
    address.span("c", "C", 0.0, 1.0, step=0.1)
    address.text("q", "Text")
    if st.button("elsewhere"):
        address.set("q", "storm")
        st.rerun()
    address.write()


LINK = {"one": "b", "side": "r", "some": "y", "on": "1", "c": "0.2-0.4", "q": "boat"}


def protos(app):
    widgets = (app.selectbox, app.segmented_control, app.pills, app.toggle, app.slider)
    return [widget[0].proto for widget in widgets]


def test_every_run_says_what_the_link_chose():
    app = pages.show(part, {}, **LINK)
    for _ in range(2):
        app = checked(app.run())
        assert [proto.set_value for proto in protos(app)] == [True] * 5
        assert app.selectbox[0].value == "b"
        assert app.slider[0].value == (0.2, 0.4)


def test_a_text_is_the_default_of_its_field_and_never_forced_on_a_draft():
    app = pages.show(part, {}, **LINK)
    for _ in range(2):
        app = checked(app.run())
        assert (app.text_input[0].proto.default, app.text_input[0].proto.set_value) == ("boat", False)


def test_a_text_changed_elsewhere_reaches_its_field():
    app = pages.show(part, {}, **LINK)
    app.button[0].click()
    app = checked(app.run())
    assert app.text_input[0].value == "storm"
    assert app.query_params["q"] in ("storm", ["storm"])


def test_a_choice_survives_a_click_that_the_browser_sends_before_it_has_the_new_address():
    app = pages.show(part, {}, one="a", side="r")
    app.selectbox[0].select("b")
    app = checked(app.run())
    app.query_params["one"] = "a"  # what the browser still had
    app.toggle[0].set_value(True)
    app = checked(app.run())
    assert (app.selectbox[0].value, app.toggle[0].value) == ("b", True)
    assert pages.address(app) == {"one": "b", "side": "r", "on": "1"}


def test_going_back_is_no_click():
    app = pages.show(part, {}, one="b")
    app.toggle[0].set_value(True)
    app = checked(app.run())
    del app.query_params["on"]
    assert checked(app.run()).toggle[0].value is False
