"""The store of results: a manifest and Parquet shards per run, written once, read through DuckDB.

A worker writes finished rows, and continues where another one stopped:

>>> from core.store import PredictionRecord, RunIdentity, Scope, blocks, open_store
>>> identity = RunIdentity(
...     dataset="xnli", split="test", checkpoint="e5-small-nli-en", revision="1f2e", family="bert", task="nli",
...     train_language="en", labels=("entailment", "neutral", "contradiction"), data_fingerprint="9c1a", seed=0,
...     settings={"steps": "auto"},
... )
>>> store = open_store("memory://example", create=True)      # or a folder, or s3://bucket/results
>>> run = store.run(identity)
>>> plan = blocks("predictions", ["de"], range(4), size=2)
>>> for unit in run.missing(plan):
...     records = [
...         PredictionRecord(row, n_tokens=9, gold="neutral", predicted="neutral", correct=row > 0)
...         for row in unit.rows
...     ]
...     written = run.write(unit, records, seconds=0.5)
>>> list(run.missing(plan))
[]

Pages and tables read:

>>> reader = store.read()
>>> reader.performance(Scope(dataset="xnli"))[["checkpoint", "language", "n", "accuracy"]].values.tolist()
[['e5-small-nli-en', 'de', 4, 0.75]]

`layout` lists the columns, `work` names runs and units, `records` is what a worker writes, `convert` turns results into
records and back, `reader` answers questions.
"""

from core.store.convert import (
    attribution_of,
    attribution_record,
    flow_record,
    pair_record,
    plan_of,
    require_scored,
)
from core.store.questions import SORTS, ExampleFilter, Neighbours, Page, Scope
from core.store.reader import Reader
from core.store.records import (
    AttributionRecord,
    FlowRecord,
    PairRecord,
    PredictionRecord,
)
from core.store.store import Run, Store, open_store
from core.store.work import RunIdentity, WorkUnit, blocks

__all__ = [
    "SORTS",
    "AttributionRecord",
    "ExampleFilter",
    "FlowRecord",
    "Neighbours",
    "Page",
    "PairRecord",
    "PredictionRecord",
    "Reader",
    "Run",
    "RunIdentity",
    "Scope",
    "Store",
    "WorkUnit",
    "attribution_of",
    "attribution_record",
    "blocks",
    "flow_record",
    "open_store",
    "pair_record",
    "plan_of",
    "require_scored",
]
