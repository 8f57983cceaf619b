"""The sections of the page "About", each under the anchor to which help texts link."""

import pandas as pd
import streamlit as st

from core.data.catalogue import DATASETS
from core.errors import DataError
from core.models.catalogue import load_catalogue
from core.report.first_pair import load_first_pair
from core.report.paper import paper_table
from core.report.tables import paper_grid
from core.results import PairAnalysis
from core.setting import settings_of
from core.settings import Settings
from core.text.languages import get_language
from core.versions import library_versions
from dashboard.about import texts
from dashboard.about.example import worked_example
from dashboard.downloads.tables import frame_csv
from dashboard.figures.chips.row import chips_html, side_card_html
from dashboard.figures.flow.picture import flow_svg
from dashboard.figures.grids.grid import language_grid
from dashboard.figures.grids.summary import summary_grid
from dashboard.figures.legend import (
    attribution_legend,
    consistency_legend,
    head_html,
    similarity_legend,
    transport_legend,
)
from dashboard.figures.matrix.cells import largest_cell
from dashboard.figures.matrix.picture import matrix_svg
from dashboard.figures.numbers import decimal
from dashboard.figures.pieces import unit_labels
from dashboard.figures.scale import scale_keys_html, scale_svg
from dashboard.figures.words.sentences import attribution_meaning, explained_html, verdict_html
from dashboard.shared.charts import show_chart
from dashboard.shared.page_actions import File, csv_file
from dashboard.shared.picture import picture
from dashboard.shared.style import chart_theme

WIDE, NARROW = 460, 356


def definition() -> None:
    """What C is, and its definition as a linear program."""
    st.header("What C is", anchor="c")
    st.markdown(texts.WHAT_C_IS)
    st.markdown(texts.FORMULA)
    st.markdown(texts.FORMULA_IN_WORDS)


def worked_picture() -> None:
    """Two words on each side: the flow, and C as a sum."""
    example = worked_example()
    st.header("A worked example", anchor="example")
    st.markdown(texts.EXAMPLE)
    st.html(head_html("Flow between the sentences", similarity_legend()))
    picture(
        flow_svg(example, WIDE, identity="about-flow", factor=240, ribbon_labels=True),
        flow_svg(example, NARROW, identity="about-flow-narrow", factor=240, ribbon_labels=True),
        key="about-flow",
    )
    left, right = unit_labels(example.source), unit_labels(example.target)
    flows = [
        (f"{left[flow.i]} → {right[flow.j]}", flow.flow, flow.similarity, flow.contribution)
        for flow in example.transport.flows()
    ]
    table = pd.DataFrame(flows, columns=["Flow from → to", "Flow", "Similarity", "Adds to C"])
    for name in table.columns[1:]:
        table[name] = table[name].map(lambda value: decimal(value, 2))
    st.table(table, hide_index=True, alt="The flows of the example and what each adds to C")
    st.markdown(texts.example_sum(flows, example.consistency, example.references.uniform))


def references() -> None:
    """What C is compared with, on a real pair, and what a C below equal importance says."""
    st.header("What C is compared with", anchor="references")
    st.markdown(texts.REFERENCES)
    real, example = _real_example(), worked_example()
    sentences = " | ".join(text for side in (real.source, real.target) for _, text in side.text.fields)
    st.html(head_html("C and its references", note=sentences))
    picture(scale_svg(real.consistency, real.references, identity="about-scale"), key="about-scale")
    st.html(scale_keys_html(real.consistency, real.references))
    st.html(f'<div class="c-text">{verdict_html(real.consistency, real.references)}</div>')
    st.subheader("C below equal importance", anchor="below-equal")
    st.markdown(texts.below_equal(example.consistency, example.references, example.source, example.target))


def how_to_read() -> None:
    """Every kind of picture with a few sentences."""
    st.header("How to read the pictures", anchor="pictures")
    _chips()
    st.markdown(texts.FLOW)
    _matrix()
    _grid()
    st.subheader("What a word loses", anchor="words")
    st.markdown(texts.WORDS)


