"""Small data sets laid out like the hub's, of sentences written for the tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.data.catalogue import get_dataset

Columns = Mapping[str, Sequence[Any]]

PREMISES = {
    "en": ["the ferry was cancelled", "the boat sailed on time", "the committee rejected it", "the crew slept well"],
    "es": ["el ferri fue cancelado", "el barco zarpó a la hora", "el comité lo rechazó", "la tripulación durmió bien"],
    "zh": ["渡轮取消", "船准时启航", "委员会拒绝", "船员睡得好"],
}
HYPOTHESES = {
    "en": ["nobody crossed", "it was late", "it was refused", "the crew was tired"],
    "es": ["nadie cruzó", "llegó tarde", "fue rechazado", "la tripulación estaba cansada"],
    "zh": ["没人过河", "迟到", "被拒绝", "船员累"],
}
LABELS = [0, 2, 0, 1]

CONTEXTS = {
    "en": ["the storm closed the road for two days", "the old bridge opened in 1889 and is made of iron"],
    "es": ["la tormenta cerró la carretera dos días", "el puente viejo abrió en 1889 y es de hierro"],
}
QUESTIONS = {
    "en": ["what did the storm close", "when did the bridge open"],
    "es": ["qué cerró la tormenta", "cuándo abrió el puente"],
}
ANSWERS = {"en": ["the road", "1889"], "es": ["la carretera", "1889"]}


def write_split(data: Path, dataset: str, split: str, columns: Mapping[str, Columns]) -> Path:
    """Write one split of a data set, language -> columns, with the README that names its configurations."""
    spec = get_dataset(dataset)
    folder = data / dataset
    for language, values in columns.items():
        place = folder / (spec.config_of(language) or "")
        place.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(dict(values)), place / f"{split}.parquet")
    files = sorted(folder.rglob("*.parquet"))
    lines = ["---", "configs:"]
    for place in sorted({file.parent for file in files}):
        name = "default" if place == folder else place.name
        lines += [f"- config_name: {name}", "  data_files:"]
        for file in (file for file in files if file.parent == place):
            lines += [f"  - split: {file.stem}", f"    path: {file.relative_to(folder)}"]
    (folder / "README.md").write_text("\n".join([*lines, "---", ""]), encoding="utf-8")
    return folder


def write_xnli(data: Path, *, splits: Sequence[str] = ("train", "validation", "test"), copies: int = 1) -> Path:
    """XNLI with four rows in three languages, each repeated `copies` times."""
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
                for code in PREMISES
            },
        )
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
