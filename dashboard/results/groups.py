"""Two groups of the filtered examples compared, and the confusion matrices of both languages."""

import pandas as pd
import streamlit as st

from core.report.facets import facet_table, group_difference
from core.report.pair_columns import above_shuffled
from dashboard.figures.names import language_name
from dashboard.figures.words.groups import confusion_html, difference_html
from dashboard.results.choices import ResultsChoice
from dashboard.results.rows import filtered_pairs
from dashboard.shared.address import Address
from dashboard.shared.store import Results


def compare_groups(results: Results, choice: ResultsChoice, address: Address) -> None:
    """The sentence that compares two groups of the examples left, with the box that chooses the groups."""
    pairs = filtered_pairs(results, choice)
    groups = _groups(pairs, choice)
    if not groups:
        return
    box, line = st.columns([1, 3.4], vertical_alignment="center")
    with box:
        code = address.select("cmp", "Compare mean C", {code: one[0] for code, one in groups.items()})
    _, inside, first, second = groups[code]
    clusters = pairs["cluster"].fillna(pairs["row"])
    found = group_difference(pairs["consistency"], inside, clusters)
    above = group_difference(above_shuffled(pairs), inside, clusters)
    if found is None:
        line.caption("All examples left are in one of the two groups.")
    else:
        line.html(difference_html(found, above, first, second))


def confusion(results: Results, choice: ResultsChoice) -> None:
    """Gold against predicted classes in both languages, over the examples left."""
    labels = choice.identity.labels
    if not labels:
        return
    rows = set(filtered_pairs(results, choice)["row"].tolist())
    with st.expander("Confusion matrices"):
        for column, code in zip(st.columns(2), dict.fromkeys((choice.source, choice.target)), strict=False):
            classes = results.reader.classes(choice.run, code)
            of_rows = classes[classes["row"].isin(rows)]
            column.html(confusion_html(of_rows, labels, language_name(code), {label: label for label in labels}))


def _groups(pairs: pd.DataFrame, choice: ResultsChoice) -> dict[str, tuple[str, pd.Series, str, str]]:
    """Code -> what is compared, the first group, and both groups in words."""
    groups: dict[str, tuple[str, pd.Series, str, str]] = {}
    sides = (("target", choice.target), ("source", choice.source))
    for side, code in sides if choice.source != choice.target else sides[:1]:
        correct = pairs[f"{side}_correct"]
        if correct.notna().all() and correct.nunique() == 2:
            name = language_name(code)
            groups[f"{side}-wrong"] = (
                f"wrong – right in {name}",
                ~correct.astype(bool),
                f"where the prediction in {name} is wrong",
                "where it is right",
            )
    same = pairs["same_prediction"]
    if same.notna().all() and same.nunique() == 2:
        both = ("where the two predictions differ", "where they agree")
        groups["differ"] = ("differ – agree", ~same.astype(bool), *both)
    sizes = facet_table(pairs, {})["size"]
    if (sizes == "long").any():
        both = ("in the longest third of the texts", "in the others")
        groups["long"] = ("long – other texts", (sizes == "long").set_axis(pairs.index), *both)
    return groups
