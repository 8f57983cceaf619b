"""The table of words, against pandas on the stored columns."""

import json
from collections import defaultdict

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy import stats

from core.cli.app import run
from core.errors import DataError, OptionError, StoreChoiceError, StoreError
from core.paths import SHIPPED_RESULTS
from core.report.words import CLASSES, WordIndex, cells_of
from core.report.words.across import words_across
from core.report.words.lines import LEAST_SIMILARITY, lines_of, partners_of
from core.report.words.losses import losses_table, ranked
from core.report.words.vocabulary import classes_of, folded
from core.store import open_store
from tests.world.stores import without_seals
from tests.world.word_stores import SENTENCES, fill_words, sentences

SHIPPED_RUN = next(SHIPPED_RESULTS.glob("xnli-*-nli-en-*")).name


def by_pandas(folder, source, target, *, reverse=False):
    """Every word of a language pair: row, cluster, word, span, mass and adds, without the code under test."""
    read = {kind: pq.read_table(next((folder / kind).glob("*.parquet"))).to_pandas() for kind in ("pairs", "flows")}
    scores = pq.read_table(next((folder / "attributions").glob("*.parquet"))).to_pandas()
    scores = scores.set_index(["language", "row", "target_index"])
    both = [
        frame[(frame.source_language == source) & (frame.target_language == target)].set_index("row")
        for frame in read.values()
    ]
    lines = []
    for row, pair in both[0][both[0].problem == ""].iterrows():
        flow, index = both[1].loc[row], pair.target_target if reverse else pair.source_target
        text = scores.loc[(target if reverse else source, row, index)]
        kept = ~np.array(text.special, dtype=bool)
        mass = np.abs(text.scores)[kept] / np.abs(text.scores)[kept].sum()
        gains = defaultdict(float)
        ends = flow.target_units if reverse else flow.source_units
        for unit, amount, similarity in zip(ends, flow.masses, flow.similarities, strict=True):
            gains[unit] += float(amount) * max(float(similarity), 0.0)
        columns = [np.array(text[name])[kept] for name in ("words", "fields", "starts", "ends")]
        lines += [(row, pair.cluster, *part, mass[at], gains[at]) for at, part in enumerate(zip(*columns, strict=True))]
    names = ["row", "cluster", "word", "field", "start", "end", "mass", "adds"]
    units = pd.DataFrame(lines, columns=names).groupby(["row", "cluster", "word", "field"], as_index=False)
    return units.agg(start=("start", "min"), end=("end", "max"), mass=("mass", "sum"), adds=("adds", "sum"))


def means(words, key):
    """Mean loss and its interval, clustered: the linearised variance of a ratio, written out."""
    lines = {}
    for name, group in words.assign(lost=(words.mass - words.adds).clip(lower=0)).groupby(key):
        sums = group.groupby("cluster").lost.agg(["sum", "size"])
        mean, size = group.lost.mean(), len(sums)
        apart = (sums["sum"] - mean * sums["size"]) ** 2
        half = np.nan
        if size > 1:
            half = stats.t.ppf(0.975, size - 1) * np.sqrt(size / (size - 1) * apart.sum()) / len(group)
        lines[name] = (len(group), size, mean, max(mean - half, 0.0) if size > 1 else np.nan, mean + half)
    return pd.DataFrame(lines, index=["n", "examples", "lost", "lost_low", "lost_high"]).T


def letters(identity, language):
    """Texts that are as long as any: "ababcabcd..." cut anywhere gives words to count."""
    text = "".join("abcdefghijklmnopqrstuvwxyz"[: 2 + at % 5] for at in range(2_000))
    return dict.fromkeys(range(5_010), (text, text))


