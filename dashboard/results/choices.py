"""The sidebar of the page "Results": which examples are looked at, in which order, and which of them is open."""

from dataclasses import dataclass, replace

import streamlit as st

from core.store import ExampleFilter, RunIdentity, Scope
from dashboard.figures.names import dataset_title, language_name
from dashboard.shared.address import Address
from dashboard.shared.help_texts import explained
from dashboard.shared.store import Results
from dashboard.shared.widget_values import hold

PAGE_SIZE = 50
LONGEST = 512
MINUS = "\u2212"
SORTS = {
    "least": ("least consistent first", "consistency", False),
    "most": ("most consistent first", "consistency", True),
    "below": (f"C {MINUS} shuffled, lowest first", "above shuffled", False),
    "above": (f"C {MINUS} shuffled, highest first", "above shuffled", True),
    "apart": ("share of the attainable, lowest first", "share of attainable", False),
    "shared": ("share of the attainable, highest first", "share of attainable", True),
    "row": ("in the data set's order", "row", False),
    "short": ("shortest source first", "n_source", False),
    "long": ("longest source first", "n_source", True),
}
OUTCOMES = {
    "both": (True, True),
    "source": (True, False),
    "target": (False, True),
    "neither": (False, False),
}
OUTCOME_NAMES = {"both": "both", "source": "source only", "target": "target only", "neither": "neither"}
AGREEMENT = {"any": "any", "agree": "agree", "differ": "differ"}
FILTERS = ("right", "agree", "c", "len", "q")
_LIST = ("page", "row")


@dataclass(frozen=True)
class ResultsChoice:
    """What the page is about.

    Attributes
    ----------
    pair : all examples of the language pair (and answer's end). where : those that the filters leave.
    text : what their text shall contain; it is looked for in the local data set, not in the store.
    n_filters : how many filters are set and can be applied. row : the example that is open; None: the list is shown.
    """

    run: str
    identity: RunIdentity
    source: str
    target: str
    end: str
    pair: ExampleFilter
    where: ExampleFilter
    text: str
    n_filters: int
    sort: str
    page: int
    row: int | None

    @property
    def scope(self) -> Scope:
        return Scope(runs=(self.run,))

    @property
    def order(self) -> dict[str, object]:
        """`sort` and `descending` as the reader takes them."""
        _, name, descending = SORTS[self.sort]
        return {"sort": name, "descending": descending}

    @property
    def title(self) -> str:
        """`XNLI test`."""
        return f"{dataset_title(self.identity.dataset, self.identity.split)} {self.identity.split}"

    @property
    def languages(self) -> str:
        """`English → Spanish`."""
        return f"{language_name(self.source)} → {language_name(self.target)}"

    def among(self, rows: tuple[int, ...] | None) -> "ResultsChoice":
        """The same, only these rows; None: all."""
        return self if rows is None else replace(self, where=replace(self.where, rows=rows))


def choose_examples(
    address: Address, run: str, identity: RunIdentity, languages: tuple[str, str], *, with_text: bool
) -> ResultsChoice:
    """Answer's end, filters and order; `with_text` says whether a text can be looked for."""
    with st.sidebar:
        end = ""
        if identity.task == "qa":
            ends = {"start": "Answer start", "end": "Answer end"}
            end = address.segments("end", "Explained", ends, reset=("page",))
        st.divider()
        st.markdown("**Filter**")
        choose_filters(address, identity, with_text=with_text)
    return read_choice(address, run, identity, languages, end, with_text=with_text)


def choose_pair(results: Results, address: Address, run: str) -> tuple[str, str]:
    """One select box for both languages; a language with itself, where C is 1, comes last."""
    coverage = results.coverage().query("run == @run and kind == 'pairs'")
    pairs = sorted(
        zip(coverage["source_language"], coverage["target_language"], strict=True), key=lambda pair: pair[0] == pair[1]
    )
    options = {f"{source}-{target}": f"{language_name(source)} → {language_name(target)}" for source, target in pairs}
    wanted = f"{address.get('src')}-{address.get('tgt')}"
    near = [code for code in options if code.endswith(f"-{address.get('tgt')}")]
    value = wanted if wanted in options else next(iter([*near, *options]))
    key = address.key("pair")
    hold(key, value)

    def changed() -> None:
        source, target = st.session_state[key].split("-")
        address.set("src", source)
        address.set("tgt", target)
        address.drop("page")

    st.sidebar.selectbox("Language pair", list(options), format_func=options.__getitem__, key=key, on_change=changed)
    source, target = value.split("-")
    address.set("src", source)
    address.set("tgt", target)
    address.keep("src", "tgt")
    return source, target


def choose_filters(address: Address, identity: RunIdentity, *, with_text: bool) -> None:
    """The widgets of the filters and of the order; they write into the address alone."""
    if identity.task != "meaning":
        address.pills("right", "Prediction right on", OUTCOME_NAMES, reset=_LIST)
    if identity.labels:
        address.segments("agree", "Predictions", AGREEMENT, reset=_LIST)
    address.span("c", "C", 0.0, 1.0, step=0.025, reset=_LIST)
    mass = explained("Tokens that carry mass; specials are left out.", "mass")
    address.span("len", "Source tokens", 1, LONGEST, reset=_LIST, help=mass)
    address.text(
        "q",
        "Text contains",
        placeholder="word or phrase" if with_text else "needs the data set",
        disabled=not with_text,
        reset=_LIST,
    )
    address.select("sort", "Sort by", {code: entry[0] for code, entry in SORTS.items()}, reset=_LIST)


def read_choice(
    address: Address, run: str, identity: RunIdentity, languages: tuple[str, str], end: str, *, with_text: bool
) -> ResultsChoice:
    """What the address says, after its widgets were drawn; without texts a search for one is no filter."""
    pair = ExampleFilter(source_language=languages[0], target_language=languages[1], end=end)
    right = address.several("right", list(OUTCOMES))
    agree = address.one("agree", AGREEMENT)
    spans = address.read_span("c", 0.0, 1.0), address.read_span("len", 1, LONGEST)
    where = replace(
        pair,
        outcomes=tuple(OUTCOMES[name] for name in right) or None,
        same_prediction=None if agree == "any" else agree == "agree",
        consistency=spans[0],
        source_lengths=spans[1] and (int(spans[1][0]), int(spans[1][1])),
    )
    text = address.get("q")
    set_ = [bool(right), agree != "any", spans[0] is not None, spans[1] is not None, bool(text) and with_text]
    row = address.number("row", -1)
    return ResultsChoice(
        run=run,
        identity=identity,
        source=languages[0],
        target=languages[1],
        end=end,
        pair=pair,
        where=where,
        text=text,
        n_filters=sum(set_),
        sort=address.one("sort", list(SORTS)),
        page=address.number("page", 1, low=1),
        row=row if row >= 0 else None,
    )
