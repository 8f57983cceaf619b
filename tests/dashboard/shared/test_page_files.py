"""What a page offers for download: single files, and one zip of all of them."""

from functools import partial

from dashboard.downloads.png import PictureError
from dashboard.shared.page_actions import EVERYTHING, csv_file, everything
from tests.world import pages
from tests.world.pages import contents


def test_the_zip_has_every_file_and_a_list_of_them():
    def fail():
        raise PictureError("PNG pictures need resvg.")

    files = [csv_file("Runs (CSV)", "runs.csv", lambda: b"a,b\n"), csv_file("Grid (PNG)", "grid.png", fail)]
    zipped = everything(files, "ccta-runs")
    assert (zipped.label, zipped.name) == (EVERYTHING, "ccta-runs.zip")
    held = contents(zipped.make())
    assert held["runs.csv"] == b"a,b\n" and set(held) == {"README.txt", "runs.csv"}
    listed = held["README.txt"].decode().splitlines()
    assert "runs.csv: Runs (CSV)" in listed
    assert "grid.png is missing: PNG pictures need resvg." in listed
    assert everything(files, "ccta-runs").make() == zipped.make(), "equal files, equal bytes"


def labels(app):
    return [entry.proto.label for entry in app.get("download_button")]


def test_every_page_with_results_begins_with_the_zip(results_served):
    visit = partial(pages.visit, data="xnli-test", ckpt="tiny-nli-en", tgt="es")
    for app in (visit("results"), visit("results", row="7"), pages.visit("runs"), pages.visit("about")):
        offered = labels(app)
        assert offered[0] == EVERYTHING and len(offered) > 2
        assert offered.count(EVERYTHING) == 1
