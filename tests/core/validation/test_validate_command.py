"""`core validate` as a command: its numbers against a closed form, or against Transformers, SciPy and NumPy alone."""

import json
import shutil
from itertools import chain, permutations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file, save_file
from scipy.linalg import orthogonal_procrustes
from scipy.optimize import linprog
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from core.cli.app import run
from core.models.loader import load_model
from core.spaces.align import PULLS
from core.spaces.base import find_space_model
from core.spaces.lexicon import read_pairs, split_pairs
from tests.world.sentences import HYPOTHESES, PREMISES, write_xnli

# In letters of the tiny vocabulary; no word twice, so that the best flow is one.
TRANSLATED = [
    ("modern doctors slept", "doctores modernos durmieron", "0-1 1-0 2-2"),
    ("nobody closed local canals", "nadie cerró canales locales", "0-0 1-1 2-3 3-2"),
    ("several actors visited central islands", "actores visitaron islas", "1-0 2-1 4-2"),
    ("the doctor slept well", "doctor durmió bien", "1-0 2-1 3-2"),
]
ENGLISH = [english for english, _, _ in TRANSLATED]

# No test leaves vectors of a random model in the user's cache.
pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def rows(capsys, tmp_path):
    """What the command prints as JSON of one check on the data of the test: one dict a row."""

    def found(check, model, *more):
        words = ["validate", "--check", check, "--model", model, "--data", tmp_path, "--format", "json", *more]
        assert run([str(word) for word in words]) == 0
        (entry,) = json.loads(capsys.readouterr().out)
        assert entry["name"] == check
        return entry["rows"]

    return found


def write_pairs(path, names, rows):
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))), path)


def write_gold(data, language, rows):
    write_pairs(data / "xl-wa" / f"en-{language}" / "validation.parquet", ("source", "target", "alignment"), rows)


class Encoder:
    """Vectors of words as Transformers gives them: rows of the embedding table, or hidden states of the word alone."""

    def __init__(self, folder):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder).eval()

    def vector(self, space, pieces):
        with torch.no_grad():
            if space == "static":
                return self.model.get_input_embeddings().weight[list(pieces)].double().mean(0).numpy()
            ids = [self.tokenizer.cls_token_id, *pieces, self.tokenizer.sep_token_id]
            return self.model(torch.tensor([ids])).last_hidden_state[0, 1:-1].double().mean(0).numpy()

    def words(self, space, text):
        pieces = [self.tokenizer(word, add_special_tokens=False).input_ids for word in text.split()]
        return np.stack([self.vector(space, found) for found in pieces])


def cosines(left, right):
    left, right = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (left, right))
    return left @ right.T


# alignment


def flow_of(similarity):
    """The best flow between words of equal mass, by SciPy's linear programming."""
    n, m = similarity.shape
    sums = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    room = [1 / n] * n + [1 / m] * m
    best = linprog(-np.maximum(similarity, 0).ravel(), A_ub=sums, b_ub=room)
    return np.where(similarity > 0, best.x.reshape(n, m), 0), -best.fun


def links_of(text):
    return {tuple(map(int, link.split("-"))) for link in text.split()}


def scores_of(predicted, gold):
    precision = [len(one & other) / len(one) for one, other in zip(predicted, gold, strict=True)]
    recall = [len(one & other) / len(other) for one, other in zip(predicted, gold, strict=True)]
    f1 = [2 * p * r / (p + r or 1) for p, r in zip(precision, recall, strict=True)]
    return {"precision": np.mean(precision), "recall": np.mean(recall), "F1": np.mean(f1)}


def expected_alignment(encoder, space, order):
    texts = [TRANSLATED[position] for position in order]
    english, spanish = ([encoder.words(space, row[side]) for row in texts] for side in (0, 1))
    gold = [links_of(row[2]) for row in texts]
    similar = [cosines(*pair) for pair in zip(english, spanish, strict=True)]
    solved = [flow_of(similarity) for similarity in similar]
    flows = [flow for flow, _ in solved]
    half = [{(int(i), int(j)) for i, j in np.argwhere(flow >= 0.5 / max(flow.shape))} for flow in flows]
    mutual = [
        {(i, int(j)) for i, j in enumerate(s.argmax(1)) if s[:, j].argmax() == i and s[i, j] > 0} for s in similar
    ]
    on_links = [sum(flow[link] for link in links) / flow.sum() for flow, links in zip(flows, gold, strict=True)]
    # Every sentence against the translation of the one before it.
    others = [flow_of(cosines(one, spanish[k - 1]))[1] for k, one in enumerate(english)]
    above = [(own > other) + 0.5 * (own == other) for _, own in solved for other in others]
    uniform = scores_of(half, gold) | {"flow on links": np.mean(on_links), "AUC": np.mean(above)}
    return {"nearest": scores_of(mutual, gold) | {"flow on links": None, "AUC": None}, "uniform": uniform}