@pytest.mark.parametrize(("language", "other"), [("en", "zh"), ("zh", "en")])
def test_a_shipped_run_equals_pandas(language, other):
    reader = open_store(SHIPPED_RESULTS).read()
    index = WordIndex(reader, letters)
    (cell,) = cells_of(reader, SHIPPED_RUN, language, [other])
    table = index.losses([cell]).set_index("name")
    words = by_pandas(SHIPPED_RESULTS / SHIPPED_RUN, "en", "zh", reverse=language == "zh")
    text = letters(None, language)[0][0]
    words["name"] = [text[start:end] for start, end in zip(words.start, words.end, strict=True)]
    expected = means(words, "name")
    assert set(table.index) == set(expected.index)
    for column in expected:
        # A stored flow may exceed its mass by its rounding.
        assert table[column].loc[expected.index].to_numpy() == pytest.approx(
            expected[column].to_numpy(), abs=2e-4, nan_ok=True
        ), column


def test_the_command_prints_what_pandas_computes(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("CCTA_DATA", str(tmp_path))
    options = ["--store", str(SHIPPED_RESULTS), "--dataset", "xnli", "--target-lang", "zh", "--by", "position"]
    assert run(["words", *options, "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    printed = pd.DataFrame([line.split(",") for line in lines[1:]], columns=lines[0].split(",")).set_index("position")
    words = by_pandas(SHIPPED_RESULTS / SHIPPED_RUN, "en", "zh").sort_values(["row", "word"])
    place = words.groupby(["row", "field"]).cumcount() * 5 // words.groupby(["row", "field"]).word.transform("size")
    expected = means(words.assign(place=place), "place")
    order = printed.loc[["first fifth", "second fifth", "middle", "fourth fifth", "last fifth"]]
    assert order["n"].astype(int).tolist() == expected["n"].tolist()
    for column in ("lost", "lost_low", "lost_high"):
        assert order[column].astype(float).to_numpy() == pytest.approx(expected[column].to_numpy(), abs=1e-4)
    assert set(printed["others"]) == {"zh"}


def test_without_text_the_command_says_how_to_get_it(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("CCTA_DATA", str(tmp_path))
    assert run(["words", "--store", str(SHIPPED_RESULTS), "--dataset", "xnli"]) == 2
    said = capsys.readouterr().err
    assert "CCTA_DATA" in said
    assert "position, length, field" in said


@pytest.mark.parametrize("level", ["token", "word"])
@pytest.mark.parametrize("aggregate", ["sum", "l2"])
@pytest.mark.parametrize(("language", "other"), [("en", "es"), ("es", "en")])
def test_what_is_lost_in_a_sentence_sums_to_one_minus_c(tmp_path, level, aggregate, language, other):
    reader = fill_words(tmp_path, level=level, aggregate=aggregate).read()
    index = WordIndex(reader, sentences)
    (cell,) = cells_of(reader, next(iter(reader.runs)), language, [other])
    pairs = reader.values().set_index("row")["consistency"]
    for row, consistency in pairs.items():
        table = index.losses([cell], allowed={cell: [row]})
        assert (table["lost"] * table["n"]).sum() == pytest.approx(1 - consistency, abs=1e-3)
        assert (table["mass"] * table["n"]).sum() == pytest.approx(1)
        words = SENTENCES[language][row].lower().split()
        assert dict(zip(table["name"].str.lower(), table["n"], strict=True)) == {w: words.count(w) for w in words}


def test_every_class_counts_every_word_once(tmp_path):
    reader = fill_words(tmp_path).read()
    index = WordIndex(reader, sentences)
    cells = cells_of(reader, next(iter(reader.runs)), "en")
    tables = {by: index.losses(cells, by) for by in CLASSES}
    n_words = sum(len(text.split()) for text in SENTENCES["en"])
    assert {by: int(table["n"].sum()) for by, table in tables.items()} == dict.fromkeys(CLASSES, n_words)
    assert all(table["share"].sum() == pytest.approx(1) for table in tables.values())
    assert list(tables["script"]["name"]) == ["Latin"]
    lost = {by: (table["lost"] * table["n"]).sum() for by, table in tables.items()}
    assert list(lost.values()) == pytest.approx([lost["word"]] * len(CLASSES))


def test_partners_are_the_masses_that_meet_a_word(tmp_path):
    """Over a sentence the masses of partners sum to the mass of all words of the other side that anything meets."""
    reader = fill_words(tmp_path).read()
    index = WordIndex(reader, sentences)
    (cell,) = cells_of(reader, next(iter(reader.runs)), "en", ["es"])
    flows = reader.sql("SELECT row, target_units, similarities FROM flows").set_index("row")
    scores = reader.sql("SELECT row, scores FROM attributions WHERE language = 'es'").set_index("row")["scores"]
    for row, flow in flows.iterrows():
        mass = np.abs(scores[row][1:]) / np.abs(scores[row]).sum()
        met = {unit for unit, similarity in zip(flow.target_units, flow.similarities, strict=True) if similarity > 0}
        table = index.losses([cell], allowed={cell: [row]})
        assert (table["partners"] * table["n"]).sum() == pytest.approx(mass[sorted(met)].sum())
        assert table["difference"].to_numpy() == pytest.approx((table["mass"] - table["partners"]).to_numpy())


def test_words_fold_case_and_keep_their_usual_form(tmp_path):
    reader = fill_words(tmp_path).read()
    index = WordIndex(reader, sentences)
    (cell,) = cells_of(reader, next(iter(reader.runs)), "en", ["es"])
    table = index.losses([cell]).set_index("name")
    assert (table.loc["ferry", "n"], table.loc["ferry", "examples"]) == (3, 2), "two rows are of one cluster"
    assert table.loc["the", "n"] == 4
    assert index.key(cell, "FERRY") == table.loc["ferry", "key"]
    assert index.key(cell, "harbour") is None


def test_lines_hold_the_word_and_its_partners(tmp_path):
    reader = fill_words(tmp_path).read()
    index = WordIndex(reader, sentences)
    (cell,) = cells_of(reader, next(iter(reader.runs)), "en", ["es"])
    word = ("word", index.key(cell, "ferry"))
    lines = lines_of(index, reader, cell, word)
    assert [line.words[line.at].text for line in lines] == ["ferry"] * 3
    assert [line.lost for line in lines] == sorted([line.lost for line in lines], reverse=True)
    assert sorted(" ".join(word.text for word in line.others) for line in lines) == sorted(SENTENCES["es"][:3])
    for line in lines:
        assert sum(word.mass for word in line.words) == pytest.approx(1)
        assert sum(word.share * word.similarity for word in line.others) == pytest.approx(line.met, abs=1e-3)
        assert line.lost == pytest.approx(line.mass * (1 - line.met), abs=1e-9)
    partners = partners_of(index, reader, cell, word)
    mass = {line.row: line.mass for line in lines}
    assert sum(partner.share for partner in partners.partners) + partners.alone == pytest.approx(1)
    assert all(partner.similarity >= LEAST_SIMILARITY for partner in partners.partners)
    counted = defaultdict(float)
    for line in lines:
        for other in line.others:
            if other.similarity >= LEAST_SIMILARITY:
                counted[folded(other.text, "es")] += other.share * mass[line.row] / sum(mass.values())
    assert {folded(one.name, "es"): one.share for one in partners.partners} == pytest.approx(dict(counted))


def test_one_example_across_languages(tmp_path):
    reader = fill_words(tmp_path).read()
    index = WordIndex(reader, sentences)
    (cell,) = cells_of(reader, next(iter(reader.runs)), "en", ["es"])
    words = words_across(reader, [cell], 2, (SENTENCES["en"][2],))
    assert [word.text for word in words] == SENTENCES["en"][2].split()
    assert sum(word.mass for word in words) == pytest.approx(1)
    table = index.losses([cell], allowed={cell: [2]}).set_index("name")
    for word in words:
        if word.text.lower() != "the":
            assert word.received["es"].partners == pytest.approx(table.loc[word.text, "partners"])
            assert word.received["es"].met == pytest.approx(table.loc[word.text, "met"])
    assert {word.text for word in words_across(reader, [cell], 2, None)} == {""}
    assert words_across(reader, [cell], 99, None) == ()


def test_without_text_words_have_positions_and_lengths(tmp_path):
    def nowhere(identity, language):
        raise DataError("The ferries are not on this computer.")

    reader = fill_words(tmp_path).read()
    index = WordIndex(reader, nowhere)
    cells = cells_of(reader, next(iter(reader.runs)), "en")
    with pytest.raises(OptionError, match="not on this computer"):
        index.losses(cells)
    table = index.losses(cells, "length").set_index("name")
    lengths = [len(word) for text in SENTENCES["en"] for word in text.split()]
    assert table.loc["2–3 characters", "n"] == sum(2 <= size <= 3 for size in lengths)
    assert table.loc["4–6 characters", "n"] == sum(4 <= size <= 6 for size in lengths)
    line = lines_of(index, reader, cells[0], ("length", 1), limit=1)[0]
    assert {word.text for word in (*line.words, *line.others)} == {""}
    assert partners_of(index, reader, cells[0], ("length", 1)) is None


def test_flows_of_another_computation_are_refused(tmp_path):
    store = fill_words(tmp_path)
    file = next(tmp_path.glob("*/flows/*.parquet"))
    table = pq.read_table(file)
    halved = pd.Series(table["masses"].to_pandas()).map(lambda masses: masses / 2)
    other = table.set_column(table.column_names.index("masses"), table.schema.field("masses"), [halved.tolist()])
    pq.write_table(without_seals(other), file)
    reader = store.read()
    with pytest.raises(StoreError, match="store check"):
        WordIndex(reader, sentences).losses(cells_of(reader, next(iter(reader.runs)), "en"))


def test_a_run_without_these_flows_is_named(tmp_path):
    reader = fill_words(tmp_path).read()
    with pytest.raises(StoreChoiceError, match="en-es"):
        cells_of(reader, next(iter(reader.runs)), "en", ["zh"])


def test_intervals_cover_the_mean():
    """Simulated clusters of dependent occurrences: 95% intervals hold the true mean in about 95% of data sets."""
    rng, held = np.random.default_rng(0), []
    for _ in range(400):
        sizes = rng.integers(1, 5, 60)
        sums = np.array([(0.5 + rng.normal(0, 0.1) + rng.normal(0, 0.05, size)).sum() for size in sizes])
        line = {"cell": 0, "key": 0, "n": sizes.sum(), "examples": 60, "mass": sums.sum(), "adds": 0.0, "partners": 0.0}
        squares = {"squares": (sums**2).sum(), "with_n": (sums * sizes).sum()}
        line |= {f"{name}_{part}": value for name in ("lost", "difference") for part, value in squares.items()}
        table = losses_table(pd.DataFrame([line | {"n_squares": (sizes**2).sum()}]))
        held.append(table["lost_low"][0] <= 0.5 <= table["lost_high"][0])
    assert 0.92 <= np.mean(held) <= 0.975


def test_rare_words_come_last():
    table = pd.DataFrame({"name": ["a", "b", "c"], "lost": [0.9, 0.1, 0.5], "examples": [2, 30, 12]})
    assert list(ranked(table, least=10)["name"]) == ["c", "b", "a"]
    assert list(ranked(table)["name"]) == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("spelling", "language", "expected"),
    [
        ("the", "en", (0, 0, "Latin")),
        ("zarpó", "es", (3, 0, "Latin")),
        ("не", "ru", (0, 0, "Cyrillic")),
        ("不", "zh", (0, 0, "Han")),
        ("b2b", "en", (5, 1, "Latin")),
        ("...", "en", (5, 2, "none")),
        ("habari", "sw", (4, 0, "Latin")),
    ],
)
def test_classes_of_a_spelling(spelling, language, expected):
    classes = classes_of(spelling, language)
    assert (classes.frequency, classes.characters, classes.script) == expected


def test_json_is_an_object_a_line(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("CCTA_DATA", str(tmp_path))
    options = ["--dataset", "paws-x", "--by", "length", "--format", "json", "--limit", "2"]
    assert run(["words", "--store", str(SHIPPED_RESULTS), *options]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert len(entries) == 2
    assert entries[0]["lost"] >= entries[1]["lost"]
    assert entries[0]["others"].split() == ["de", "es", "fr", "ko", "zh"]
