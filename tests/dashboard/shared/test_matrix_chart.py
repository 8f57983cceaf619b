from tests.world.analyses import plain_pair, storm
from tests.world.pages import checked, linked, show


def page(analysis):
    from dashboard.shared.pair_view import pair_pictures

    pair_pictures(analysis, "")


def test_a_matrix_that_fits_needs_no_plotly():
    app = show(page, {"analysis": storm()})
    assert not app.toggle and not app.get("plotly_chart")
    assert 'aria-label="Transport matrix' in linked(app)["html"]


def test_a_long_text_has_its_whole_matrix_as_a_chart_on_demand():
    app = show(page, {"analysis": plain_pair(61, 4)})
    assert not app.get("plotly_chart")
    app.toggle(key="matrix-chart").set_value(True)
    assert len(checked(app.run()).get("plotly_chart")) == 1
