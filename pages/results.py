"""Page "Results": stored examples of one checkpoint and language pair, and one of them opened."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.results.choices import choose_examples, choose_pair, choose_run
from dashboard.results.example import example_files, example_head, open_example
from dashboard.results.files import list_files
from dashboard.results.list import distribution, example_list, headline
from dashboard.results.texts import local_texts
from dashboard.shared.address import Address
from dashboard.shared.page_actions import copy_link, download_files, title_row
from dashboard.shared.store import no_results, open_results

head = st.container()


def title() -> DeltaGenerator:
    """The page's title and its link, which every state of the list has; returns the place of the files."""
    with head:
        _, actions = title_row("Results")
    with actions:
        copy_link()
    return actions


results = open_results(title)
address = Address("results")
found = choose_run(results, address)
if found is None:
    no_results("No run of this store has compared translations yet.")
    title()
    st.stop()
run, identity = found
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
    with title():
        download_files(list_files(results, choice, texts, summary, chart))
else:
    with head:
        actions = example_head(results, choice, address)
    example = open_example(results, choice, texts, address)
    with actions:
        copy_link()
        download_files(example_files(choice, example))
