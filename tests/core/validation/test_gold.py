"""Gold alignments of anyone: the formats, what contradicts itself, and scores equal to a reference of ten lines."""

import json

import numpy as np
import ot
import pytest

from core.cli.app import run
from core.errors import DataError, OptionError, SpaceError
from core.settings import Settings
from core.spaces import open_space
from core.validation.any_gold import measure_layers
from core.validation.gold import GoldPair, read_gold
from core.validation.links import FLOW_RULES, link_counts, scores_of_links

ENGLISH = ["the old boat sailed", "nobody crossed the river", "a storm closed the road"]
SPANISH = ["el barco viejo zarpó", "nadie cruzó el río", "una tormenta cerró la carretera"]
PHARAOH = ["0-0 1-2 2-1 3-3", "0-0 1-1 2p2 3-3", "0p0 1-1 2-2 3-3 4-4"]
TALP = ["1-1 2-3 3-2 4-4", "1-1 2-2 3p3 4-4", "1p1 2-2 3-3 4-4 5-5"]


@pytest.fixture(autouse=True)
def _tables_of_its_own(own_cache):
    """No test leaves vectors of a random model in the user's cache."""


@pytest.fixture
def files(tmp_path):
    """Write three files and return their paths, the alignments first."""

    def write(gold, source=ENGLISH, target=SPANISH, ending="\n"):
        paths = [tmp_path / name for name in ("gold.txt", "source.txt", "target.txt")]
        for path, lines in zip(paths, (gold, source, target), strict=True):
            path.write_bytes("".join(line + ending for line in lines).encode())
        return paths

    return write


def reference(predicted, gold):
    """Precision, recall, F1 and AER of lists of sets, by their definitions (Och and Ney 2003)."""
    a = sum(len(links) for links in predicted)
    s = sum(len(sure) for sure, _ in gold)
    a_s = sum(len(links & sure) for links, (sure, _) in zip(predicted, gold, strict=True))
    a_p = sum(len(links & (sure | possible)) for links, (sure, possible) in zip(predicted, gold, strict=True))
    precision, recall = a_p / a, a_s / s
    f1 = 2 * precision * recall / (precision + recall)
    return {"precision": precision, "recall": recall, "F1": f1, "AER": 1 - (a_s + a_p) / (a + s)}


# the files


def test_pharaoh_and_talp_say_the_same(files):
    from_zero, from_one = read_gold(*files(PHARAOH)), read_gold(*files(TALP, ending="\r\n"))
    assert from_zero == from_one
    assert from_zero[1] == GoldPair(
        ("nobody", "crossed", "the", "river"),
        ("nadie", "cruzó", "el", "río"),
        frozenset({(0, 0), (1, 1), (3, 3)}),
        frozenset({(2, 2)}),
    )


def test_a_link_that_is_sure_and_possible_is_sure(files):
    (pair,) = read_gold(*files(["0-0 0p0 1p1"], ["a b"], ["c d"]))
    assert (pair.links, pair.possible) == (frozenset({(0, 0)}), frozenset({(1, 1)}))


def test_a_line_without_links_is_a_pair_without_links(files):
    pairs = read_gold(*files(["0-0", ""], ["a b", "c"], ["d", "e"]))
    assert [len(pair.links) for pair in pairs] == [1, 0]


