"""The page "Words" as Streamlit runs it, on a store of made-up sentences."""

import json
from functools import partial

import pytest

from core.report.words import WordIndex, cells_of
from core.report.words.losses import ranked
from core.store import open_store
from dashboard.words import answers
from tests.world import pages
from tests.world.pages import address, checked, html
from tests.world.pages import said_plainly as said
from tests.world.word_stores import SENTENCES, fill_words, sentences

visit = partial(pages.visit, "words")


@pytest.fixture
def words_store(tmp_path, monkeypatch):
    """A store whose texts are at hand."""
    fill_words(tmp_path / "store")
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(answers, "WordIndex", partial(WordIndex, texts=sentences))
    answers.word_index.clear()
    return tmp_path / "store"


def expected(store, least=3, by="word"):
    reader = open_store(store).read()
    index = WordIndex(reader, sentences)
    return ranked(index.losses(cells_of(reader, next(iter(reader.runs)), "en"), by), least=least)


def lines(app):
    (mounted,) = [entry.proto for entry in app.get("bidi_component") if entry.proto.component_name == "ccta_lines"]
    return json.loads(mounted.json)["lines"]


def test_words_are_ranked_by_what_they_lose(words_store):
    app = visit(least="3")
    table, ours = app.dataframe[0].value, expected(words_store)
    assert list(table["Word"]) == list(ours["name"])
    assert table["Lost"].to_numpy() == pytest.approx(ours["lost"].to_numpy())
    assert table["n"].tolist() == ours["n"].tolist()
    assert all(bar.startswith("data:image/svg+xml") for bar in table["Importance"])
    assert f"“<bdi>{ours['name'][0]}</bdi>”" in html(app)
    assert any("fewer than 3 examples" in line for line in said(app))


@pytest.mark.parametrize(("rank", "ascending"), [("more", False), ("less", True)])
def test_words_are_ranked_by_the_mass_they_have_beyond_their_partners(words_store, rank, ascending):
    table = visit(least="3", rank=rank).dataframe[0].value
    ours = expected(words_store).set_index("name")
    apart = (ours["mass"] - ours["partners"])[ours["examples"] >= 3].sort_values(ascending=ascending)
    assert list(table["Word"][: len(apart)]) == list(apart.index)
    assert table["Apart"][: len(apart)].to_numpy() == pytest.approx(100 * apart.to_numpy(), abs=0.051)


def test_the_selected_word_has_its_lines_and_partners(words_store):
    app = visit(w="ferry")
    ours = expected(words_store).set_index("name").loc["ferry"]
    assert f"loses <b>{ours['lost']:.3f}</b>" in html(app)
    shown = lines(app)
    assert [line["word"]["text"] for line in shown] == ["ferry"] * 3
    assert {" ".join(word["text"] for word in line["others"]) for line in shown} <= set(SENTENCES["es"])
    assert "Its partners in Spanish" in html(app)
    assert address(app) == {"data": "ferries-test", "ckpt": "tiny-en", "w": "ferry"}


def test_classes_and_a_part_of_a_word(words_store):
    app = visit(by="length", least="3")
    assert list(app.dataframe[0].value["Length"]) == list(expected(words_store, by="length")["name"])
    app = visit(q="RR")
    assert list(app.dataframe[0].value["Word"]) == ["ferry"]
    app = visit(q="zzz")
    assert "No word contains this." in said(app)


def test_one_field_or_group_alone_is_counted(words_store):
    app = visit()
    app.sidebar.selectbox(key="words-src").set_value("es")
    checked(app.run())
    assert "El transbordador" not in html(app)
    assert set(app.dataframe[0].value["Word"].str.lower()) == {
        word.lower() for text in SENTENCES["es"] for word in text.split()
    }
    assert address(app)["src"] == "es"


def test_without_the_text_the_page_says_how_to_get_it(words_store, monkeypatch):
    monkeypatch.setattr(answers, "WordIndex", WordIndex)
    answers.word_index.clear()
    app = visit(by="word")
    assert any("ferries" in line and "position, length" in line for line in said(app))
    assert next(iter(app.dataframe[0].value.columns)) == "Position"
    assert all(line["word"] is None for line in lines(app))


def test_a_store_without_flows_says_so(tmp_path, monkeypatch):
    from tests.world.stores import fill_runs

    fill_runs(tmp_path / "store", trained=("en",))
    monkeypatch.setenv("CCTA_STORE", str(tmp_path / "store"))
    app = visit()
    assert any("holds the flows" in line for line in said(app))
