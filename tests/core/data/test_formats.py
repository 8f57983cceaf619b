"""The layouts of parallel texts: each is read into the same rows, or refused in one line that names file and place."""

import json

import pytest

from core.data.files import is_own, read_parallel_file
from core.data.local import keep_rows
from core.errors import DataError
from core.results import Answer
from core.runs.data import load_run_data

TEXTS = {"en": ("The train was late.", "It rained."), "de": ("Der Zug kam spät.", "Es regnete.")}
PLAIN = "en,de\nThe train was late.,Der Zug kam spät.\nIt rained.,Es regnete.\n"
OLD, LATE = "the train was old and the train was late", "der Zug war alt und der Zug kam spät"


def write(place, content):
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return place


def squad(context, answer, start, ids=("a", "b")):
    questions = [{"id": i, "question": f"which {i}", "answers": [{"text": answer, "answer_start": start}]} for i in ids]
    return json.dumps(
        {"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": context, "qas": questions}]}]}
    )


def tmx(units, head=""):
    body = "".join(
        "<tu>" + "".join(f'<tuv xml:lang="{tag}"><seg>{text}</seg></tuv>' for tag, text in unit.items()) + "</tu>"
        for unit in units
    )
    return f'<?xml version="1.0"?>\n{head}<tmx version="1.4"><header srclang="en"/><body>{body}</body></tmx>'


def columns(file):
    return {code: tuple(text for (text,) in rows.texts) for code, rows in file.texts.items()}


def pairs():
    return list(zip(TEXTS["en"], TEXTS["de"], strict=True))


LAYOUTS = {
    "comma.csv": PLAIN,
    "semicolon.csv": PLAIN.replace(",", ";"),
    "bar.txt": PLAIN.replace(",", "|"),
    "tab.tsv": PLAIN.replace(",", "\t"),
    "quoted.tsv": "\n".join(f'"{a}"\t"{b}"' for a, b in [("en", "de"), *pairs()]),
    "mark.csv": b"\xef\xbb\xbf" + PLAIN.encode(),
    "utf16.csv": PLAIN.encode("utf-16"),
    "utf16-bare.csv": PLAIN.encode("utf-16-le"),
    "western.csv": PLAIN.encode("cp1252"),
    "windows.csv": PLAIN.replace("\n", "\r\n"),
    "regions.csv": PLAIN.replace("en,de", "en-US,deu_Latn"),
    "lines.jsonl": "\n".join(json.dumps({"EN": a, "de": b}) for a, b in pairs()),
    "list.json": json.dumps([{"en": a, "de": b} for a, b in pairs()], indent=1),
    "hub.jsonl": "\n".join(json.dumps({"translation": {"en": a, "de": b}}) for a, b in pairs()),
    "bars.en-de": "\n".join(f"{a} ||| {b}" for a, b in pairs()),
    "memory.tmx": tmx([{"en-US": a, "de-DE": b} for a, b in pairs()], '<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n'),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_same_rows_and_fingerprint(tmp_path, name):
    file = read_parallel_file(write(tmp_path / name, LAYOUTS[name]))
    assert columns(file) == TEXTS
    assert file.fingerprint == read_parallel_file(write(tmp_path / "as.csv", PLAIN)).fingerprint
    assert "2 rows in en" in file.notices[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("semicolon.csv", "semicolons"),
        ("utf16.csv", "UTF-16"),
        ("western.csv", "Windows-1252"),
        ("mark.csv", "byte order mark"),
        ("regions.csv", r"en \(en-US\), de \(deu_Latn\)"),
    ],
)
def test_what_was_recognised_is_said(tmp_path, name, said):
    assert read_parallel_file(write(tmp_path / name, LAYOUTS[name])).notices[0].count(said.replace("\\", "")) == 1


def test_files_of_one_language_each(tmp_path):
    for code, texts in TEXTS.items():
        write(tmp_path / f"corpus.{code}", "\n".join(texts) + "\n")
    names = f"{tmp_path / 'corpus.en'},{tmp_path / 'corpus.de'}"
    assert columns(read_parallel_file(names)) == columns(read_parallel_file(tmp_path)) == TEXTS
    assert read_parallel_file(names).name == "corpus"
    write(tmp_path / "corpus.de", "Regen.\n")
    with pytest.raises(DataError, match=r"corpus\.de has 1 row, but .*corpus\.en has 2"):
        read_parallel_file(names)


