"""What can be shown of a stored example: its scores, and its flow, recomputed from them or as stored."""

from dataclasses import dataclass

import streamlit as st

from core.errors import CctaError
from core.models.catalogue import is_here, load_catalogue
from core.report import problems
from core.report.stored_example import StoredExample, rebuild, scored_sides, stored_flow
from core.results import PairAnalysis, Side
from core.store import PairRecord
from dashboard.results.choices import ResultsChoice
from dashboard.shared.examples.texts import Texts
from dashboard.shared.models import cached_model
from dashboard.shared.store import Results


@dataclass(frozen=True)
class Opened:
    """What can be shown of an example.

    Attributes
    ----------
    sides : source and target with their scores; None if no scores are stored.
    analysis : the whole comparison; None if text or model are missing here, or if C could not be computed.
    kept : without an `analysis`, the stored flows, if there are any.
    reason : why there is no `analysis`; "" if there is one.
    """

    example: StoredExample
    pair: PairRecord
    sides: tuple[Side, Side] | None
    analysis: PairAnalysis | None
    reason: str
    kept: PairAnalysis | None = None

    @property
    def flow(self) -> PairAnalysis | None:
        """The comparison that the flow picture shows."""
        return self.analysis or self.kept


def open_stored(results: Results, choice: ResultsChoice, example: StoredExample, texts: Texts) -> Opened:
    """Return the example with its scores, and with its flow if text, model and space are on this computer."""
    end = next((index for index, pair in enumerate(example.pairs) if pair.end == choice.end), 0)
    pair = example.pairs[end]
    if pair.problem:
        reason = f"C could not be computed for this row: {problems.reason(pair.problem)}"
        return Opened(example, pair, None, None, reason)
    try:
        fields = texts.fields(example.row)
    except KeyError:
        fields, texts = None, Texts({}, f"Row {example.row} is not in the data set on this computer.")
    analyses = _rebuilt(
        f"{results.location} {results.version}",
        choice.run,
        example.row,
        (choice.source, choice.target),
        with_text=bool(texts),
        _example=example,
        _texts=fields,
    )
    if not isinstance(analyses, str):
        analysis = analyses[end]
        return Opened(example, pair, (analysis.source, analysis.target), analysis, "")
    return as_stored(example, end, fields, analyses or texts.reason)


def as_stored(example: StoredExample, end: int, fields: dict[str, tuple[str, ...]] | None, reason: str) -> Opened:
    """Return one end of an example as it is stored.

    Parameters
    ----------
    end : index into `example.pairs`.
    fields : language -> the fields of this row; without them the tokens are shown as numbers.
    reason : why the example cannot be rebuilt.
    """
    pair = example.pairs[end]
    try:
        sides = scored_sides(example, fields)[end]
    except CctaError as error:
        # The text on this computer may not be that of the run: the scores can still be shown without it.
        if fields is not None:
            return as_stored(example, end, None, f"{error}")
        return Opened(example, pair, None, None, f"{error}")
    try:
        kept = stored_flow(example, sides, end)
    except CctaError as error:
        kept, reason = None, f"{error} {reason}"
    if fields is None:
        shown = "Scores and flow are shown without text." if kept else "Scores are shown without text and flow."
    else:
        shown = "The flow is shown as it is stored." if kept else "No flow is shown."
    return Opened(example, pair, sides, None, f"{shown} {reason}", kept)


@st.cache_resource(show_spinner="Recomputing the transport plan", max_entries=64)
def _rebuilt(
    store: str,
    run: str,
    row: int,
    languages: tuple[str, str],
    *,
    with_text: bool,
    _example: StoredExample,
    _texts: dict[str, tuple[str, ...]] | None,
) -> tuple[PairAnalysis, ...] | str:
    """The analyses of an example, or the reason why there are none ("" for lack of text)."""
    if _texts is None:
        return ""
    name = _example.identity.checkpoint
    spec = load_catalogue().get(name)
    if spec is None or not is_here(spec):
        missing = "not listed in this dashboard's catalogue" if spec is None else "not on this computer"
        return (
            f"The checkpoint {name} is {missing}, and the whole comparison needs its tokenizer and its shared space. "
            "List its folder in the file that CCTA_CONFIG names."
        )
    try:
        model = cached_model(name, str(_example.identity.settings.get("precision", "fp32")))
        return rebuild(_example, model, _texts)
    except CctaError as error:
        return str(error)