def turned_round(text):
    words = text.split()
    return text, " ".join(words[::-1]), " ".join(f"{i}-{len(words) - 1 - i}" for i in range(len(words)))


def test_alignment_is_what_scipy_finds_and_what_follows_from_equal_sentences(rows, tiny_folder, tmp_path):
    write_gold(tmp_path, "es", TRANSLATED)
    # The same words, of which people linked the first two.
    write_gold(tmp_path, "bg", [(text, text, "0-0 1-1") for text in ENGLISH])
    # The same words in the opposite order, all linked.
    write_gold(tmp_path, "ru", [turned_round(text) for text in ENGLISH])
    folder = tiny_folder("bert", "meaning")
    found = {(row["language"], row["space"], row["masses"]): row for row in rows("alignment", folder)}
    assert {row["n"] for row in found.values()} == {4}
    assert all(row["F1 from"] <= row["F1"] <= row["F1 to"] for row in found.values())

    order = np.random.default_rng(0).permutation(4)
    for space in ("static", "isolated"):
        for masses, expected in expected_alignment(Encoder(folder), space, order).items():
            row = found["es", f"{space}, raw", masses]
            assert {name: row[name] for name in expected} == pytest.approx(expected, abs=1e-5)
    assert 0 < found["es", "static, raw", "uniform"]["F1"] < 1

    lengths = np.array([len(text.split()) for text in ENGLISH])
    for masses in ("nearest", "uniform", "attribution"):
        half, turned = (found[language, "static, raw", masses] for language in ("bg", "ru"))
        assert half["precision"] == pytest.approx(np.mean(2 / lengths))
        assert half["recall"] == 1
        assert half["F1"] == pytest.approx(np.mean(4 / (lengths + 2)))
        # In another order a word is of another importance to the model, so that some of it flows elsewhere.
        if masses != "attribution":
            assert (turned["precision"], turned["recall"], turned["F1"]) == (1, 1, 1)
        if masses != "nearest":
            assert half["AUC"] == 1
    assert found["bg", "static, raw", "uniform"]["flow on links"] == pytest.approx(np.mean(2 / lengths))
    assert found["ru", "static, raw", "uniform"]["flow on links"] == pytest.approx(1)
    assert found["ru", "static, raw", "uniform"]["AUC"] == 1


# retrieval


