"""Page "Words": which words lose consistency between languages, over a data set."""

import streamlit as st

from dashboard.shared.address import Address
from dashboard.shared.page_actions import page_head
from dashboard.shared.store import no_results, open_results
from dashboard.words.choices import choose_words
from dashboard.words.files import words_files
from dashboard.words.page import show_words

head = page_head("Words")
results = open_results(head.link)
address = Address("words")
choice = choose_words(results, address)
if choice is None:
    no_results("No run in this store holds the flows between two languages, from which words are computed.")
    head.link()
    st.stop()
shown = show_words(results, choice, address)
address.write()
head.link()
head.files(words_files(*shown) if shown is not None else [])
