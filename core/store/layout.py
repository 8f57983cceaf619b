"""The layout of a store: names of files, columns of the four kinds of record, and the version of both.

STORE/<run>/manifest.json                which run this is: settings, revisions, fingerprint, versions, timing
STORE/<run>/<kind>/<name>.parquet        a shard: rows of one kind, with the run and its units in the footer
STORE/<run>/<kind>/<name>.parquet.damaged   a shard that was set aside because it could not be read

A column marked `local` holds third-party text: `store export --scores-only` leaves it out and the hash does not
cover it. An `optional` column was added later: shards from before lack it, which reads as null. The hash covers every
other column, so a store and its export have the same hash, and so do equal runs from before and after.
"""

from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

SCHEMA_VERSION = 1

_TEXT, _TEXTS = pa.string(), pa.list_(pa.string())
_INT, _INTS = pa.int32(), pa.list_(pa.int32())
_REAL, _REALS = pa.float64(), pa.list_(pa.float64())
_SHORT_REALS = pa.list_(pa.float32())
_FLAG, _FLAGS = pa.bool_(), pa.list_(pa.bool_())


@dataclass(frozen=True)
class RecordKind:
    """One kind of record.

    Attributes
    ----------
    languages : the language columns; a unit of work of this kind names one language for each.
    own : (column, type) of the record itself; the columns of `StoreLayout.common` and `languages` come before.
    key : the columns that identify a record of a run; the hash reads records in their order.
    local : columns with third-party text. optional : columns that older shards of this version lack.
    version : of what the records mean. Shards of an earlier version are not read, and `run` computes their rows again:
        since version 2, pairs have the range of their shuffles, the carried-over reference and the cluster of their
        row, and those of two further languages are explained for the class of the training language's text.
    """

    name: str
    languages: tuple[str, ...]
    own: tuple[tuple[str, pa.DataType], ...]
    key: tuple[str, ...]
    local: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    version: int = 1

    def schema(self, *, scores_only: bool = False) -> pa.Schema:
        """Return the columns of a shard, without third-party text where `scores_only`."""
        head = [(name, _TEXT) for name in (*LAYOUT.common, *self.languages)]
        left_out = self.local if scores_only else ()
        return pa.schema([*head, *(column for column in self.own if column[0] not in left_out)])

    @property
    def science(self) -> tuple[str, ...]:
        """The columns that the hash covers, in its order; the run's own columns are covered by its identity."""
        return (*self.languages, *(name for name, _ in self.own if name not in (*self.local, *self.optional)))

    def completed(self, table: pa.Table) -> pa.Table:
        """Return a shard's table with the optional columns that it lacks, in the order of the schema."""
        for column in self.schema():
            if column.name in self.optional and column.name not in table.column_names:
                table = table.append_column(column, pa.nulls(table.num_rows, column.type))
        held = set(table.column_names)
        return table.select([name for name in self.schema().names if name in held])


PREDICTIONS = RecordKind(
    "predictions",
    ("language",),
    (
        ("row", _INT),
        ("gold", _TEXT),
        ("predicted", _TEXT),
        ("probabilities", _REALS),
        ("correct", _FLAG),
        ("answer_start", _INT),
        ("answer_end", _INT),
        ("gold_starts", _INTS),
        ("gold_ends", _INTS),
        ("f1", _REAL),
        ("exact_match", _REAL),
        ("n_tokens", _INT),
        ("n_tokens_uncut", _INT),
        ("problem", _TEXT),
        ("answer", _TEXT),
        ("gold_answers", _TEXTS),
    ),
    ("language", "row"),
    ("answer", "gold_answers"),
)

ATTRIBUTIONS = RecordKind(
    "attributions",
    ("language",),
    (
        ("row", _INT),
        ("end", _TEXT),
        ("target_index", _INT),
        ("target_label", _TEXT),
        ("explain", _TEXT),
        ("scores", _REALS),
        ("starts", _INTS),
        ("ends", _INTS),
        ("fields", _INTS),
        ("words", _INTS),
        ("special", _FLAGS),
        ("f_input", _REAL),
        ("f_baseline", _REAL),
        ("delta", _REAL),
        ("token_error", _REAL),
        ("n_steps", _INT),
        ("n_forward", _INT),
        ("problem", _TEXT),
        ("against", _TEXT),
        ("l2", _SHORT_REALS),
        ("l1", _SHORT_REALS),
        ("l2_error", _REAL),
        ("l1_error", _REAL),
        ("tokens", _TEXTS),
    ),
    ("language", "row", "end", "target_index"),
    local=("tokens",),
    optional=("against", "l2", "l1", "l2_error", "l1_error"),
)

PAIRS = RecordKind(
    "pairs",
    ("source_language", "target_language"),
    (
        ("row", _INT),
        ("end", _TEXT),
        ("source_target", _INT),
        ("target_target", _INT),
        ("consistency", _REAL),
        ("uniform", _REAL),
        ("shuffled_mean", _REAL),
        ("shuffled_sd", _REAL),
        ("shuffled_low", _REAL),
        ("shuffled_high", _REAL),
        ("shuffled_percentile", _REAL),
        ("n_shuffles", _INT),
        ("carried", _REAL),
        ("mismatched", _REAL),
        ("mismatched_row", _INT),
        ("n_source", _INT),
        ("n_target", _INT),
        ("same_prediction", _FLAG),
        ("source_correct", _FLAG),
        ("target_correct", _FLAG),
        ("cluster", _INT),
        ("problem", _TEXT),
    ),
    ("source_language", "target_language", "row", "end"),
    version=2,
)

# For pictures: C and its references, which tables show, are in `pairs` with all their bits.
FLOWS = RecordKind(
    "flows",
    ("source_language", "target_language"),
    (
        ("row", _INT),
        ("end", _TEXT),
        ("source_units", _INTS),
        ("target_units", _INTS),
        ("masses", _SHORT_REALS),
        ("similarities", _SHORT_REALS),
        ("problem", _TEXT),
    ),
    ("source_language", "target_language", "row", "end"),
    version=2,
)

KINDS = MappingProxyType({kind.name: kind for kind in (PREDICTIONS, ATTRIBUTIONS, PAIRS, FLOWS)})
TEXT_KINDS = (PREDICTIONS.name, ATTRIBUTIONS.name)


@dataclass(frozen=True)
class StoreLayout:
    """Names and sizes that writer and reader share.

    Attributes
    ----------
    compacted, exported : how names of merged shards begin; a unit's own shard begins with its language.
    common : columns that every record of a run repeats, so that a shard can be read alone.
    footer : the entry of a shard's Parquet metadata that holds its `ShardInfo` as JSON.
    row_group : rows that are read at once. compact_rows, compact_bytes : a compacted shard holds no more than
        this many rows, made of shards with no more than this many bytes together.
    """

    manifest: str = "manifest.json"
    shard: str = ".parquet"
    damaged: str = ".damaged"
    temporary: str = ".tmp"
    compacted: str = "compact."
    exported: str = "all."
    common: tuple[str, ...] = ("run", "dataset", "split", "checkpoint")
    footer: bytes = b"ccta"
    row_group: int = 65_536
    compact_rows: int = 262_144
    compact_bytes: int = 32 * 2**20

    def manifest_path(self, run: str) -> str:
        return f"{run}/{self.manifest}"

    def shard_path(self, run: str, kind: str, name: str) -> str:
        return f"{run}/{kind}/{name}{self.shard}"


LAYOUT = StoreLayout()
