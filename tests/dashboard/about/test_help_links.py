"""Every choice of the pages of results explains itself, and leads to the paragraph of "About" that says more."""

import re

import pytest

from dashboard.about import texts as about_texts
from tests.world.pages import checked, visit
from tests.world.stores import fill_runs

HEADINGS = {"c", "example", "pictures", "words", "choices", "limits", "cite", "versions", "licences"}
ANCHORS = HEADINGS | {anchor for _, anchor, _, _ in about_texts.CHOICES}
LINK = re.compile(r"\]\(about#([a-z]+)\)$")


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Two models, the second with a language and rows more; every choice is offered."""
    paws = ("en", "de", "es", "fr", "ko")
    for model, extra in (("one", ()), ("two", ("zh",))):
        fill_runs(
            tmp_path / "store",
            dataset="paws-x",
            task="paraphrase",
            model=model,
            trained=("en", "es"),
            languages=(*paws, *extra),
        )
    fill_runs(tmp_path / "store", dataset="paws-x", task="paraphrase", model="two", trained=("fr",), languages=paws)
    fill_runs(
        tmp_path / "store",
        dataset="paws-x",
        task="paraphrase",
        model="one",
        trained=("de",),
        languages=(*paws, "zh"),
        rows=range(60),
    )
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))


def helps(app):
    choices = (*app.selectbox, *app.slider, *app.toggle, *app.button_group)
    return {choice.label: choice.proto.help for choice in choices if choice.proto.help}


@pytest.mark.parametrize(
    ("page", "query", "labels"),
    [
        ("results", {}, {"Source tokens"}),
        (
            "source_languages",
            {"fam": "one", "grids": "1"},
            {"Values", "Compare with", "Diagonal", "All languages and rows"},
        ),
        ("correlation", {}, {"Models", "Training language", "Diagonal"}),
    ],
)
def test_every_help_text_ends_in_a_link_to_a_paragraph_that_is_there(store, page, query, labels):
    found = helps(checked(visit(page, **query)))
    assert set(found) == labels
    for text in found.values():
        assert LINK.search(text)[1] in ANCHORS, text