@st.cache_resource(show_spinner=False)
def _real_example() -> PairAnalysis:
    """The pair shown on the first visit; the worked example if its file is missing."""
    try:
        (analysis,) = load_first_pair()[0].analyses.values()
        return analysis
    except DataError:
        return worked_example()


def _chips() -> None:
    example = _real_example()
    st.html(head_html("Token chips", attribution_legend(attribution_meaning(example.source.attribution.target))))
    for side in (example.source, example.target):
        st.html(side_card_html(get_language(side.language).name, explained_html(side), chips_html(side)))
    st.markdown(texts.CHIPS)


def _matrix() -> None:
    example = _real_example()
    st.html(head_html("Transport matrix", transport_legend(largest_cell(example))))
    picture(matrix_svg(example, identity="about-matrix"), key="about-matrix")
    st.markdown(texts.MATRIX)


def _grid() -> None:
    st.html(head_html("Language grid: the paper’s Table 5", consistency_legend()))
    grid = paper_grid(paper_table("5"))
    axes = grid.summary.axes
    show_chart(
        language_grid,
        summary_grid(grid, axes.rows, axes.columns, kind="consistency", own="one"),
        theme=chart_theme(),
        alt="Consistency by training language and language evaluated on, as the paper’s Table 5 prints it",
        key="about-grid",
    )
    st.markdown(texts.GRID)


def choices() -> None:
    """The effect of every setting, with measurements."""
    st.header("What the choices change", anchor="choices")
    for title, anchor, text, tables in texts.CHOICES:
        st.subheader(title, anchor=anchor)
        st.markdown(text)
        for lines in tables:
            st.table(pd.DataFrame(lines[1:], columns=list(lines[0])), hide_index=True, alt=f"{title}, measured")


def limits() -> None:
    """What C does not show."""
    st.header("What C does not show", anchor="limits")
    st.markdown(texts.LIMITS)


def citing() -> None:
    """The citation of the paper."""
    st.header("How to cite", anchor="cite")
    st.markdown(texts.CITE)
    st.code(texts.BIBTEX, language="bibtex", wrap_lines=True)


def versions_and_settings() -> None:
    """The versions of the libraries that numbers depend on, and every setting."""
    st.header("Versions and settings", anchor="versions")
    st.dataframe(_versions(), hide_index=True, width="stretch", alt="Versions")
    st.dataframe(settings_list(), hide_index=True, width="stretch", alt="Settings and their defaults")


def licences() -> None:
    """Licences of models and data."""
    st.header("Licences", anchor="licences")
    st.markdown(texts.LICENCES)
    st.dataframe(_licences(), hide_index=True, width="stretch", alt="Licences of models and data sets")


def files() -> list[File]:
    """The citation and the tables as files."""
    return [
        File("Citation (BibTeX)", "ccta.bib", "application/x-bibtex", f"{texts.BIBTEX}\n".encode),
        csv_file("Versions (CSV)", "versions.csv", lambda: frame_csv(_versions())),
        csv_file("Settings (CSV)", "settings.csv", lambda: frame_csv(settings_list())),
        csv_file("Licences (CSV)", "licences.csv", lambda: frame_csv(_licences())),
    ]


def _versions() -> pd.DataFrame:
    return pd.DataFrame(list(library_versions().items()), columns=["Library", "Version"])


def settings_list(record: type[Settings] = Settings) -> pd.DataFrame:
    """Every setting with its name on the command line and in links, what it takes, and its default."""
    rows = [
        (setting.title, setting.name, setting.choices, setting.written_default, setting.help)
        for setting in settings_of(record)
    ]
    return pd.DataFrame(rows, columns=["Setting", "Name", "Values", "Default", "What it is"])


def _licences() -> pd.DataFrame:
    models = [("Model", spec.title, spec.licence or "see its model card") for spec in load_catalogue().values()]
    data = [("Data set", spec.title, spec.licence) for spec in DATASETS.values()]
    data += [("Lexicon", "MUSE (Conneau et al. 2017)", "CC-BY-NC-4.0")]
    return pd.DataFrame(models + data, columns=["Kind", "Name", "Licence"])
