"""What can be shown of a stored example: its scores, and its flow solved again from them."""

from dataclasses import dataclass

import streamlit as st

from core.errors import CctaError
from core.models.catalogue import is_here, load_catalogue
from core.results import PairAnalysis, Side
from core.runs import problems
from core.store import PairRecord
from core.stored_example import StoredExample, rebuild, scored_sides
from dashboard.models import cached_model
from dashboard.results import Results
from dashboard.results_choice import ResultsChoice
from dashboard.results_texts import Texts


@dataclass(frozen=True)
class Opened:
    """What could be shown of an example.

    Attributes
    ----------
    sides : source and target with their scores; None where nothing is stored of them.
    analysis : with its flow; None where text or model are not at hand, or where C could not be computed.
    reason : why there is no flow; "" where there is one.
    """

    example: StoredExample
    pair: PairRecord
    sides: tuple[Side, Side] | None
    analysis: PairAnalysis | None
    reason: str


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
    reason = found or f"Scores are shown without text and flow. {texts.reason}"
    try:
        return Opened(example, pair, scored_sides(example, fields)[at], None, reason)
    except CctaError as error:
        without = _without_text(example, at) if fields is not None else None
        return Opened(example, pair, without, None, f"{error}")


def _without_text(example: StoredExample, at: int) -> tuple[Side, Side] | None:
    try:
        return scored_sides(example, None)[at]
    except CctaError:
        return None


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
            f"No flow: the checkpoint {name} is {where}, and the flow needs its tokenizer and its shared space. "
            "List its folder in the file that CCTA_CONFIG names."
        )
    try:
        model = cached_model(name, str(_example.identity.settings.get("precision", "fp32")))
        return rebuild(_example, model, _texts)
    except CctaError as error:
        return str(error)
