"""Stores filled with made-up records, without a model; and shards that are spoilt."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from core.store import RunIdentity, Store, WorkUnit, blocks, open_store
from core.store.layout import LAYOUT
from core.store.records import Record
from tests.world.records import CLASSES, ROWS, Believable, identity, records

# A store of its own and its language pairs: English with every language.
STORE_LANGUAGES = ("en", "es", "zh")


def plan(rows: Sequence[int] = ROWS, size: int = 2, languages: Sequence[str] = STORE_LANGUAGES) -> list[WorkUnit]:
    """Units of all four kinds: every language, and English with every language."""
    texts = [
        unit
        for kind in ("predictions", "attributions")
        for language in languages
        for unit in blocks(kind, [language], rows, size=size)
    ]
    return texts + [
        unit
        for kind in ("pairs", "flows")
        for language in languages
        for unit in blocks(kind, ["en", language], rows, size=size)
    ]


def fill(
    location: str | Path,
    *,
    units: Iterable[WorkUnit] | None = None,
    run: RunIdentity | None = None,
    versions: Mapping[str, str] | None = None,
    seconds: float = 1.0,
    make: Callable[[WorkUnit], list[Record]] = records,
) -> Store:
    """Write what is missing of a plan; returns the store."""
    store = open_store(location, create=True)
    writer = store.run(run or identity(), versions or {"torch": "2"})
    for unit in writer.missing(plan() if units is None else units):
        assert writer.write(unit, make(unit), seconds=seconds)
    writer.finish()
    return store


def fill_runs(
    location: str | Path,
    *,
    dataset: str = "xnli",
    split: str | None = None,
    task: str = "nli",
    model: str = "tiny-nli",
    trained: Sequence[str] = ("en", "es", "zh"),
    languages: Sequence[str] = ("en", "es", "ar", "zh"),
    rows: Sequence[int] = range(50),
    attributions: bool = False,
    data: Path | None = None,
    steps: str | int = "auto",
    known: bool = True,
    every_pair: bool = False,
    advantages: Mapping[str, float] = MappingProxyType({}),
    shift: float = 0.0,
    **believable: float | bool,
) -> Store:
    """A run for each training language, compared with every language; a checkpoint is called `tiny-nli-en`.

    With `data` it is under that data set's fingerprint. `known` says whether runs name their training language.
    `every_pair` adds the pairs without the training language; `advantages` are added to every C of two languages
    under the checkpoint of a training language.
    """
    from core.data.load import load_rows

    split = split or ("validation" if task == "qa" else "test")
    fingerprint = load_rows(dataset, "en", split, data).fingerprint if data else "elsewhere"
    for code in trained:
        texts = ("predictions", "attributions") if attributions else ("predictions",)
        keys = [(kind, (language,)) for kind in texts for language in languages]
        keys += [("pairs", (code, language)) for language in languages]
        others = [language for language in languages if language != code]
        keys += [("pairs", pair) for pair in combinations(others, 2)] if every_pair else []
        store = fill(
            location,
            units=[unit for kind, spoken in keys for unit in blocks(kind, spoken, rows, size=4096)],
            run=identity(
                dataset=dataset,
                split=split,
                checkpoint=f"{model}-{code}",
                revision="1",
                task=task,
                train_language=code if known else None,
                labels=CLASSES[task],
                data_fingerprint=fingerprint,
                settings={"mass": "abs", "space": "isolated", "level": "token", "explain": "source", "steps": steps},
            ),
            seconds=2.0,
            make=Believable(task, code, shift=shift + advantages.get(code, 0.0), **believable).records,
        )
    return store


def fill_nli(location: str | Path, data: Path | None = None, **changes: object) -> Store:
    """Two checkpoints on 60 rows of XNLI, with attributions; one row could not be compared in Spanish."""
    usual = {"trained": ("en", "es"), "rows": range(60), "attributions": True, "absent": True}
    return fill_runs(location, data=data, **(usual | changes))


def fill_qa(location: str | Path, data: Path | None = None, *, rows: Sequence[int] = range(20)) -> Store:
    """A run of question answering, English with English and Spanish, answer start and answer end."""
    return fill_runs(
        location,
        data=data,
        dataset="xquad",
        task="qa",
        model="tiny-qa",
        trained=("en",),
        languages=("en", "es"),
        rows=rows,
        attributions=True,
    )


def shard_files(folder: Path, kind: str = "*") -> list[Path]:
    """The shards of a store in a folder."""
    return sorted(folder.glob(f"*/{kind}/*.parquet"))


def flip(file: Path, at: int | None = None) -> None:
    """Change one byte in the middle of a shard's data; its footer stays whole."""
    size = _data_size(file)
    _overwrite(file, size // 2 if at is None else at, 1)


def spoil(file: Path) -> None:
    """Change every byte of a shard's data, so that no reader gets through; its footer stays whole."""
    _overwrite(file, 4, _data_size(file) - 4)


def _data_size(file: Path) -> int:
    data = file.read_bytes()
    return len(data) - int.from_bytes(data[-8:-4], "little") - 8


def _overwrite(file: Path, start: int, length: int) -> None:
    data = bytearray(file.read_bytes())
    for position in range(start, start + length):
        data[position] ^= 0xFF
    file.write_bytes(data)


def without_seals(table: pa.Table) -> pa.Table:
    """The table of a shard with a footer as earlier versions wrote it, whose bytes no digest covers."""
    footer = json.loads(table.schema.metadata[LAYOUT.footer])
    del footer["data"], footer["seal"]
    return table.replace_schema_metadata({LAYOUT.footer: json.dumps(footer).encode()})
