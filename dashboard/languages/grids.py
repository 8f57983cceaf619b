"""The two grids of the page "Source languages": which values, on which scale, in which order."""

from dataclasses import dataclass, replace

from core.report.tables import RankedGrid
from core.statistics import order_rows_and_columns
from dashboard.figures.grids.cells import GridKind, GridValues
from dashboard.figures.grids.summary import summary_grid
from dashboard.figures.legend import consistency_legend, difference_legend, performance_legend
from dashboard.figures.words.languages import VALUE_NAMES, reference_lines
from dashboard.languages.choices import EXACT, MINUS_TABLE_5, OTHER, TABLE_4, TABLE_5, LanguagesChoice
from dashboard.shared.grid_sources import MINUS_PAPER, PAPER_DATA_SET, StoredSource
from dashboard.shared.paper_source import PAPER_MODEL, paper_accuracy, paper_consistency

PAPERS = f"{PAPER_MODEL}, PAWS-X, as the paper prints it"


@dataclass(frozen=True)
class Panel:
    """One grid of the page.

    Attributes
    ----------
    name : the values inside a sentence, such as `C minus shuffled`. about : model, data set and split.
    ranked : the numbers of the grid. legend : as HTML. signed : whether the values are differences.
    """

    title: str
    name: str
    about: str
    ranked: RankedGrid
    grid: GridValues
    legend: str
    signed: bool


def shown_order(choice: LanguagesChoice) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Rows and columns of both grids, ordered by the C of the model shown; in a comparison, those of both models."""
    plain = choice.source.consistency()
    if plain is None:
        return (), ()
    axes = plain.summary.axes
    rows, columns = order_rows_and_columns(axes.rows, axes.columns, choice.order, plain.summary.values)
    other = choice.compare.consistency() if choice.compare is not None else None
    if other is None:
        return rows, columns
    other_axes = other.summary.axes
    shared_rows = tuple(code for code in rows if code in other_axes.rows)
    return shared_rows, tuple(code for code in columns if code in other_axes.columns)


def paper_grid_of(choice: LanguagesChoice) -> RankedGrid | None:
    """The paper's Table 5, if results of ours on the same data set are shown."""
    ours = isinstance(choice.source, StoredSource) and choice.data.data_set == PAPER_DATA_SET
    return paper_consistency() if ours else None


def left_panel(choice: LanguagesChoice) -> Panel | None:
    """C, C minus a reference, or the difference between two models; None if not computed. May raise DataError."""
    title = VALUE_NAMES[choice.value]
    if choice.compare is not None and isinstance(choice.source, StoredSource):
        ranked = choice.source.minus(choice.compare, "consistency", choice.value)
        title = f"{title}: {choice.source.model} − {choice.compare.model}"
    else:
        ranked = choice.source.consistency(choice.value)
        title = "Consistency C" if choice.value == "c" else title
    if ranked is None:
        return None
    kind: GridKind = "difference" if choice.signed else "consistency"
    # The references are those of this model's C, not of a difference between two.
    notes = _reference_notes(choice) if choice.compare is None else None
    return _panel(choice, title, VALUE_NAMES[choice.value], ranked, kind, notes=notes)


def right_panel(choice: LanguagesChoice) -> Panel | None:
    """The grid chosen for the right side; None if not computed."""
    beside = choice.beside
    if beside == MINUS_TABLE_5:
        difference = _off_diagonal(choice.source.consistency(MINUS_PAPER))
        title = "C minus the paper’s Table 5"
        about = f"{choice.source.model}, {choice.data.title}, minus {PAPER_MODEL}"
        return _panel(choice, title, title, difference, "difference", about=about) if difference else None
    if beside == TABLE_5:
        return _panel(choice, "The paper’s Table 5: C", "C", paper_consistency(), "consistency", about=PAPERS)
    if beside == TABLE_4:
        title = "The paper’s Table 4: accuracy"
        return _panel(choice, title, "accuracy", paper_accuracy(), "performance", about=PAPERS)
    if beside.startswith(OTHER):
        name = beside.removeprefix(OTHER)
        ranked = choice.others[name].consistency(choice.value)
        kind: GridKind = "consistency" if choice.value == "c" else "difference"
        title = f"{VALUE_NAMES[choice.value]} of {name}"
        about = f"{name}, {choice.data.title}"
        return _panel(choice, title, VALUE_NAMES[choice.value], ranked, kind, about=about) if ranked else None
    return _performance(choice)


def _off_diagonal(ranked: RankedGrid | None) -> RankedGrid | None:
    """The same with means that leave out the diagonal, which is 1 in both terms of the difference."""
    if ranked is None:
        return None
    summary = ranked.summary
    means = replace(summary, overall=summary.overall_off_diagonal, column_means=summary.column_means_off_diagonal)
    return replace(ranked, summary=means)


def _performance(choice: LanguagesChoice) -> Panel | None:
    quantity = "exact_match" if choice.beside == EXACT else "performance"
    title = choice.data.performance_name(quantity)  # type: ignore[arg-type]
    name = title if title == "F1" else title.lower()
    if choice.compare is not None and isinstance(choice.source, StoredSource):
        difference = choice.source.minus(choice.compare, "performance", quantity)
        title = f"{title}: {choice.source.model} − {choice.compare.model}"
        return _panel(choice, title, name, difference, "difference", own_values=True) if difference else None
    ranked = choice.source.performance(quantity)  # type: ignore[arg-type]
    return _panel(choice, title, name, ranked, "performance") if ranked else None


def _panel(
    choice: LanguagesChoice,
    title: str,
    name: str,
    ranked: RankedGrid,
    kind: GridKind,
    *,
    notes: dict[tuple[str, str], str] | None = None,
    own_values: bool = False,
    about: str = "",
) -> Panel:
    rows, columns = shown_order(choice)
    grid = summary_grid(
        ranked,
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
    return Panel(title, name, about or _about(choice), ranked, grid, legend, kind == "difference")


def _about(choice: LanguagesChoice) -> str:
    models = choice.source.model if choice.compare is None else f"{choice.source.model} − {choice.compare.model}"
    return f"{models}, {choice.data.title}"


def _reference_notes(choice: LanguagesChoice) -> dict[tuple[str, str], str]:
    """Cell -> its references in words, for the tooltip."""
    return {cell: ", ".join(reference_lines(references)) for cell, references in choice.source.references().items()}
