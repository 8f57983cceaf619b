"""Facets as pills with counts, kept in the address; each page narrows its examples to the groups that are chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.report.facets import FACETS, SIZES, Sizes, chosen_rows, facet_table, sizes_of
from core.report.fields import leading_fields
from core.settings import get_task
from core.store import ExampleFilter, Scope
from dashboard.figures.names import language_name
from dashboard.figures.numbers import count
from dashboard.shared.address import Address
from dashboard.shared.store import Results

# What a cluster of examples shares, by task.
SHARED_TEXT: Mapping[str, str] = MappingProxyType({"nli": "Premise", "paraphrase": "Sentence", "qa": "Context"})


@dataclass(frozen=True)
class Facets:
    """The groups of the examples of one language pair (`facet_table`), and their names."""

    table: pd.DataFrame
    names: Mapping[str, Mapping[str, str]]
    labels: Mapping[str, str]

    def rows(self, chosen: Mapping[str, Sequence[str]]) -> npt.NDArray[np.int64]:
        """The rows in the chosen groups."""
        return chosen_rows(self.table, chosen)

    def cluster_of(self, row: int) -> list[int]:
        """The rows that share a premise, sentence or context with a row, itself included; none for an unknown row."""
        labels = self.table.set_index("row")["label"]
        return [] if row not in labels.index else labels.index[labels == labels[row]].tolist()


def facets_of(
    results: Results, run: str, where: ExampleFilter, *, swapped: bool = False, whole_examples: bool = False
) -> Facets:
    """The facets of all examples of a language pair.

    Parameters
    ----------
    swapped : as `facet_table` takes it.
    whole_examples : also the facets of an example as a whole: the field with most importance, and whether others
        share its premise, sentence or context.
    """
    identity = results.runs[run].identity
    table, sizes = _facet_table(
        results.location, results.version, run, where, _results=results, swapped=swapped, whole_examples=whole_examples
    )
    source, target = (language_name(code or "") for code in where.languages())
    first, second = (target, source) if swapped else (source, target)
    names: dict[str, dict[str, str]] = {
        "right": {"both": "both", "source": f"{first} only", "target": f"{second} only", "neither": "neither"},
        "gold": {label: label for label in identity.labels},
        "agree": {"agree": "agree", "differ": "differ"},
        "size": {size: sizes.name(size) for size in SIZES} if sizes is not None else {},
        "field": {},
        "cluster": {},
    }
    if whole_examples:
        names["field"] = {str(at): name for at, name in enumerate(get_task(identity.task).fields)}
        names["cluster"] = {"shared": "shared", "alone": "not shared"}
    held = {
        name: {code: label for code, label in names[name].items() if (table[name] == code).any()} for name in FACETS
    }
    labels = {
        "right": "Prediction right on",
        "gold": "Gold class",
        "agree": "Predictions",
        "size": f"Tokens in {source}",
        "field": f"Most importance in {source}",
        "cluster": SHARED_TEXT.get(identity.task, "Text"),
    }
    return Facets(table, {name: groups for name, groups in held.items() if len(groups) > 1}, labels)


def choose_facets(facets: Facets, address: Address, *, reset: Sequence[str] = ()) -> dict[str, list[str]]:
    """Draw the pills side by side, each with the number of its examples; returns facet -> the chosen groups."""
    chosen = {}
    for name, groups in facets.names.items():
        sizes = facets.table[name].value_counts()
        options = {code: f"{label} · {count(int(sizes[code]))}" for code, label in groups.items()}
        with st.container(width="content"):
            chosen[name] = address.pills(name, facets.labels[name], options, reset=reset)
    return chosen


def facets_row() -> DeltaGenerator:
    """The place of the facets above what they filter."""
    return st.container(horizontal=True, key="facets", gap="medium")


def read_facets(facets: Facets, address: Address) -> dict[str, list[str]]:
    """What `choose_facets` returns, without the pills."""
    return {name: address.several(name, list(groups)) for name, groups in facets.names.items()}


@st.cache_resource(show_spinner="Reading the examples", max_entries=64)
def _facet_table(
    location: str,
    version: str,
    run: str,
    where: ExampleFilter,
    *,
    _results: Results,
    swapped: bool,
    whole_examples: bool,
) -> tuple[pd.DataFrame, Sizes | None]:
    pairs = _results.reader.values(Scope(runs=(run,)), where)
    gold: dict[int, str | None] = {}
    if _results.runs[run].identity.labels:
        classes = _results.reader.classes(run, str(where.source_language))
        gold = dict(zip(classes["row"].tolist(), classes["gold"].tolist(), strict=True))
    several = len(get_task(_results.runs[run].identity.task).fields) > 1
    fields = leading_fields(_results.reader, run, where) if whole_examples and several else {}
    return facet_table(pairs, gold, swapped=swapped, fields=fields), sizes_of(pairs)
