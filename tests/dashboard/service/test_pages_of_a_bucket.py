"""The pages read a store in S3 as they read a folder."""

from dashboard.shared.verbatim import verbatim
from tests.world.pages import checked, html, visit
from tests.world.stores import fill_nli


def test_pages_read_a_bucket(s3, results_folder, results_served, monkeypatch):
    fill_nli(s3.address, results_folder / "data")
    in_folder = {page: html(checked(visit(page))) for page in ("results", "source_languages")}
    monkeypatch.setenv("CCTA_STORE", s3.address)
    for page, expected in in_folder.items():
        assert html(checked(visit(page))) == expected
    shown = f"Store: {verbatim('CCTA_STORE')}"
    assert shown in [caption.value for caption in checked(visit("runs")).caption]