def write_lexicons(data, folder):
    """Two lexicons of the pieces of the tiny vocabulary, and of words that grew by an ending."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    pieces = sorted({piece.strip("▁") for piece in tokenizer.get_vocab()} - {"", *tokenizer.all_special_tokens})
    words = [piece for piece in pieces if piece.isascii() and len(piece) > 1][:12]
    grown = [(first + second, first + second + "s") for first, second in permutations(words, 2)]
    for language, shift in (("es", 1), ("ru", 2)):
        turned = zip(pieces, pieces[shift:] + pieces[:shift], strict=True)
        write_pairs(data / "muse" / f"en-{language}" / "train.parquet", ("source", "target"), [*turned, *grown])


def nearest_count(english, foreign, gold):
    """How many English words have a foreign word of theirs as the nearest one, by one comparison after the other."""
    hits = 0
    for word, vector in english.items():
        reached = {
            other: vector @ found / np.linalg.norm(vector) / np.linalg.norm(found) for other, found in foreign.items()
        }
        hits += (word, max(reached, key=reached.get)) in gold
    return hits


def expected_retrieval(encoder, splits, space):
    """(raw, centred, Procrustes) precision at 1 of each language, and the English words tested."""
    vectors = {
        pieces: encoder.vector(space, pieces)
        for split in splits.values()
        for pair in split.train + split.test
        for pieces in pair
    }

    def mean(words):
        return np.mean([vectors[word] for word in set(words)], axis=0)

    centre = mean(english for split in splits.values() for english, _ in split.train)
    precision, tested = {}, 0
    for language, split in splits.items():
        own = mean(foreign for _, foreign in split.train)
        # The pull is as if further pairs, in every direction alike, were the same in both languages.
        sides = [
            np.stack([vectors[pair[1]] - own for pair in split.train]),
            np.stack([vectors[pair[0]] - centre for pair in split.train]),
        ]
        units = [side / np.linalg.norm(side, axis=1, keepdims=True) / np.sqrt(len(side)) for side in sides]
        same = np.eye(len(own)) * np.sqrt(PULLS[space] / len(own))
        rotation, _ = orthogonal_procrustes(*(np.vstack([unit, same]) for unit in units))
        queries, candidates = ({pair[side] for pair in split.test} for side in (0, 1))
        english, foreign = ({word: vectors[word] for word in side} for side in (queries, candidates))
        moved = {word: vector - centre for word, vector in english.items()}
        centred = {word: vector - own for word, vector in foreign.items()}
        gold = set(split.test)
        hits = [
            nearest_count(english, foreign, gold),
            nearest_count(moved, centred, gold),
            nearest_count(moved, {word: vector @ rotation for word, vector in centred.items()}, gold),
        ]
        precision[language] = np.array(hits) / len(queries)
        tested += len(queries)
    return precision, tested


def test_retrieval_is_a_count_of_nearest_neighbours(rows, tiny_folder, tmp_path):
    folder = tiny_folder("xlm-roberta", "meaning")
    write_lexicons(tmp_path, folder)
    found = {(row["space"], row["level"]): row for row in rows("retrieval", folder)}
    assert set(found) == {(space, level) for space in ("isolated", "static") for level in ("token", "word")}
    base, encoder = find_space_model(load_model(str(folder), device="cpu")), Encoder(folder)
    for (space, level), row in found.items():
        pairs = {language: read_pairs(base, tmp_path / "muse", language, level) for language in ("es", "ru")}
        precision, tested = expected_retrieval(encoder, split_pairs(pairs, 5000, 0), space)
        means = np.mean(list(precision.values()), axis=0)
        assert [row[name] for name in ("raw", "centred", "centred, Procrustes")] == pytest.approx(means.tolist())
        worst = min(precision, key=lambda language: precision[language][2])
        assert row["lowest"] == f"{worst} {precision[worst][2]:.3f}"
        assert row["words"] == tested
    # Most words that only grew by an ending are found, pieces paired at random are not.
    assert found["static", "word"]["raw"] > 0.3 > found["static", "token"]["raw"]


# convergence


def sharpened(folder, to):
    """The checkpoint with an attention that turns quickly from one token to another: its path bends."""
    shutil.copytree(folder, to)
    weights = load_file(to / "model.safetensors")
    weights |= {name: 5 * weight for name, weight in weights.items() if "query.weight" in name}
    save_file(weights, to / "model.safetensors", metadata={"format": "pt"})
    return to


def integrals(folder, rule):
    """The scores of the predicted class on all texts of the small data set, by autograd in double precision."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).double().eval()
    nodes, weights = np.polynomial.legendre.leggauss(rule)
    scores = []
    texts = [list(chain.from_iterable(part[code] for code in ("en", "es", "zh"))) for part in (PREMISES, HYPOTHESES)]
    for fields in zip(*texts, strict=True):
        text = tokenizer(*fields, return_special_tokens_mask=True, return_token_type_ids=True)
        ids, special = torch.tensor(text.input_ids), torch.tensor(text.special_tokens_mask, dtype=torch.bool)
        table = model.get_input_embeddings().weight.detach()
        start = table[torch.where(special, ids, tokenizer.pad_token_id)]
        way = table[ids] - start
        inputs = (start + torch.tensor((nodes + 1) / 2)[:, None, None] * way).requires_grad_()
        types = torch.tensor([text.token_type_ids])
        with torch.no_grad():
            best = int(model(inputs_embeds=table[ids][None], token_type_ids=types).logits.argmax())
        logits = model(inputs_embeds=inputs, token_type_ids=types.expand(rule, -1)).logits[:, best]
        (gradients,) = torch.autograd.grad(logits.sum(), inputs)
        scores.append(np.einsum("b,bpe,pe->p", weights / 2, gradients.numpy(), way.numpy()))
    return scores


def test_convergence_is_the_error_that_autograd_finds(rows, tiny_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    write_xnli(tmp_path, splits=["test"])
    folder = sharpened(tiny_folder("bert", "nli"), tmp_path / "sharp")
    found = {row["steps"]: row for row in rows("convergence", folder, "--limit", "4")}
    assert list(found) == ["auto", "32 nodes", "50 nodes", "100 nodes"]
    assert {row["n"] for row in found.values()} == {12}
    truth = integrals(folder, 300)
    for rule in (32, 50, 100):
        row = found[f"{rule} nodes"]
        assert (row["gradients, mean"], row["most"]) == (rule, rule)
        errors = [np.abs(a - b).max() / np.abs(b).max() for a, b in zip(integrals(folder, rule), truth, strict=True)]
        measured = [row[name] for name in ("median error", "90%", "worst")]
        assert measured == pytest.approx(np.quantile(errors, [0.5, 0.9, 1]).tolist(), rel=0.01, abs=2e-5)
        assert row["under 1%"] == np.mean(np.array(errors) < 0.01)
    assert found["auto"]["under 1%"] == 1
    assert found["auto"]["worst"] < 0.01
    assert found["32 nodes"]["under 1%"] < 1
    assert found["auto"]["gradients, mean"] < found["auto"]["most"] < 100
