"""Page "Results": the stored examples of one checkpoint and language pair, or one of them opened."""

import streamlit as st

from dashboard.results.choices import FILTERS, choose_examples, choose_pair
from dashboard.results.example import example_head, open_example
from dashboard.results.example_files import example_files
from dashboard.results.files import list_files
from dashboard.results.list import example_list
from dashboard.results.overview import distribution, headline
from dashboard.shared.address import Address
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
choice = choose_examples(address, run, identity, languages, with_text=bool(texts))
if choice.text and texts:
    choice = choice.among(texts.containing(choice.text))
address.write()

if choice.row is None:
    summary = headline(results, choice)
    chart = distribution(results, choice, summary, address)
    example_list(results, choice, texts, address)
    list_head().files(list_files(results, choice, texts, summary, chart))
else:
    with top:
        head = example_head(results, choice, address)
    example = open_example(results, choice, texts, address)
    head.link()
    head.files(example_files(choice, example))
