from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.errors import LanguageError, TextError
from core.text import tokenization
from core.text.tokenization import align_pieces, tokenize
from tests.world.tiny import FAMILIES

A, B = "the storm cancelled the ferry", "the boat sailed"
TYPED_SPECIALS = "the </s> [SEP] <s> [CLS] <pad> [PAD] <mask> <special1> storm"


def own_ids(tokenizer, *texts):
    """The input ids by the tokenizer's own template."""
    if tokenizer.is_fast:
        return tokenizer(*texts)["input_ids"]
    pieces = [tokenizer.convert_tokens_to_ids(tokenizer.tokenize(text)) for text in texts]
    return tokenizer.build_inputs_with_special_tokens(*pieces)


@pytest.mark.parametrize("family", FAMILIES)
def test_specials_are_where_the_tokenizers_own_template_puts_them(tiny_model, family):
    model = tiny_model(family, "nli")
    assert list(tokenize(model, "meaning", "en", [A]).input_ids) == own_ids(model.tokenizer, A)
    assert list(tokenize(model, "nli", "en", [A, B]).input_ids) == own_ids(model.tokenizer, A, B)


@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
def test_token_types_are_the_tokenizers_own(tiny_model, family):
    model = tiny_model(family, "nli")
    own = model.tokenizer(A, B, return_token_type_ids=True)["token_type_ids"]
    assert list(tokenize(model, "nli", "en", [A, B]).token_type_ids) == own
    assert any(own) == (family == "bert")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_typed_separator_stays_text(tiny_model, family):
    model = tiny_model(family, "nli")
    tokenizer = model.tokenizer
    text = tokenize(model, "nli", "en", [TYPED_SPECIALS, B])
    plain = tokenize(model, "nli", "en", [A, B])
    reserved = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    inside = [id_ for id_, token in zip(text.input_ids, text.tokens, strict=True) if not token.special]
    assert not reserved & set(inside)
    assert text.special_mask.sum() == plain.special_mask.sum()
    assert "".join(token.text for token in text.tokens if token.field == "premise") == TYPED_SPECIALS.replace(" ", "")


@pytest.mark.parametrize("family", FAMILIES)
def test_token_texts_are_slices_without_space(tiny_model, family):
    model = tiny_model(family, "nli")
    fields = ("  the storm,  “the” boat's crew — slept ", "el barco zarpó")
    text = tokenize(model, "nli", "en", fields)
    for token in text.tokens:
        if not token.special:
            field = dict(text.fields)[token.field]
            assert field[token.start : token.end] == token.text
            assert token.text == token.text.strip()
            word = text.words[token.word]
            assert word.field == token.field
            if token.text:
                assert word.start < token.end
                assert token.start < word.end


def test_a_bare_space_piece_is_empty_and_belongs_to_the_word_after_it(tiny_model):
    model = tiny_model("xlm-roberta", "meaning")
    written = "渡轮 QX 渡轮"
    assert model.tokenizer(written, return_offsets_mapping=True)["offset_mapping"][1] == (0, 1), "the trap: not (0, 0)"
    text = tokenize(model, "meaning", "zh", [written])
    bare = [
        (token.text, token.end - token.start, text.words[token.word].text)
        for token, id_ in zip(text.tokens, text.input_ids, strict=True)
        if model.tokenizer.convert_ids_to_tokens(id_) == "▁"
    ]
    assert bare == [("", 0, "渡轮"), ("", 0, "QX"), ("", 0, "渡轮")]


def test_characters_that_nfkc_rewrites_keep_their_word(tiny_model):
    model = tiny_model("xlm-roberta", "meaning")
    written = "ﬁnal ½ ㎭ storm"
    text = tokenize(model, "meaning", "en", [written])
    found = {}
    for token in text.tokens:
        if not token.special:
            found.setdefault(text.words[token.word].text, []).append(token)
    assert list(found) == ["ﬁnal", "½", "㎭", "storm"]
    # ㎭ becomes three characters, so several pieces share its one character.
    assert sum(token.text == "㎭" for token in found["㎭"]) > 1
    assert found["storm"][-1].end == len(written)


def test_pieces_of_one_word_share_it(tiny_model):
    text = tokenize(tiny_model("bert", "meaning"), "meaning", "en", ["the storms"])
    words = [token.word for token in text.tokens]
    assert words[0] == words[-1] == -1
    assert words[1] == 0
    assert len(words) > 4
    assert set(words[2:-1]) == {1}


