"""Page "Results": the stored examples of one checkpoint and language pair, or one of them opened."""

import streamlit as st

from dashboard.results.choices import FILTERS, choose_end, choose_examples, choose_pair, starred, whole_pair
from dashboard.results.example import example_head, open_example
from dashboard.results.example_files import example_files
from dashboard.results.files import list_files
from dashboard.results.groups import compare_groups, confusion
from dashboard.results.list import example_list
from dashboard.results.overview import distribution, headline
from dashboard.results.sharing import choose_near, sharing_examples
from dashboard.shared.address import Address
from dashboard.shared.examples.facets import choose_facets, facets_of, facets_row
from dashboard.shared.examples.run_choice import choose_run
from dashboard.shared.examples.texts import local_texts
from dashboard.shared.page_actions import PageHead, page_head
from dashboard.shared.store import no_results, open_results

top = st.container()


def list_head() -> PageHead:
    """Draw the title and the link above a list, or above the line that says why there is none."""
    with top:
        head = page_head("Results")
    head.link()
    return head


results = open_results(list_head)
address = Address("results")
chosen_run = choose_run(results, address, "Results", kind="pairs", reset=("src", "tgt", "end", *FILTERS, "row"))
if chosen_run is None:
    no_results("No run in this store has compared translations yet.")
    list_head()
    st.stop()
run, identity = chosen_run
languages = choose_pair(results, address, run)
texts = local_texts(identity, languages)
whole = whole_pair(address, run, identity, languages, choose_end(address, identity))
facets = facets_of(results, run, whole.pair, whole_examples=True)
if whole.row is None:
    with st.container(key="facets-place"), facets_row():
        choose_facets(facets, address, reset=("page",))
        choose_near(facets, address)
choice = choose_examples(address, whole, facets, with_text=bool(texts))
if choice.text and texts:
    choice = choice.among(texts.containing(choice.text))
starred(address)

if choice.row is None:
    n_all = len(facets.table)
    summary = headline(results, choice, n_all)
    chart = distribution(results, choice, summary, address)
    compare_groups(results, choice, address)
    example_list(results, choice, texts, address, n_all)
    confusion(results, choice)
    address.write()
    list_head().files(list_files(results, choice, texts, summary, chart))
else:
    address.keep("cmp")
    address.write()
    with top:
        head = example_head(results, choice, texts, address)
    sharing_examples(facets, choice, address)
    example = open_example(results, choice, texts, address)
    head.link()
    head.files(example_files(choice, example))