@pytest.mark.parametrize(
    "names",
    [
        {"en": "newstest2019-src.eng.txt", "de": "newstest2019-ref.deu.txt"},
        {"en": "eng_Latn.dev", "de": "deu_Latn.dev"},
        {"en": "dev/eng_Latn.dev", "de": "dev/deu_Latn.dev"},
    ],
)
def test_folders_of_news_with_a_file_for_each_language(tmp_path, names):
    for code, name in names.items():
        write(tmp_path / "news" / name, "\n".join(TEXTS[code]) + "\n")
    write(tmp_path / "news" / "LICENCE", "ours")
    file = read_parallel_file(tmp_path / "news")
    assert columns(file) == TEXTS
    assert file.name == "news"
    assert any("files not read: LICENCE" in line for line in file.notices)


def test_the_original_file_of_xnli_is_aligned_by_its_pairs(tmp_path):
    head = "language\tgold_label\tsentence1\tsentence2\tpromptID\tpairID\n"
    rows = [
        'en\tneutral\tIt "rains.\tSun.\t1\t1',
        "en\tentailment\tIt rains.\tRain.\t1\t2",
        "de\tentailment\tEs regnet.\tRegen.\t1\t2",
    ]
    rows += ['de\tneutral\tEs "regnet.\tSonne.\t1\t1', "pt\tneutral\tChove.\tSol.\t1\t1"]
    file = read_parallel_file(write(tmp_path / "xnli.test.tsv", head + "\n".join(rows)))
    assert file.task.name == "nli"
    assert file.texts["de"].texts == (('Es "regnet.', "Sonne."), ("Es regnet.", "Regen."))
    assert file.texts["en"].labels == file.texts["de"].labels == ("neutral", "entailment")
    assert any("languages not read: pt" in line for line in file.notices)
    with pytest.raises(DataError, match="line 4: the label is 'neutral', but 'entailment' in en"):
        read_parallel_file(
            write(tmp_path / "b.tsv", head + "\n".join([*rows[:2], rows[2].replace("entailment", "neutral")]))
        )


def test_the_original_folder_of_paws_x(tmp_path):
    for code, word in (("en", "rain"), ("de", "Regen")):
        for split in ("test_2k", "dev_2k"):
            rows = f"id\tsentence1\tsentence2\tlabel\n1\t{word} {split}\t{word}\t0\n2\t{word}\t{word}\t1\n"
            write(tmp_path / "x-final" / code / f"{split}.tsv", rows)
    file = read_parallel_file(tmp_path / "x-final")
    assert file.task.name == "paraphrase"
    assert file.texts["de"].texts[0] == ("Regen test_2k", "Regen")
    assert file.texts["de"].labels == ("different", "paraphrase")
    dev = load_run_data(str(tmp_path / "x-final"), "all", "dev_2k", "hub", limit=None, seed=0)
    assert dev.rows["en"].texts[0] == ("rain dev_2k", "rain")
    with pytest.raises(DataError, match=r"no files, or several, of the split train\. .*test_2k"):
        read_parallel_file(tmp_path / "x-final", split="train")


@pytest.mark.parametrize(
    "names",
    [("xquad.en.json", "xquad.de.json"), ("test-context-en-question-en.json", "test-context-de-question-de.json")],
)
def test_questions_are_aligned_by_their_ids(tmp_path, names):
    write(tmp_path / "qa" / names[0], squad(OLD, "the train", 22))
    write(tmp_path / "qa" / names[1], squad(LATE, "der Zug", 20, ids="b"))
    file = read_parallel_file(tmp_path / "qa")
    assert file.texts["en"].texts == (("which b", OLD),)
    assert file.texts["en"].answers == ((Answer("the train", 22),),)
    assert file.texts["de"].answers == ((Answer("der Zug", 20),),)
    assert any("1 of 2 rows" in line for line in file.notices)
    write(tmp_path / "qa" / names[1], squad(LATE, "der Zug", 19))
    with pytest.raises(DataError, match=r"question 'a': answers.de is 'der Zug', but at answer_start 19"):
        read_parallel_file(tmp_path / "qa")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("null", "null"),
        ("3", "the number 3"),
        ('["a"]', "a list"),
        ("true", "true"),
        ("NaN", "NaN"),
        ('{"a": 1}', "an object"),
    ],
)
def test_a_cell_that_is_not_text_is_refused(tmp_path, cell, said):
    path = write(tmp_path / "a.jsonl", f'{{"en": "Rain.", "de": "Regen."}}\n{{"en": "Late.", "de": {cell}}}\n')
    with pytest.raises(DataError, match=f"a.jsonl, line 2: de is {said}, not text"):
        read_parallel_file(path)


