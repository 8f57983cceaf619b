"""The sidebar of the page "Results": which examples are looked at, in which order, and which of them is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import streamlit as st

from core.store import ExampleFilter, RunIdentity, Scope
from dashboard.figures.names import dataset_title, language_name
from dashboard.shared.address import Address
from dashboard.shared.examples.facets import Facets, read_facets
from dashboard.shared.help_texts import explained
from dashboard.shared.store import Results
from dashboard.shared.widget_values import hold

PAGE_SIZE = 50
LONGEST = 512
# The session's key of the example that was open last; its line is marked in the list.
LAST = "results-last"
MINUS = "\u2212"


@dataclass(frozen=True)
class Sort:
    """An order of the list: its name, the column, and its direction."""

    label: str
    column: str
    descending: bool = False


SORTS: Mapping[str, Sort] = MappingProxyType(
    {
        "least": Sort("least consistent first", "consistency"),
        "most": Sort("most consistent first", "consistency", True),
        "below": Sort(f"C {MINUS} shuffled, lowest first", "above shuffled"),
        "above": Sort(f"C {MINUS} shuffled, highest first", "above shuffled", True),
        "apart": Sort("share of the attainable, lowest first", "share of attainable"),
        "shared": Sort("share of the attainable, highest first", "share of attainable", True),
        "row": Sort("in the data set's order", "row"),
        "row-down": Sort("in the data set's order, last first", "row", True),
        "text": Sort("by the source text", "text"),
        "text-down": Sort("by the source text, last first", "text", True),
        "ours": Sort("by the class predicted on the source", "source class"),
        "ours-down": Sort("by the class predicted on the source, last first", "source class", True),
        "theirs": Sort("by the class predicted on the target", "target class"),
        "theirs-down": Sort("by the class predicted on the target, last first", "target class", True),
        "gold": Sort("by the gold class", "gold"),
        "gold-down": Sort("by the gold class, last first", "gold", True),
        "problem": Sort("by problem, those with a C first", "problem"),
        "problem-down": Sort("by problem, those without a C first", "problem", True),
        "short": Sort("shortest source first", "n_source"),
        "long": Sort("longest source first", "n_source", True),
    }
)
FACETS = ("right", "gold", "agree", "size", "field", "cluster")
# "near" holds a row: only the examples that share its premise, sentence or context.
FILTERS = (*FACETS, "near", "c", "len", "q", "stars")
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
    def title(self) -> str:
        """`XNLI test`."""
        return f"{dataset_title(self.identity.dataset, self.identity.split)} {self.identity.split}"

    @property
    def languages(self) -> str:
        """`English → Spanish`."""
        return f"{language_name(self.source)} → {language_name(self.target)}"

    def among(self, rows: Sequence[int]) -> "ResultsChoice":
        """The same, only those of these rows that the filters leave."""
        held = None if self.where.rows is None else set(self.where.rows)
        kept = tuple(row for row in rows if held is None or row in held)
        return replace(self, where=replace(self.where, rows=kept))


def choose_end(address: Address, identity: RunIdentity) -> str:
    """The end of the answer that is explained; "" but for `qa`."""
    if identity.task != "qa":
        return ""
    with st.sidebar:
        return address.segments("end", "Explained", {"start": "Answer start", "end": "Answer end"}, reset=("page",))


def choose_examples(address: Address, whole: ResultsChoice, facets: Facets, *, with_text: bool) -> ResultsChoice:
    """Filters and order in the sidebar; `whole` is all of the language pair, `with_text` whether texts are at hand."""
    with st.sidebar:
        st.divider()
        st.markdown("**Filter**")
        choose_filters(address, with_text=with_text)
    return read_choice(address, whole, facets, with_text=with_text)


def choose_pair(results: Results, address: Address, run: str) -> tuple[str, str]:
    """One select box for both languages: pairs with the training language first, a language with itself last."""
    own = results.runs[run].identity.train_language
    coverage = results.coverage().query("run == @run and kind == 'pairs'")
    pairs = sorted(
        zip(coverage["source_language"], coverage["target_language"], strict=True),
        key=lambda pair: (pair[0] == pair[1], pair[0] != own),
    )
    options = {f"{source}-{target}": f"{language_name(source)} → {language_name(target)}" for source, target in pairs}
    wanted = f"{address.get('src')}-{address.get('tgt')}"
    near = [code for code in options if code.endswith(f"-{address.get('tgt')}")]
    value = wanted if wanted in options else next(iter([*near, *options]))
    key = address.key("pair")
    hold(key, value)

    def changed() -> None:
        source, target = st.session_state[key].split("-")
        go_to_pair(address, source, target)

    st.sidebar.selectbox("Language pair", list(options), format_func=options.__getitem__, key=key, on_change=changed)
    source, target = value.split("-")
    address.set("src", source)
    address.set("tgt", target)
    address.keep("src", "tgt")
    return source, target


def go_to_pair(address: Address, source: str, target: str) -> None:
    """Show another language pair; an open example stays open, and remembers the list that it was opened from."""
    if address.peek("row"):
        address.set("from", address.peek("from") or f"{address.peek('src')}-{address.peek('tgt')}")
    else:
        address.drop("page")
    address.set("src", source)
    address.set("tgt", target)


def back_to_list(address: Address) -> None:
    """Close the example: the language pair, filters, order and page are those of the list that it was opened from."""
    source, _, target = address.peek("from").partition("-")
    if source and target:
        address.set("src", source)
        address.set("tgt", target)
    st.session_state[LAST] = address.peek("row")
    address.drop("row", "from")


def choose_filters(address: Address, *, with_text: bool) -> None:
    """The widgets of ranges, text and order; they write into the address alone."""
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
    address.select("sort", "Sort by", {code: sort.label for code, sort in SORTS.items()}, reset=_LIST)


def whole_pair(
    address: Address, run: str, identity: RunIdentity, languages: tuple[str, str], end: str
) -> ResultsChoice:
    """All examples of a language pair, in the order, on the page and with the example that the address names."""
    pair = ExampleFilter(source_language=languages[0], target_language=languages[1], end=end)
    row = address.number("row", -1)
    address.keep("from")
    return ResultsChoice(
        run=run,
        identity=identity,
        source=languages[0],
        target=languages[1],
        end=end,
        pair=pair,
        where=pair,
        text="",
        n_filters=0,
        sort=address.one("sort", list(SORTS)),
        page=address.number("page", 1, low=1),
        row=row if row >= 0 else None,
    )


def read_choice(address: Address, whole: ResultsChoice, facets: Facets, *, with_text: bool) -> ResultsChoice:
    """What the address says, after its widgets were drawn; without texts a search for one is no filter."""
    chosen = read_facets(facets, address)
    spans = address.read_span("c", 0.0, 1.0), address.read_span("len", 1, LONGEST)
    near, only_stars = near_row(address), address.get("stars") == "1"
    narrowed = [facets.rows(chosen).tolist()] if any(chosen.values()) else []
    narrowed += [facets.cluster_of(near)] if near is not None else []
    narrowed += [starred(address)] if only_stars else []
    rows = tuple(sorted(set.intersection(*map(set, narrowed)))) if narrowed else None
    where = replace(
        whole.pair,
        rows=rows,
        consistency=spans[0],
        source_lengths=spans[1] and (int(spans[1][0]), int(spans[1][1])),
    )
    text = address.get("q")
    set_ = [*chosen.values(), near is not None, *(span is not None for span in spans), text and with_text, only_stars]
    return replace(whole, where=where, text=text, n_filters=sum(map(bool, set_)))


def near_row(address: Address) -> int | None:
    """The row whose premise, sentence or context the examples share; None where any may be listed."""
    row = address.number("near", -1)
    return row if row >= 0 else None


def starred(address: Address) -> list[int]:
    """The rows that were starred, kept in the address."""
    return [int(part) for part in address.get("star").split(".") if part.isascii() and part.isdigit()]


def toggle_star(address: Address, row: int) -> None:
    """Star a row, or let go of its star."""
    rows = starred(address)
    rows = [one for one in rows if one != row] if row in rows else [*rows, row]
    address.set("star", ".".join(map(str, sorted(rows))))