@pytest.mark.parametrize(
    ("gold", "base", "said"),
    [
        (["0-0", "4-4", "1-1"], "auto", "line 1 links word 0, and line 2"),
        (["0-0", "1-1", "1-1"], "1", "Use --gold-base 0"),
        (["1-1", "4-4", "1-1"], "0", "Use --gold-base 1"),
        (["1-1", "2-2", "3-3"], "auto", "Give --gold-base 0 or 1"),
        (["0-0", "7-1", "1-1"], "auto", "line 2 links a word that does not exist: 7-1"),
        (["1-1", "4-6", "1-1"], "auto", "line 2 links a word that does not exist: 4-6, counted from 1"),
        (["0-0", "1:1", "1-1"], "auto", "line 2: '1:1' is no link"),
        (["0-0", "-1-1", "1-1"], "auto", "line 2: '-1-1' is no link"),
        (["0-0", "1-1"], "auto", "has 2 lines"),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_line(files, gold, base, said):
    with pytest.raises(DataError, match=said):
        read_gold(*files(gold), base=base)


def test_other_refusals(files, tmp_path):
    with pytest.raises(DataError, match="line 2 is empty"):
        read_gold(*files(PHARAOH, [ENGLISH[0], " ", ENGLISH[2]]))
    with pytest.raises(DataError, match="cannot be read"):
        read_gold(tmp_path / "none", *files(PHARAOH)[1:])
    with pytest.raises(OptionError, match="auto, 0, 1"):
        read_gold(*files(PHARAOH), base="2")


def test_a_base_that_the_links_do_not_show_is_taken_as_given(files):
    written = ["1-1", "2-2", "3-3"]
    for base in (0, 1):
        pairs = read_gold(*files(written), base=str(base))
        assert [set(pair.links) for pair in pairs] == [{(k - base, k - base)} for k in (1, 2, 3)]


# the scores


def random_links(random, n, m, share):
    return frozenset((i, j) for i in range(n) for j in range(m) if random.random() < share)


def test_scores_are_those_of_the_reference_and_intervals_of_resampled_pairs():
    random = np.random.default_rng(0)
    gold, predicted = [], []
    for _ in range(40):
        n, m = random.integers(3, 9, 2)
        sure = random_links(random, n, m, 0.2) | {(0, 0)}
        gold.append(GoldPair(("w",) * n, ("w",) * m, sure, random_links(random, n, m, 0.2) - sure))
        predicted.append(random_links(random, n, m, 0.3) | {(0, 0)})
    known = [(pair.links, pair.possible) for pair in gold]
    found = scores_of_links(link_counts(predicted, gold))
    assert {name: estimate.value for name, estimate in found.items()} == pytest.approx(reference(predicted, known))
    draws = [random.integers(40, size=40) for _ in range(2000)]
    again = [reference([predicted[k] for k in draw], [known[k] for k in draw])["F1"] for draw in draws]
    assert [found["F1"].low, found["F1"].high] == pytest.approx(np.quantile(again, [0.025, 0.975]), abs=0.01)
    assert found["AER"].n == 40


def test_nothing_predicted_has_no_precision():
    found = scores_of_links(link_counts([frozenset()], [GoldPair(("a",), ("b",), frozenset({(0, 0)}))]))
    assert np.isnan(found["precision"].value)
    assert (found["recall"].value, found["AER"].value) == (0, 1)


def test_all_sure_links_and_some_possible_ones_are_no_error():
    gold = GoldPair(("a", "b"), ("c", "d"), frozenset({(0, 0)}), frozenset({(1, 1), (0, 1)}))
    found = scores_of_links(link_counts([frozenset({(0, 0), (1, 1)})], [gold]))
    assert {name: estimate.value for name, estimate in found.items()} == {
        "precision": 1,
        "recall": 1,
        "F1": 1,
        "AER": 0,
    }


def test_the_regularised_plans_are_pots_and_leave_words_without_mass_out():
    random = np.random.default_rng(1)
    similarity = random.uniform(-1, 1, (4, 5))
    a, b = np.array([0.5, 0.0, 0.25, 0.25]), np.full(5, 0.2)
    kept = [0, 2, 3]
    cost = 1 - np.maximum(similarity[kept], 0)
    entropic = FLOW_RULES["entropic"].plan(a, b, similarity)
    np.testing.assert_allclose(entropic[kept], ot.sinkhorn(a[kept], b, cost, 0.05), atol=1e-7)
    unbalanced = FLOW_RULES["unbalanced"].plan(a, b, similarity)
    expected = ot.unbalanced.lbfgsb_unbalanced(a[kept], b, cost, 0.05, 0.5, numItermax=5000, stopThr=1e-15)
    np.testing.assert_allclose(unbalanced[kept], expected, atol=1e-4)
    assert not entropic[1].any()
    assert not unbalanced[1].any()


# the command


def command(paths, *more):
    gold, source, target = map(str, paths)
    return ["validate", "--gold", gold, "--source", source, "--target", target, *more]


LANGUAGES = ("--source-lang", "en", "--target-lang", "es")


def test_the_command_measures_every_space_link_rule_and_mass_rule(files, tiny_folder, capsys):
    same = [" ".join(f"{k}-{k}" for k in range(len(line.split()))) for line in ENGLISH]
    words = command(files(same, ENGLISH, ENGLISH), "--source-lang", "en", "--target-lang", "en", "--format", "json")
    assert run([*words, "--model", str(tiny_folder("bert", "meaning")), "--layer", "1"]) == 0
    (table,) = json.loads(capsys.readouterr().out)
    found = {(row["space"], row["links"], row["masses"]): row for row in table["rows"]}
    assert {space for space, _, _ in found} == {"isolated", "static", "contextual", "contextual, layer 1"}
    assert {masses for _, links, masses in found if links == "transport"} == {"uniform", "abs", "positive"}
    # A text is aligned with itself, whatever its words weigh.
    for row in (found["static", "nearest", ""], found["static", "transport", "abs"]):
        assert (row["F1"], row["AER"], row["sentences"]) == (1, 0, 3)


@pytest.mark.parametrize(
    ("left_out", "more", "said"),
    [
        (0, LANGUAGES[:2], "--target-lang is missing"),
        (0, (*LANGUAGES, "--check", "alignment"), "Leave --check out"),
        (0, ("--source-lang", "en", "--target-lang", "xx"), "xx"),
        (2, LANGUAGES, "--gold is missing"),
    ],
)
def test_options_of_gold_come_together(files, capsys, left_out, more, said):
    words = command(files(PHARAOH), *more)
    assert run(["validate", *words[1 + left_out :]]) == 2
    assert said in capsys.readouterr().err.strip().splitlines()[-1]


# layers


def test_a_layer_of_the_contextual_space_is_that_of_transformers(tiny_model, tiny_folder):
    import torch
    from transformers import AutoModel

    from core.consistency.pair import TextInput, prepare_text
    from core.consistency.sides import units_of

    model = tiny_model("bert", "meaning")
    settings = Settings(space="contextual", centred=False, procrustes=False)
    text = prepare_text(model, TextInput("en", "the old boat sailed"), settings).text
    module = AutoModel.from_pretrained(tiny_folder("bert", "meaning")).eval()
    with torch.no_grad():
        states = module(torch.tensor([text.input_ids]), output_hidden_states=True).hidden_states
    units = units_of(text, "token")
    for layer in (1, 2, None):
        found = open_space(model, settings.with_changes(layer=layer)).vectors(text, units)
        expected = states[layer or 2][0][[unit.tokens[0] for unit in units]]
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_layers_that_are_not_there_are_refused(tiny_model):
    model = tiny_model("bert", "meaning")
    with pytest.raises(SpaceError, match="has 2 layers"):
        open_space(model, Settings(space="contextual", layer=3))
    with pytest.raises(SpaceError, match="Leave --layer out"):
        open_space(model, Settings(space="static", layer=1))
    with pytest.raises(OptionError, match="first layer is 1"):
        Settings(space="contextual", layer=0)


def test_the_best_layer_is_chosen_on_the_first_language(tiny_model, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    for language in ("ru", "es"):
        folder = tmp_path / f"en-{language}"
        folder.mkdir()
        columns = {"source": ENGLISH, "target": SPANISH, "alignment": [line.replace("p", "-") for line in PHARAOH]}
        pq.write_table(pa.table(columns), folder / "validation.parquet")
    table = measure_layers(tiny_model("bert", "meaning"), tmp_path, languages=("ru", "es"))
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(row["layer"], row["links"]) for row in rows] == [
        (layer, rule) for layer in (1, 2) for rule in ("nearest", *FLOW_RULES)
    ]
    best = max(rows, key=lambda row: row["ru F1"])
    assert f"Chosen on ru: layer {best['layer']}, {best['links']}; there F1 is es {best['es F1']:.3f}" in table.note
