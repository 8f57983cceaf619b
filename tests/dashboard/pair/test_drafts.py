from dataclasses import asdict, replace

import pytest
import streamlit as st

from core.consistency.translations import MAX_TRANSLATIONS
from core.settings import TASKS
from core.text.examples import load_examples
from dashboard.service.links import LinkError
from dashboard.shared.drafts import DETECT, Draft, SideDraft, example_draft, hold_texts, link_texts, recall_texts

ENGLISH = SideDraft(DETECT, ("The ferry was cancelled because of the storm.", "The boat sailed."))
SPANISH = SideDraft(DETECT, ("El ferri fue cancelado debido a la tormenta.", "El barco zarpó."))
ARABIC = SideDraft("ar", ("أُلغيت العبّارة بسبب العاصفة.", ""))
DRAFT = Draft(ENGLISH, (SPANISH, ARABIC), active=1, label="contradiction")


def test_the_language_is_guessed_until_one_is_chosen():
    assert ENGLISH.resolved() == ENGLISH.detected() == "en"
    assert replace(ENGLISH, language="de").resolved() == "de"
    assert SideDraft().resolved() is None
    assert SideDraft().input("meaning").language == "en"


def test_only_the_fields_of_the_task_are_analysed():
    assert ENGLISH.input("meaning").texts == ENGLISH.texts[:1]
    assert ENGLISH.input("nli", "neutral").texts == ENGLISH.texts
    assert ENGLISH.input("nli", "neutral").gold == "neutral"


def test_translations_are_added_shown_and_removed():
    draft = Draft(ENGLISH, (SPANISH,)).add_translation(ARABIC)
    assert (draft.translations, draft.active, draft.target) == ((SPANISH, ARABIC), 1, ARABIC)
    assert draft.show(0).target == SPANISH
    assert draft.show(99).active == 1
    assert draft.show(-5).active == 0
    removed = draft.remove_active()
    assert (removed.translations, removed.active) == ((SPANISH,), 0)
    assert removed.version != draft.version
    assert removed.remove_active() == removed


def test_there_is_room_for_eight_translations():
    draft = Draft(ENGLISH, (SPANISH,))
    for _ in range(MAX_TRANSLATIONS + 2):
        draft = draft.add_translation()
    assert len(draft.translations) == MAX_TRANSLATIONS == 8
    assert not draft.can_add()


def test_editing_one_side_leaves_the_others():
    draft = DRAFT.with_target(SPANISH).with_source(ARABIC)
    assert (draft.source, draft.translations) == (ARABIC, (SPANISH, SPANISH))


def test_the_fingerprint_is_of_what_is_analysed():
    fingerprint = DRAFT.fingerprint("nli")
    assert len(fingerprint) == 16
    assert set(fingerprint) <= set("0123456789abcdef")
    assert fingerprint == replace(DRAFT, active=0, version=7).fingerprint("nli")
    others = [
        DRAFT.fingerprint("paraphrase"),
        DRAFT.with_source(replace(ENGLISH, language="en")).fingerprint("nli"),
        DRAFT.with_target(SPANISH).fingerprint("nli"),
        replace(DRAFT, label=None).fingerprint("nli"),
        replace(DRAFT, translations=(ARABIC, SPANISH)).fingerprint("nli"),
    ]
    assert len({fingerprint, *others}) == 1 + len(others)
    unread = DRAFT.with_source(replace(ENGLISH, texts=(ENGLISH.texts[0], "not read")))
    assert unread.fingerprint("meaning") == DRAFT.fingerprint("meaning")


def test_held_texts_come_back(own_cache):
    assert recall_texts(hold_texts(DRAFT), version=3) == replace(DRAFT, version=3)
    assert not own_cache.exists()


def test_kept_texts_come_back_after_a_restart(own_cache):
    token = hold_texts(DRAFT)
    link_texts().keep(token)
    st.cache_resource.clear()
    assert recall_texts(token, version=3) == replace(DRAFT, version=3)


def test_any_text_can_be_kept(own_cache):
    odd = Draft(SideDraft(DETECT, ("<script>\u202e\x00\ud800", "")), (SideDraft(),))
    token = hold_texts(odd)
    link_texts().keep(token)
    st.cache_resource.clear()
    assert recall_texts(token, version=0).source.texts[0].startswith("<script>\u202e\x00")


@pytest.mark.parametrize("token", ["0123456789abcdef", "../../etc", "/secret", "..\\secret", "", "\x00", "f" * 5000])
def test_an_unknown_token_is_one_clear_error(own_cache, token):
    with pytest.raises(LinkError, match="not on this server") as caught:
        recall_texts(token, version=0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"source": {"language": "en"}, "translations": []},
        {"source": [1], "translations": [1]},
        {"source": {"language": "en", "texts": ["a", "b"]}, "translations": []},
        {"source": {"language": "en", "texts": ["a"]}, "translations": [{"language": "es", "texts": []}]},
        {
            "source": {"language": "en", "texts": ["a", ""]},
            "translations": [{"language": "es", "texts": ["b", ""]}],
            "active": "first",
        },
    ],
)
def test_texts_of_another_form_are_one_clear_error(own_cache, content):
    with pytest.raises(LinkError, match="not on this server"):
        recall_texts(link_texts().hold(content), version=0)


def test_a_language_that_is_no_longer_known_is_guessed_again(own_cache):
    content = asdict(DRAFT)
    content["translations"][1]["language"] = "xx"
    assert recall_texts(link_texts().hold(content), version=0).translations[1].language == DETECT


def test_a_draft_has_no_more_translations_than_the_server_allows(own_cache, monkeypatch, tmp_path):
    (tmp_path / "operator.toml").write_text("[service]\ntranslations = 2\n")
    monkeypatch.setenv("CCTA_CONFIG", str(tmp_path / "operator.toml"))
    one = replace(DRAFT, translations=DRAFT.translations[:1])
    assert one.can_add()
    assert not one.add_translation().can_add()


@pytest.mark.parametrize("task", TASKS)
def test_examples_fill_both_sides(task):
    example = load_examples(task)[0]
    draft = example_draft(example, "en", ["es", "zh", "ar"], version=4)
    assert [side.resolved() for side in (draft.source, *draft.translations)] == ["en", "es", "zh", "ar"]
    assert (draft.version, draft.label, draft.active) == (4, example.label, 0)
    for side, code in zip(draft.translations, ("es", "zh", "ar"), strict=True):
        assert side.input(task).texts == example.texts(code)
        assert len(side.texts) == 2