@pytest.mark.parametrize("label", ["true", "1.0", "null", '"1.0"', '"maybe"', "3", '["neutral"]'])
def test_a_label_of_another_type_is_refused(tmp_path, label):
    row = f'{{"premise.en": "a", "hypothesis.en": "b", "label": {label}}}'
    with pytest.raises(DataError, match=r"line 1: the label .* is none of entailment"):
        read_parallel_file(write(tmp_path / "a.jsonl", row))


def test_labels_are_names_or_numbers(tmp_path):
    rows = [f'{{"premise.en": "a", "hypothesis.en": "b", "label": {label}}}' for label in ("1", '"1"', '"Neutral"')]
    file = read_parallel_file(write(tmp_path / "a.jsonl", "\n".join(rows)))
    assert file.texts["en"].labels == ("neutral",) * 3


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", 'en,de\n"Hello,Hallo\nGood",Gut\n', "line 2: a quotation mark begins a cell that ends on line 3"),
        ("a.csv", 'en,de\nx,y\n"Hello,Hallo\nGood,Gut\n', "line 3: a cell begins with a quotation mark"),
        ("a.csv", "en,de\nRain.,\n", "line 2: de is empty"),
        ("a.csv", "en,de\nRain.,NaN\n", "line 2: de is null, not text"),
        ("a.csv", "en-US,en_GB,de\na,b,c\n", "two columns of the language en: en-US and en_GB"),
        ("a.csv", b"en,de\nRain.,\x81\n", r"line 2: byte 12 \(0x81\) is not UTF-8"),
        ("a.csv", "en,de\nü.,äöü\n".encode() + b"x,\xff\n", "line 3: byte 19"),
        ("a.csv", "en,ru\nRain.,дождь\n".encode("cp1251"), "Windows-1252 has no letters for ru"),
        (
            "a.csv",
            "question.en,context.en,answer.en\nwhen,the old the,the\n",
            "line 2: .* occurs 2 times .* answer_start.en",
        ),
        ("a.jsonl", '{"en": "a", "en": "b", "de": "c"}\n', "line 1 .*two values of the name en"),
        ("a.jsonl", '{"en": "\\ud800", "de": "c"}\n', "line 1: en is not valid Unicode"),
        ("a.txt", "Rain. ||| Regen.\n", "2 fields a line, but neither its name nor --languages"),
        ("a.en-de", "Rain. ||| Regen.\nSun.\n", "line 2: 1 fields"),
        ("a.xlf", '<?xml version="1.0"?><xliff/>', "this XML is xliff, not tmx"),
        (
            "a.tmx",
            tmx([{"en": "&e;", "de": "x"}], '<!DOCTYPE tmx [<!ENTITY e "x">]>'),
            "line 2: the entity e is not read",
        ),
        ("a.tmx", tmx([{"en": "&e;", "de": "x"}], '<!DOCTYPE tmx SYSTEM "tmx14.dtd">'), "the entity e is not read"),
        ("a.tmx", "<tmx><body>", "is not XML"),
        ("a.xlsx", b"PK\x03\x04", "an archive or spreadsheet, not text"),
        ("a.txt", "Some prose.\n", "texts without a language"),
    ],
)
def test_what_is_not_clear_is_refused_in_one_line(tmp_path, name, content, said):
    with pytest.raises(DataError, match=said) as caught:
        read_parallel_file(write(tmp_path / name, content))
    assert "\n" not in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)


def test_quotation_marks_in_tabs_are_text(tmp_path):
    file = read_parallel_file(write(tmp_path / "a.tsv", 'en\tde\n"Hello\tHallo"\n"Bye"\tTschüss\n'))
    assert columns(file) == {"en": ('"Hello', '"Bye"'), "de": ('Hallo"', "Tschüss")}
    assert any("1 cell in quotation marks keep" in line for line in file.notices)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_cell_of_several_lines_is_read_where_it_is_clear(tmp_path, name):
    mark = "," if name == "a.csv" else "\t"
    text = f'"en"{mark}"de"\n"Late,{mark} he said.\nThen ""no"".",{mark}'.replace(f",{mark}", f"{mark}") + '"Spät."\n'
    file = read_parallel_file(write(tmp_path / name, text))
    assert len(file.texts["en"]) == 1 and '\nThen "no".' in file.texts["en"].texts[0][0]
    if name == "a.csv":
        file = read_parallel_file(write(tmp_path / name, 'en,de\n"Late, he said.\nThen no.",Spät\n'))
        assert file.texts["en"].texts == (("Late, he said.\nThen no.",),)


