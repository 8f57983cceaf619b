"""The paper's own tables as a source of grids and points, as a model of a store is one."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.report.grids import CellReferences, LeftOut
from core.report.paper import paper_table
from core.report.tables import RankedGrid, Scatter, paper_grid, paper_scatters
from core.report.tables.sources import Quantity

PAPER_MODEL = "XLM-R-Base"


@dataclass(frozen=True)
class PaperSource:
    """The paper's Tables 4 and 5: PAWS-X, XLM-R base, six training languages; no references, no examples."""

    model: str = PAPER_MODEL

    @property
    def trained_on(self) -> tuple[str, ...]:
        return paper_table("5").labels

    def consistency(self, value: str = "c") -> RankedGrid | None:
        return paper_consistency() if value == "c" else None

    def performance(self, quantity: Quantity = "performance") -> RankedGrid | None:
        return paper_accuracy() if quantity == "performance" else None

    def left_out(self) -> LeftOut:
        return LeftOut()

    def references(self) -> Mapping[tuple[str, str], CellReferences]:
        return {}

    def examples_link(self, trained_on: str, evaluated_on: str) -> dict[str, str] | None:
        del trained_on, evaluated_on
        return None

    def stored_rows(self, trained_on: str, evaluated_on: str) -> int:
        del trained_on, evaluated_on
        return 0

    def scatters(self, quantity: Quantity = "performance") -> tuple[Scatter, ...]:
        return paper_scatters() if quantity == "performance" else ()


def paper_consistency() -> RankedGrid:
    """The paper's Table 5, C."""
    return paper_grid(paper_table("5"))


def paper_accuracy() -> RankedGrid:
    """The paper's Table 4, accuracy."""
    return paper_grid(paper_table("4"))
