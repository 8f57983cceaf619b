"""What can be shown of a stored example: its scores, and its flow, solved again from them or as it is stored."""

from dataclasses import dataclass

import streamlit as st

from core.errors import CctaError
from core.models.catalogue import is_here, load_catalogue
from core.report import problems
from core.report.stored_example import StoredExample, rebuild, scored_sides, stored_flow
from core.results import PairAnalysis, Side
from core.store import PairRecord
from dashboard.results.choices import ResultsChoice
from dashboard.results.texts import Texts
from dashboard.shared.models import cached_model
from dashboard.shared.store import Results


@dataclass(frozen=True)
class Opened:
    """What could be shown of an example.

    Attributes
    ----------
    sides : source and target with their scores; None where nothing is stored of them.
    analysis : the whole comparison; None where text or model are not at hand, or where C could not be computed.
    kept : where there is no `analysis`, the flows that the store holds, if it does.
    reason : why there is no `analysis`; "" where there is one.
    """

    example: StoredExample
    pair: PairRecord
    sides: tuple[Side, Side] | None
    analysis: PairAnalysis | None
    reason: str
    kept: PairAnalysis | None = None

    @property
    def flow(self) -> PairAnalysis | None:
        """What the flow picture is drawn from."""
        return self.analysis or self.kept


def open_stored(results: Results, choice: ResultsChoice, example: StoredExample, texts: Texts) -> Opened:
    """Return the example with its scores, and with its flow where text, model and space are at hand."""
    at = next((at for at, pair in enumerate(example.pairs) if pair.end == choice.end), 0)
    pair = example.pairs[at]
    if pair.problem:
        return Opened(
            example, pair, None, None, f"C could not be computed for this row: {problems.reason(pair.problem)}"
        )
    try:
        fields = texts.fields(example.row)
    except KeyError:
        fields, texts = None, Texts({}, f"Row {example.row} is not in the data set on this computer.")
    found = _rebuilt(
        f"{results.location} {results.version}",
        choice.run,
        example.row,
        (choice.source, choice.target),
        with_text=bool(texts),
        _example=example,
        _texts=fields,
    )
    if not isinstance(found, str):
        analysis = found[at]
        return Opened(example, pair, (analysis.source, analysis.target), analysis, "")
    return as_stored(example, at, fields, found or texts.reason)


def as_stored(example: StoredExample, at: int, fields: dict[str, tuple[str, ...]] | None, reason: str) -> Opened:
    """One end of an example as the store has it, with the text where that is at hand.

    Parameters
    ----------
    fields : language -> the fields of this row; None: tokens are numbered.
    reason : why it is not rebuilt.
    """
    pair = example.pairs[at]
    try:
        sides = scored_sides(example, fields)[at]
    except CctaError as error:
        if fields is not None:
            return as_stored(example, at, None, f"{error}")
        return Opened(example, pair, None, None, f"{error}")
    try:
        kept = stored_flow(example, sides, at)
    except CctaError as error:
        kept, reason = None, f"{error} {reason}"
    if fields is None:
        what = "Scores and flow are shown without text." if kept else "Scores are shown without text and flow."
    else:
        what = "The flow is shown as it is stored." if kept else "No flow is shown."
    return Opened(example, pair, sides, None, f"{what} {reason}", kept)


@st.cache_resource(show_spinner="Solving the transport again", max_entries=64)
def _rebuilt(
    place: str,
    run: str,
    row: int,
    languages: tuple[str, str],
    *,
    with_text: bool,
    _example: StoredExample,
    _texts: dict[str, tuple[str, ...]] | None,
) -> tuple[PairAnalysis, ...] | str:
    """The analyses of an example; or why there are none ("": for lack of text)."""
    if _texts is None:
        return ""
    name = _example.identity.checkpoint
    spec = load_catalogue().get(name)
    if spec is None or not is_here(spec):
        where = "not listed in this dashboard's catalogue" if spec is None else "not on this computer"
        return (
            f"The checkpoint {name} is {where}, and the whole comparison needs its tokenizer and its shared space. "
            "List its folder in the file that CCTA_CONFIG names."
        )
    try:
        model = cached_model(name, str(_example.identity.settings.get("precision", "fp32")))
        return rebuild(_example, model, _texts)
    except CctaError as error:
        return str(error)
