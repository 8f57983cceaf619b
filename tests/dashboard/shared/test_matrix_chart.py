import numpy as np
import pytest

from dashboard.shared import matrix_chart
from tests.world.analyses import plain_pair, storm
from tests.world.pages import checked, pictures, show


@pytest.fixture
def pauses(monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr(matrix_chart, "sleep", waited.append)
    monkeypatch.setattr(matrix_chart, "PAINT_SECONDS", 0.25)
    return waited


def page(analysis):
    from dashboard.shared.pair_view import flow_and_matrix

    flow_and_matrix(analysis).draw()


def test_a_matrix_that_fits_is_a_picture_and_needs_no_plotly(pauses):
    app = show(page, {"analysis": storm()})
    assert pictures(app)["matrix"].count(" → ") == np.count_nonzero(storm().transport.plan > 0)
    assert not app.get("plotly_chart") and pauses == []
    app.segmented_control(key="matrix-kind").set_value("Similarity")
    app = checked(app.run())
    assert 'aria-label="Similarity matrix' in pictures(app)["matrix"]


def test_only_the_first_chart_of_a_visit_waits_for_the_browser(pauses):
    app = show(page, {"analysis": plain_pair(61, 4)})
    assert len(app.get("plotly_chart")) == 1 and "matrix" not in pictures(app)
    app.run()
    assert pauses == [0.25] and len(app.get("plotly_chart")) == 1
