"""The sidebar of the page "Source languages": what is shown, each choice once and in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import streamlit as st

from core.statistics import Order
from dashboard.figures.numbers import count, counted
from dashboard.figures.words.languages import left_out_line
from dashboard.shared.address import Address
from dashboard.shared.grid_sources import (
    PAPER_DATA_SET,
    DataChoice,
    Source,
    StoredSource,
    choose_data,
)
from dashboard.shared.help_texts import explained
from dashboard.shared.store import Results

VALUES = {
    "c": "C",
    "shuffled": "minus shuffled",
    "equal": "minus equal",
    "mismatched": "minus mismatched",
}
ORDERS: Mapping[str, str] = {"paper": "as in the paper", "family": "by language family", "clustering": "by clustering"}
TABLE_4, TABLE_5, MINUS_TABLE_5, EXACT, OTHER = "paper4", "paper5", "minus5", "exact", "c:"
NOTHING = "none"
GRIDS = "grids"
# Parameters of the grids; a link from before the readings has some of them, and means the grids.
OF_GRIDS = ("value", "beside", "cmp", "diag", "all", "tgt")


@dataclass(frozen=True)
class LanguagesChoice:
    """What the sidebar says.

    Attributes
    ----------
    value : of the grid on the left, one of `VALUES`.
    beside : of the grid on the right: `performance`, `exact`, `paper4`, `paper5`, `minus5`, or `c:` and a model.
    diagonal : whether Overall counts a row's own training language.
    compare : the model that is subtracted, or None.
    others : all models on the same data, by name.
    grids : whether the grids, language by language, are shown.
    """

    data: DataChoice
    source: Source
    value: str
    beside: str
    diagonal: bool
    order: Order
    compare: StoredSource | None
    others: Mapping[str, Source]
    grids: bool = True

    @property
    def signed(self) -> bool:
        """True where the values on the left are differences."""
        return self.value != "c" or self.compare is not None


def choose_languages(address: Address, results: Results | None) -> LanguagesChoice:
    """Draw the sidebar and return what it says."""
    with st.sidebar:
        data, sources = choose_data(address, results)
        source = sources[address.select("fam", "Model family", {name: name for name in sources}, always=True)]
        grids_shown = _grids_shown(address, source)
        value, compare, beside, diagonal = "c", None, "performance", True
        order = address.select("order", "Order of languages", ORDERS)
        if not isinstance(source, StoredSource):
            diagonal = _diagonal(address)
            st.caption("As the paper prints it: no intervals, no single examples.")
        elif grids_shown:
            st.markdown("**Language by language**")
            value = address.select(
                "value",
                "Values",
                VALUES,
                help=explained("C, or what is left of it when a reference is subtracted, example by example.", "minus"),
            )
            beside = address.select("beside", "Beside it", _beside(data, source, sources))
            compare = _compare(address, source, sources)
            diagonal = value == "c" and compare is None and _diagonal(address)
            if _everything(address, source):
                sources = {name: _with_everything(one) for name, one in sources.items()}
                source = _with_everything(source)
                compare = _with_everything(compare)
            _coverage(source)
    return LanguagesChoice(
        data,
        source,
        value,
        beside,
        diagonal,
        order,  # type: ignore[arg-type]
        compare,
        sources,
        grids_shown,
    )


def _grids_shown(address: Address, source: Source) -> bool:
    """Whether the grids are shown: where they are asked for, by a link from before the readings too, and where there
    is little else, with the paper's tables or a single training language."""
    if not isinstance(source, StoredSource):
        return True
    if address.opened and not address.peek(GRIDS) and any(map(address.peek, OF_GRIDS)):
        address.set(GRIDS, "1")
    return address.one(GRIDS, {"0": "false", "1": "true"}, grids_default(source)) == "1"


def grids_default(source: StoredSource) -> str:
    """Whether the grids are shown where nothing is said, as the address has it."""
    return str(int(len(source.trained_on) < 2))


def _beside(data: DataChoice, source: Source, sources: Mapping[str, Source]) -> dict[str, str]:
    options = {"performance": f"our {_small(data.performance_name())}"}
    if data.task == "qa":
        options[EXACT] = "our exact match"
    if data.data_set == PAPER_DATA_SET:
        options |= {
            TABLE_5: "the paper’s Table 5, C",
            MINUS_TABLE_5: "C minus the paper’s Table 5",
            TABLE_4: "the paper’s Table 4, accuracy",
        }
    return options | {f"{OTHER}{name}": f"C of {name}" for name in sources if name != source.model}


def _small(name: str) -> str:
    return name if name.isupper() or name == "F1" else name.lower()


def _compare(address: Address, source: Source, sources: Mapping[str, Source]) -> StoredSource | None:
    """The model to subtract; asked for only where there is another."""
    names = [name for name in sources if name != source.model]
    if not names:
        return None
    chosen = address.select(
        "cmp",
        "Compare with",
        {NOTHING: "nothing"} | {name: name for name in names},
        help=explained("Shows this model minus the other, where both have the same training language.", "limits"),
    )
    other = sources.get(chosen)
    return other if isinstance(other, StoredSource) else None


def _diagonal(address: Address) -> bool:
    chosen = address.segments(
        "diag",
        "Diagonal",
        {"in": "in Overall", "out": "left out"},
        help=explained("C of a language with itself is 1 by definition. The paper counts it in Overall.", "pictures"),
    )
    return chosen == "in"


def _everything(address: Address, source: StoredSource) -> bool:
    """Whether languages and examples count that most checkpoints lack; asked for only where there are some."""
    if not source.left_out():
        return False
    return address.toggle(
        "all",
        "All languages and rows",
        help=explained(
            "Checkpoints are compared on the languages and rows that more than half of them have. "
            "With all of them, a checkpoint that lacks a language is not ranked.",
            "intervals",
        ),
    )


AnySource = TypeVar("AnySource", Source, StoredSource, StoredSource | None)


def _with_everything(source: AnySource) -> AnySource:
    return replace(source, everything=True) if isinstance(source, StoredSource) else source


def _coverage(source: StoredSource) -> None:
    """Below the settings of the grids: how much there is."""
    found = source.consistency()
    if found is None:
        return
    rows, columns = found.summary.axes.shape
    n = found.summary.n[found.summary.n > 0]
    each = count(int(n.min())) if n.min() == n.max() else f"{count(int(n.min()))} to {count(int(n.max()))}"
    extent = f"{counted(rows, 'checkpoint')} × {counted(columns, 'language')}"
    st.caption(f"{extent}  \n{each} rows each  \nLast updated {source.grid.updated[:10]}")
    line = left_out_line(source.left_out())
    if line and not source.everything:
        st.caption(line)
