import json
import re
from html import escape
from xml.etree import ElementTree

import numpy as np
import pytest

from dashboard.figures.colours import MASS, contrast, neutral
from dashboard.figures.grids.cells import GridValues, grid_cells
from dashboard.figures.grids.grid import language_grid, row_labels_html
from dashboard.figures.matrix.axes import group_axes, group_sums
from dashboard.figures.matrix.cells import (
    LARGEST_CELL,
    SMALLEST_CELL,
    fits_still_picture,
    largest_cell,
    matrix_cells,
)
from dashboard.figures.matrix.chart import matrix_figure
from dashboard.figures.matrix.picture import WIDTH, matrix_svg
from tests.world.analyses import hostile, plain_pair, rain, storm

SVG = "{http://www.w3.org/2000/svg}"
LONG = plain_pair(70, 30)


def heatmaps(figure):
    return [trace for trace in figure.data if trace.type == "heatmap"]


def parts(svg, kind):
    return list(ElementTree.fromstring(svg).iter(f"{SVG}{kind}"))


def test_cells_carry_the_plan_in_square_root_colour():
    result = storm()
    plan = result.transport.plan
    cells = matrix_cells(result, "transport").cells
    assert [(cell.row, cell.column) for cell in cells] == [tuple(place) for place in np.argwhere(plan > 0).tolist()]
    positions = np.array([cell.position for cell in cells])
    np.testing.assert_allclose(positions**2 * plan.max(), plan[plan > 0], atol=1e-12)
    assert all(cell.number == f"{100 * plan[cell.row, cell.column]:.0f}" for cell in cells if cell.number)


@pytest.mark.parametrize("kind", ["transport", "similarity"])
def test_picture_and_chart_show_the_same_cells(kind):
    cells = matrix_cells(LONG, kind).cells
    titles = {cell.title for cell in cells}
    drawn = {node.text for node in parts(matrix_svg(LONG, kind), "title")}
    assert {title for title in drawn if " → " in title} == titles
    hovers = {text for trace in matrix_figure(LONG, kind).data for text in np.ravel(trace.hovertext) if text}
    assert {text for text in hovers if " → " in text} == titles


def test_pairs_without_similarity_are_dots():
    result = rain()
    empty = int((result.transport.similarity <= 0).sum())
    assert len(parts(matrix_svg(result, "similarity"), "circle")) == empty > 0
    figure = matrix_figure(result, "similarity")
    assert [len(trace.x) for trace in figure.data if trace.type == "scatter" and trace.mode == "markers"] == [empty]


def test_over_sixty_tokens_are_grouped():
    result = plain_pair(90, 30)
    rows, columns = group_axes(result)
    kept = int((result.source.mass >= 0.005).sum())
    assert rows.others == kept and len(rows.labels) == kept + 1
    assert rows.labels[-1] == f"{90 - kept} others"
    assert columns.others is None and len(columns.labels) == 30
    grouped = group_sums(result.transport.plan, rows, columns)
    assert grouped.sum() == pytest.approx(result.transport.plan.sum())
    assert grouped.max() == largest_cell(result)
    assert rows.mass.sum() == pytest.approx(1)
    assert len(heatmaps(matrix_figure(result))) == 3
    assert matrix_figure(result).layout.width >= SMALLEST_CELL * 30


def test_sixty_tokens_fit_a_still_picture():
    assert fits_still_picture(plain_pair(60, 60))
    assert not fits_still_picture(plain_pair(61, 2)) and not fits_still_picture(plain_pair(2, 61))


@pytest.mark.parametrize(("n", "cell"), [(3, LARGEST_CELL), (60, SMALLEST_CELL)])
def test_the_picture_is_at_most_as_wide_as_its_column(n, cell):
    root = ElementTree.fromstring(matrix_svg(plain_pair(n, n)))
    assert (float(root.get("width")) <= WIDTH) == (n == 3)
    flows = [node.find(f"{SVG}rect") for node in root.iter(f"{SVG}g") if node.get("class") == "cell"]
    assert {float(node.get("width")) for node in flows} == {cell - 1}


def test_equal_masses_keep_sixty_rows():
    result = plain_pair(300, 5)
    even = np.full(300, 1 / 300)
    object.__setattr__(result.source, "mass", even)
    rows, _ = group_axes(result)
    assert len(rows.labels) == 61 and rows.labels[-1] == "240 others"


def test_fields_are_divided():
    assert len(matrix_figure(storm()).layout.shapes) == 2
    assert sum(node.get("class") == "field" for node in parts(matrix_svg(storm()), "path")) == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_theme_decides_the_colours(theme):
    figure = matrix_figure(storm(), theme=theme)
    assert [colour for _, colour in heatmaps(figure)[1].colorscale] == list(MASS.stops(theme))
    darkest = MASS.at(1, theme)
    assert f"fill:{darkest};" in matrix_svg(storm(), standalone_theme=theme)


@pytest.mark.parametrize("kind", ["transport", "similarity"])
def test_hostile_tokens_are_escaped_for_plotly(kind):
    text = matrix_figure(hostile(), kind).to_json()
    assert "<script" not in text.replace("\\u003c", "<") and "\\u202e" not in text and "\u202e" not in text
    assert escape("<script>", quote=False) in text.replace("\\u0026", "&").replace("\\u003c", "<")


