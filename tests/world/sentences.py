"""The sentences of all tests, written for them, and data sets made of them, laid out like the hub's."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.data.catalogue import get_dataset

Columns = Mapping[str, Sequence[Any]]

PREMISES = {
    "en": ["the ferry was cancelled", "the boat sailed on time", "the committee rejected it", "the crew slept well"],
    "es": ["el ferri fue cancelado", "el barco zarpó a la hora", "el comité lo rechazó", "la tripulación durmió bien"],
    "ar": ["ألغيت العبارة", "أبحر القارب في موعده", "رفضته اللجنة", "نام الطاقم جيدا"],
    "zh": ["渡轮取消", "船准时启航", "委员会拒绝", "船员睡得好"],
}
HYPOTHESES = {
    "en": ["nobody crossed", "it was late", "it was refused", "the crew was tired"],
    "es": ["nadie cruzó", "llegó tarde", "fue rechazado", "la tripulación estaba cansada"],
    "ar": ["لم يعبر أحد", "تأخر", "تم رفضه", "كان الطاقم متعبا"],
    "zh": ["没人过河", "迟到", "被拒绝", "船员累"],
}
LABELS = [0, 2, 0, 1]

# One text in three languages that the tiny tokenizers cut into few tokens.
ENGLISH, SPANISH, CHINESE = "the storm cancelled the ferry", "la tormenta el ferri", "渡轮因暴风雨而取消"

# What a page must show as text, and a file must keep: markup, a bidi override, a very long word, a formula.
HOSTILE = '<img src=x onerror=window.broken=1> \u202eabc "quoted" =1+1'
LONG = "x" * 10_000
AWKWARD_PREMISES = {
    "en": [HOSTILE, LONG, "=2+3 is a sum"],
    "es": [HOSTILE, LONG, "=2+3 suma"],
    "ar": [HOSTILE, LONG, "=2+3 جمع"],
    "zh": [HOSTILE, LONG, "=2+3 是和"],
}
AWKWARD_HYPOTHESES = {
    "en": ["it is safe", "it is long", "it is five"],
    "es": ["es seguro", "es largo", "son cinco"],
    "ar": ["إنه آمن", "إنه طويل", "إنها خمسة"],
    "zh": ["很安全", "很长", "是五"],
}
# Rows of a shown data set before it repeats: three of each.
CYCLE = 6

QUESTIONS = {
    "en": ["what did the storm close", "when did the bridge open"],
    "es": ["qué cerró la tormenta", "cuándo abrió el puente"],
}
CONTEXTS = {
    "en": ["the storm closed the road for two days", "the old bridge opened in 1889 and is made of iron"],
    "es": ["la tormenta cerró la carretera dos días", "el puente viejo abrió en 1889 y es de hierro"],
}
ANSWERS = {"en": ["the road", "1889"], "es": ["la carretera", "1889"]}


def shown_texts(language: str, row: int) -> tuple[str, str]:
    """Premise and hypothesis of a row of the data set that `write_shown` writes."""
    premises = PREMISES[language][:3] + AWKWARD_PREMISES[language]
    hypotheses = HYPOTHESES[language][:3] + AWKWARD_HYPOTHESES[language]
    return premises[row % CYCLE], hypotheses[row % CYCLE]


def write_split(data: Path, dataset: str, split: str, columns: Mapping[str, Columns]) -> Path:
    """Write one split of a data set, language -> columns, with the README that names its configurations."""
    spec = get_dataset(dataset)
    folder = data / dataset
    for language, values in columns.items():
        configuration = folder / (spec.config_of(language) or "")
        configuration.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(dict(values)), configuration / f"{split}.parquet")
    files = sorted(folder.rglob("*.parquet"))
    lines = ["---", "configs:"]
    for configuration in sorted({file.parent for file in files}):
        name = "default" if configuration == folder else configuration.name
        lines += [f"- config_name: {name}", "  data_files:"]
        for file in (file for file in files if file.parent == configuration):
            lines += [f"  - split: {file.stem}", f"    path: {file.relative_to(folder)}"]
    (folder / "README.md").write_text("\n".join([*lines, "---", ""]), encoding="utf-8")
    return folder


def write_xnli(
    data: Path,
    *,
    splits: Sequence[str] = ("train", "validation", "test"),
    copies: int = 1,
    languages: Iterable[str] = ("en", "es", "zh"),
) -> Path:
    """XNLI with the four plain rows in each language, each repeated `copies` times."""
    for split in splits:
        write_split(
            data,
            "xnli",
            split,
            {
                code: {
                    "premise": PREMISES[code] * copies,
                    "hypothesis": HYPOTHESES[code] * copies,
                    "label": LABELS * copies,
                }
                for code in languages
            },
        )
    return data


def write_shown(data: Path, *, copies: int = 10) -> Path:
    """The data sets behind the dashboard's stores: XNLI (60 rows, four languages) and XQuAD (20 rows, two)."""
    rows = range(CYCLE * copies)
    columns = {}
    for code in PREMISES:
        premises, hypotheses = zip(*(shown_texts(code, row) for row in rows), strict=True)
        columns[code] = {"premise": premises, "hypothesis": hypotheses, "label": [row % 3 for row in rows]}
    write_split(data, "xnli", "test", columns)
    write_split(data, "xquad", "validation", {code: qa_columns(code, copies) for code in QUESTIONS})
    return data


def qa_columns(language: str, copies: int = 1) -> dict[str, list[Any]]:
    """Two questions about two contexts, as SQuAD's columns."""
    contexts, answers = CONTEXTS[language], ANSWERS[language]
    golds = [
        {"text": [answer], "answer_start": [context.index(answer)]}
        for context, answer in zip(contexts, answers, strict=True)
    ]
    return {
        "id": [f"q{index}" for index in range(2 * copies)],
        "question": QUESTIONS[language] * copies,
        "context": contexts * copies,
        "answers": golds * copies,
    }