def test_xlm_splits_chinese_into_words_of_its_language(tiny_model):
    model = tiny_model("xlm", "meaning")
    text = tokenize(model, "meaning", "zh", ["船准时启航"])
    pieces = model.tokenizer.convert_ids_to_tokens(text.input_ids)
    assert "准" in pieces, "jieba keeps 准时 together, so 准 does not end a word"
    assert "时</w>" in pieces


def test_xlm_refuses_a_language_it_has_no_embedding_for(tiny_model):
    with pytest.raises(LanguageError, match=r"has no language 'th'; .*en, es, zh") as caught:
        tokenize(tiny_model("xlm", "meaning"), "meaning", "th", ["เรือ"])
    assert "\n" not in str(caught.value)


def test_xlm_without_a_japanese_splitter_says_so(tiny_model, monkeypatch):
    model = tiny_model("xlm", "meaning")
    monkeypatch.setattr(model, "inputs", replace(model.inputs, languages=None))
    monkeypatch.setattr(tokenization.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LanguageError, match="KyTea"):
        tokenize(model, "meaning", "ja", ["船は"])


@pytest.mark.parametrize(
    ("text", "pieces", "spelled"),
    [
        ("Café noir", ["ca", "fe</w>", "noir</w>"], ["Ca", "fé", "noir"]),
        ("a ½ b", ["a</w>", "<unk>", "b</w>"], ["a", "½", "b"]),
        ("ﬁne", ["f", "ine</w>"], ["ﬁ", "ﬁne"]),
        ("“so”", ['"</w>', "so</w>", '"</w>'], ["“", "so", "”"]),
        ("e\u0301t", ["e", "t</w>"], ["e", "t"]),
        ("1\u00a0000 a", ["1", ",", "000</w>", "a</w>"], ["1", "", "000", "a"]),
        ("so… it is", ["so", "…</w>", "it</w>", "is</w>"], ["so", "…", "it", "is"]),
        ("", ["x</w>"], [""]),
    ],
)
def test_pieces_of_a_rewriting_tokenizer_are_found_again(text, pieces, spelled):
    assert [text[start:end] for start, end in align_pieces(text, pieces)] == spelled


def test_a_long_text_is_cut_at_its_end_and_says_so(tiny_model):
    model = tiny_model("bert", "meaning")
    text = tokenize(model, "meaning", "en", ["the boat " * 60])
    assert len(text.tokens) == model.max_length == 64
    assert text.cut
    assert text.n_tokens_uncut == 2 + 60 * 3
    assert text.tokens[-1].special
    assert not tokenize(model, "meaning", "en", ["the boat"]).cut


def test_the_longer_field_is_cut(tiny_model):
    model = tiny_model("bert", "nli")
    text = tokenize(model, "nli", "en", ["the boat", "the storm " * 60])
    assert len(text.tokens) == 64
    assert "".join(token.text for token in text.tokens if token.field == "premise") == "theboat"
    both = tokenize(model, "nli", "en", ["the storm " * 60, "the storm " * 60])
    lengths = [sum(token.field == field for token in both.tokens) for field in ("premise", "hypothesis")]
    assert sum(lengths) == 61
    assert abs(lengths[0] - lengths[1]) <= 1


def test_the_question_is_never_cut(tiny_model):
    model = tiny_model("bert", "qa")
    question = "the storm " * 12
    text = tokenize(model, "qa", "en", [question, "the boat"])
    shown = "".join(token.text for token in text.tokens if token.field == "question")
    assert shown == question.replace(" ", "")
    with pytest.raises(TextError, match="question is too long"):
        tokenize(model, "qa", "en", ["the storm " * 60, "the boat"])


def test_the_number_of_texts_must_be_the_tasks(tiny_model):
    with pytest.raises(TextError, match=r"takes 2 texts \(premise, hypothesis\); 1 given"):
        tokenize(tiny_model("bert", "nli"), "nli", "en", ["the boat"])


@given(st.lists(st.integers(1, 50), min_size=2, max_size=2), st.integers(4, 60))
@hypothesis_settings(deadline=None)
def test_cutting_fills_the_room_and_spares_the_shorter_field(lengths, room):
    fields = [[(k, (k, k + 1)) for k in range(length)] for length in lengths]
    kept = tokenization._cut(fields, room, None)
    assert [field[: len(cut)] for field, cut in zip(fields, kept, strict=True)] == kept
    assert sum(map(len, kept)) == min(sum(lengths), room)
    shorter = lengths.index(min(lengths))
    assert len(kept[shorter]) >= min(lengths[shorter], room // 2)
