"""The sidebar of the page "Correlation"."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.report.tables import Scatter
from core.report.tables.sources import Quantity
from dashboard.figures.words.languages import language
from dashboard.shared.address import Address
from dashboard.shared.grid_sources import PAPER, DataChoice, Source, choose_data, data_choices, grids_of, sources_of
from dashboard.shared.help_texts import explained
from dashboard.shared.store import Results
from dashboard.shared.verbatim import verbatim

MOST_PANELS = 6
METRICS: dict[str, Quantity] = {"f1": "performance", "em": "exact_match"}


@dataclass(frozen=True)
class Drawn:
    """A checkpoint's points, and where they come from."""

    source: Source
    scatter: Scatter


@dataclass(frozen=True)
class CorrelationChoice:
    """What the sidebar says.

    Attributes
    ----------
    sources : the models chosen, all of them where none was.
    trained_on : training languages chosen; the first of the first model where none was.
    quantity : which performance. diagonal : whether the training language itself is a point of the pictures.
    """

    data: DataChoice
    sources: tuple[Source, ...]
    trained_on: tuple[str, ...]
    quantity: Quantity
    diagonal: bool
    results: Results | None

    @property
    def performance_name(self) -> str:
        return self.data.performance_name(self.quantity)

    def shown(self) -> tuple[Drawn, ...]:
        """The checkpoints chosen, model by model."""
        return tuple(
            Drawn(source, scatter)
            for source in self.sources
            for scatter in source.scatters(self.quantity)
            if scatter.trained_on in self.trained_on
        )

    def everything(self) -> tuple[Drawn, ...]:
        """Every checkpoint in the store, on the split and settings chosen where a data set has several.

        Question answering is measured as chosen; the other data sets have one measure.
        """
        grids = grids_of(self.results)
        sets: dict[tuple[str, str | None], DataChoice] = {}
        for data in data_choices(grids):
            key = data.data_set, data.part
            if data.code != PAPER and (key not in sets or data.code == self.data.code):
                sets[key] = data
        return tuple(
            Drawn(source, scatter)
            for data in sets.values()
            for source in sources_of(data, grids, self.results).values()
            for scatter in source.scatters(self.quantity if data.task == "qa" else "performance")
        )


def choose_correlation(address: Address, results: Results | None) -> CorrelationChoice:
    """Draw the sidebar and return what it says."""
    with st.sidebar:
        data, sources = choose_data(address, results)
        names = list(sources)
        if len(names) > 1:
            labels = {name: verbatim(name) for name in names}
            every = explained("None chosen: all of them.", "correlation")
            chosen = address.pills("model", "Models", labels, help=every)
            names = chosen or names
        models = tuple(sources[name] for name in names)
        quantity: Quantity = "performance"
        if data.task == "qa":
            quantity = METRICS[address.segments("metric", "Performance", {"f1": "F1", "em": "exact match"})]
        trained_on = _training_languages(address, models)
        diagonal = address.segments(
            "diag",
            "Diagonal",
            {"out": "left out", "in": "shown"},
            help=explained(
                "Whether the pictures and the fitted line have the training language. Its C is 1 by definition, so "
                "that one point moves the coefficient. The sentence and the table always give both.",
                "correlation",
            ),
        )
    return CorrelationChoice(data, models, trained_on, quantity, diagonal == "in", results)


def _training_languages(address: Address, models: Sequence[Source]) -> tuple[str, ...]:
    offered = tuple(dict.fromkeys(code for model in models for code in model.trained_on))
    first = "en" if "en" in offered else offered[0]
    if len(offered) == 1:
        return offered
    chosen = address.pills(
        "src",
        "Training language",
        {code: language(code) for code in offered},
        default=(first,),
        help=explained(f"Several: one picture each, at most {MOST_PANELS}.", "correlation"),
    )
    return tuple(chosen)