def test_a_language_that_is_not_known_is_named_and_one_language_alone_is_refused(tmp_path):
    three = read_parallel_file(write(tmp_path / "a.csv", "en,de,pt\na,b,c\n"))
    assert three.languages == ("en", "de")
    assert any("columns not read: pt" in line for line in three.notices)
    path = write(tmp_path / "b.csv", "en,pt\na,b\n")
    with pytest.raises(DataError, match=r"one language that is read, en.*columns not read: pt"):
        load_run_data(str(path), "all", None, "hub", limit=None, seed=0)


def test_units_without_a_segment_are_left_out_and_said(tmp_path):
    path = write(tmp_path / "a.tmx", tmx([{"en": "a <bpt i='1'>&lt;b&gt;</bpt>b &amp; c", "de": "d"}, {"en": "e"}]))
    file = read_parallel_file(path)
    assert columns(file) == {"en": ("a b & c",), "de": ("d",)}
    assert any("1 of 2 units lack a segment" in line for line in file.notices)


def test_units_may_write_one_language_in_several_ways(tmp_path):
    file = read_parallel_file(write(tmp_path / "a.tmx", tmx([{"en-US": "a", "de": "b"}, {"en-GB": "c", "DE-AT": "d"}])))
    assert columns(file) == {"en": ("a", "c"), "de": ("b", "d")}
    with pytest.raises(DataError, match=r"two segments in en \(en-GB\)"):
        read_parallel_file(write(tmp_path / "b.tmx", tmx([{"en-US": "a", "en-GB": "x", "de": "b"}])))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("two-marks.csv", "\ufeff\ufeff" + PLAIN),
        ("data.json", json.dumps({"data": [{"en": a, "de": b} for a, b in zip(*TEXTS.values(), strict=True)]})),
        ("index.csv", "".join(f"{at},{line}\n" for at, line in zip(("", 0, 1), PLAIN.splitlines(), strict=True))),
    ],
)
def test_what_other_programs_add_is_no_obstacle(tmp_path, name, content):
    file = read_parallel_file(write(tmp_path / name, content))
    assert columns(file) == TEXTS
    assert name != "index.csv" or "columns not read: one without a name" in file.notices[1]


@pytest.mark.parametrize("cell", ["N/A", " NaN", "#DIV/0!", "\\N", "NA", "null "])
def test_no_value_is_no_sentence(tmp_path, cell):
    with pytest.raises(DataError, match="line 2: de is null, not text"):
        read_parallel_file(write(tmp_path / "a.csv", f"en,de\nRain.,{cell}\n"))


@pytest.mark.parametrize(("name", "content"), [("a.json", "[]"), ("a.tmx", tmx([])), ("a.tmx", tmx([{"pt": "x"}]))])
def test_a_file_without_rows_says_so(tmp_path, name, content):
    with pytest.raises(DataError, match="has no rows"):
        read_parallel_file(write(tmp_path / name, content))


def test_the_languages_of_bars_are_asked_for_in_their_order(tmp_path):
    path = write(tmp_path / "a.txt", "Regen. ||| Rain.\n")
    assert columns(read_parallel_file(path, ["de", "en"])) == {"de": ("Regen.",), "en": ("Rain.",)}


def test_kept_rows_are_read_back_with_the_same_fingerprint(tmp_path, own_cache):
    write(tmp_path / "qa" / "x.en.json", squad(OLD, "the train", 22))
    write(tmp_path / "qa" / "x.de.json", squad(LATE, "der Zug", 20))
    for source in (tmp_path / "qa", write(tmp_path / "a.csv", "premise.en,hypothesis.en,label\na,b,2\n")):
        file = read_parallel_file(source)
        kept = read_parallel_file(keep_rows(file.texts, file.fingerprint))
        assert kept.fingerprint == file.fingerprint == kept.path.parent.name
        assert {code: rows.answers for code, rows in kept.texts.items()} == {
            code: rows.answers for code, rows in file.texts.items()
        }


def test_what_names_own_texts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xnli").mkdir()
    (tmp_path / "mine").mkdir()
    assert [is_own(name) for name in ("xnli", "xnlii", "./xnli", "mine", "a.csv", "a.en,a.de")] == [
        False,
        False,
        True,
        True,
        True,
        True,
    ]
