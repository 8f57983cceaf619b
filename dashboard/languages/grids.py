"""The two grids of the page "Source languages": which values, on which scale, in which order."""

from dataclasses import dataclass

from core.report.grids import CellReferences
from core.report.tables import RankedGrid
from core.statistics import order_rows_and_columns
from dashboard.figures.grids.cells import GridKind, GridValues
from dashboard.figures.grids.summary import summary_grid
from dashboard.figures.legend import consistency_legend, difference_legend, performance_legend
from dashboard.figures.words.languages import VALUE_NAMES, reference_lines
from dashboard.languages.choices import EXACT, OTHER, TABLE_4, TABLE_5, LanguagesChoice
from dashboard.shared.grid_sources import PAPER_MODEL, StoredSource, paper_accuracy, paper_consistency

PAPERS = f"{PAPER_MODEL}, PAWS-X, as the paper prints it"


@dataclass(frozen=True)
class Panel:
    """One grid with its title and legend; `ranked` holds the numbers behind it.

    `name` is what a value is called inside a sentence, `about` names model, data set and split, `signed` says that it
    is a difference.
    """

    title: str
    name: str
    about: str
    ranked: RankedGrid
    grid: GridValues
    legend: str
    signed: bool


def shown_order(choice: LanguagesChoice) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Rows and columns of both grids, ordered by the plain C of the model shown; of a comparison, what both have."""
    plain = choice.source.consistency()
    if plain is None:
        return (), ()
    axes = plain.summary.axes
    rows, columns = order_rows_and_columns(axes.rows, axes.columns, choice.order, plain.summary.values)
    other = choice.compare.consistency() if choice.compare is not None else None
    if other is None:
        return rows, columns
    theirs = other.summary.axes
    return tuple(row for row in rows if row in theirs.rows), tuple(code for code in columns if code in theirs.columns)


def left_panel(choice: LanguagesChoice) -> Panel | None:
    """Consistency, what is left above a reference, or the difference between two models; None where not computed."""
    title = VALUE_NAMES[choice.value]
    if choice.compare is not None and isinstance(choice.source, StoredSource):
        found = choice.source.minus(choice.compare, "consistency", choice.value)
        title = f"{title}: {choice.source.model} − {choice.compare.model}"
    else:
        found = choice.source.consistency(choice.value)
        title = "Consistency C" if choice.value == "c" else title
    if found is None:
        return None
    kind: GridKind = "difference" if choice.signed else "consistency"
    # The references are those of this model's C, not of a difference between two.
    notes = _reference_notes(choice) if choice.compare is None else None
    return _panel(choice, title, VALUE_NAMES[choice.value], found, kind, notes=notes)


def right_panel(choice: LanguagesChoice) -> Panel | None:
    """What stands beside it; None where that was not computed."""
    beside = choice.beside
    if beside == TABLE_5:
        return _panel(choice, "The paper’s Table 5: C", "C", paper_consistency(), "consistency", about=PAPERS)
    if beside == TABLE_4:
        title = "The paper’s Table 4: accuracy"
        return _panel(choice, title, "accuracy", paper_accuracy(), "performance", about=PAPERS)
    if beside.startswith(OTHER):
        name = beside.removeprefix(OTHER)
        found = choice.others[name].consistency(choice.value)
        kind: GridKind = "consistency" if choice.value == "c" else "difference"
        title = f"{VALUE_NAMES[choice.value]} of {name}"
        about = f"{name}, {choice.data.title}"
        return _panel(choice, title, VALUE_NAMES[choice.value], found, kind, about=about) if found else None
    return _performance(choice)


def _performance(choice: LanguagesChoice) -> Panel | None:
    quantity = "exact_match" if choice.beside == EXACT else "performance"
    title = choice.data.performance_name(quantity)  # type: ignore[arg-type]
    name = title if title == "F1" else title.lower()
    if choice.compare is not None and isinstance(choice.source, StoredSource):
        found = choice.source.minus(choice.compare, "performance", quantity)
        title = f"{title}: {choice.source.model} − {choice.compare.model}"
        return _panel(choice, title, name, found, "difference", own_values=True) if found else None
    ranked = choice.source.performance(quantity)  # type: ignore[arg-type]
    return _panel(choice, title, name, ranked, "performance") if ranked else None


def _panel(
    choice: LanguagesChoice,
    title: str,
    name: str,
    found: RankedGrid,
    kind: GridKind,
    *,
    notes: dict[tuple[str, str], str] | None = None,
    own_values: bool = False,
    about: str = "",
) -> Panel:
    rows, columns = shown_order(choice)
    grid = summary_grid(
        found,
        rows,
        columns,
        kind=kind,
        diagonal=choice.diagonal,
        own="one" if kind == "consistency" else "left out" if kind == "difference" and not own_values else "value",
        chance=choice.data.chance,
        notes=notes,
    )
    legend = {
        "consistency": consistency_legend,
        "performance": lambda: performance_legend(choice.data.chance),
        "difference": lambda: difference_legend(grid.limit),
    }[kind]()
    return Panel(title, name, about or _about(choice), found, grid, legend, kind == "difference")


def _about(choice: LanguagesChoice) -> str:
    models = choice.source.model if choice.compare is None else f"{choice.source.model} − {choice.compare.model}"
    return f"{models}, {choice.data.title}"


def _reference_notes(choice: LanguagesChoice) -> dict[tuple[str, str], str]:
    """The references of every cell, for its tooltip."""
    found: dict[tuple[str, str], CellReferences] = dict(choice.source.references())
    return {cell: ", ".join(reference_lines(references)) for cell, references in found.items()}