@pytest.mark.parametrize("kind", ["transport", "similarity"])
def test_hostile_tokens_are_text_in_the_picture(kind):
    root = ElementTree.fromstring(matrix_svg(hostile(), kind))
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {
        "svg",
        "style",
        "g",
        "path",
        "rect",
        "circle",
        "text",
        "title",
    }
    shown = "".join(root.itertext())
    assert "<script>alert(1)</script> → " in shown and "U+202E" in shown and "\u202e" not in shown


LANGUAGES = ("en", "es", "zh")
VALUES = [[1.0, 0.5, 0.3], [0.52, 1.0, None], [0.2, 0.9, 1.0]]


def grid(**options):
    return GridValues(LANGUAGES, LANGUAGES, VALUES, **{"own": "one", **options})


def test_grid_cells_hold_text_tooltip_and_contrast():
    values = grid(
        overall=[0.6, 0.7, 0.65],
        column_means=[0.5, 0.6, 0.7],
        intervals=[[(0.4, 0.6)] * 3] * 3,
        n=[[412] * 3] * 3,
        notes={("en", "es"): "shuffled 0.287"},
    )
    for theme in ("light", "dark"):
        cells = grid_cells(values, theme).set_index(["row", "column"])
        assert len(cells) == 9 + 3 + 3
        cell = cells.loc[("en", "es")]
        assert cell.text == "0.500"
        assert cell.tooltip.replace("\u00a0", " ") == "en → es: 0.500 [0.400, 0.600], n = 412, shuffled 0.287"
        assert cells.loc[("en", "en")].text == "1" and cells.loc[("en", "en")].given
        assert cells.loc[("es", "zh")].text == "–" and "not run" in cells.loc[("es", "zh")].tooltip
        assert list(cells.index[cells.weight == "bold"]) == [("es", "Overall")]
        assert min(contrast(line.ink, line.fill) for line in cells.itertuples()) >= 4.5


def test_differences_are_signed_and_crowded_grids_have_two_places():
    cells = grid_cells(GridValues(LANGUAGES, LANGUAGES, [[0.1, -0.2, 0.0]] * 3, kind="difference"), "light")
    assert list(cells.text[:3]) == ["+0.100", "−0.200", "0.000"]
    codes = ("en", "ar", "bg", "de", "el", "es", "fr", "hi", "ru", "th")
    crowded = grid_cells(GridValues(codes, codes, [[0.456] * 10] * 10, kind="performance", chance=1 / 3), "light")
    assert set(crowded.text) == {"0.46"}


def test_labels_beside_a_crowded_grid_are_at_the_heights_of_its_rows():
    codes = ("en", "ar", "bg", "de", "el", "es", "fr", "hi", "ru", "th")
    values = GridValues(codes, codes, [[0.456] * 10] * 10, column_means=[0.456] * 10)
    drawn = language_grid(values, row_labels=False).to_dict()
    texts = [line["text"] for lines in drawn["datasets"].values() for line in lines if line.get("y", 0) > 0]
    assert not {"ar", "All", "trained on"} & set(texts)
    words = row_labels_html(values, "<b>trained</b>")
    assert "<b>" not in words
    places = dict(re.findall(r"top:([0-9.]+)px\">([^<]+)</", words))
    low, high = drawn["layer"][0]["encoding"]["y"]["scale"]["domain"]
    inner = drawn["height"] - drawn["padding"]["top"] - drawn["padding"]["bottom"]
    cells = grid_cells(values, "light").drop_duplicates("row")
    assert {name: float(top) for top, name in places.items() if name in {*codes, "All"}} == pytest.approx(
        {
            cell.row: drawn["padding"]["top"] + inner * ((cell.y0 + cell.y1) / 2 - high) / (low - high)
            for cell in cells.itertuples()
        },
        abs=0.1,
    )


def test_a_left_out_diagonal_has_no_value_and_no_colour():
    values = grid(kind="difference", own="left out", overall=[0.1, 0.3, 0.2])
    cells = grid_cells(values, "light").set_index(["row", "column"])
    own = cells.loc[("es", "es")]
    assert own.text == "–" and own.given and "left out" in own.tooltip
    assert own.fill == neutral("surface", "light")
    assert cells.loc[("es", "en")].text == "+0.520"


def test_column_means_carry_their_interval():
    values = grid(column_means=[0.5, 0.6, 0.7], column_intervals=[(0.4, 0.6), None, (0.65, 0.75)])
    cells = grid_cells(values, "light").set_index(["row", "column"])
    assert cells.loc[("All", "en")].tooltip.replace("\u00a0", " ") == "All → en: 0.500 [0.400, 0.600]"
    assert cells.loc[("All", "es")].tooltip == "All → es: 0.600"


def test_grid_reports_clicks_by_row_and_column():
    spec = json.loads(language_grid(grid(), selected=("en", "es")).to_json())
    (parameter,) = spec["params"]
    assert parameter["name"] == "cell" and parameter["select"]["fields"] == ["row", "column"]
    assert spec["background"] == "transparent" and spec["width"] == "container"
