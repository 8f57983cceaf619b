"""The head of a page: its title, the link that restores the view, and the files it offers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import altair as alt
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.downloads.framing import Words
from dashboard.downloads.later import drawn
from dashboard.downloads.singles import packed
from dashboard.downloads.tables import chart_png, chart_svg
from dashboard.figures.colours import Theme
from dashboard.shared.address import current_link

EVERYTHING, ZIP = "Everything (zip)", "application/zip"
STORE_LINK = "The link restores the choices on this page wherever the same results are served."


@dataclass(frozen=True)
class File:
    """One file to download; `make` builds its bytes when the button is pressed, not before."""

    label: str
    name: str
    mime: str
    make: Callable[[], bytes]


def csv_file(label: str, name: str, make: Callable[[], bytes]) -> File:
    return File(label, name, "text/csv", make)


def svg_file(label: str, name: str, make: Callable[[], bytes]) -> File:
    return File(label, name, "image/svg+xml", make)


def png_file(label: str, name: str, make: Callable[[], bytes]) -> File:
    return File(label, name, "image/png", make)


def latex_file(label: str, name: str, make: Callable[[], bytes]) -> File:
    return File(label, name, "application/x-tex", make)


def chart_files(
    label: str, name: str, draw: Callable[[], alt.LayerChart], words: Callable[[], Words], *, theme: Theme, width: int
) -> list[File]:
    """An Altair chart as SVG and as PNG, `width` px wide, with title, legend and notes."""
    return [
        svg_file(f"{label} (SVG)", f"{name}.svg", drawn(chart_svg, draw, words, theme, width)),
        png_file(f"{label} (PNG)", f"{name}.png", drawn(chart_png, draw, words, theme, width)),
    ]


def copy_link(note: str = STORE_LINK) -> None:
    """A popover with the address that restores this view. Call it once the address is complete."""
    with st.popover("Copy link", width="content"):
        st.code(current_link(), language=None, wrap_lines=True)
        st.caption(note)


def everything(files: Sequence[File], name: str) -> File:
    """The zip of a page's files."""
    entries = [(file.label, file.name, file.make) for file in files]
    return File(EVERYTHING, f"{name}.zip", ZIP, lambda: packed(entries, name))


def download_files(files: Sequence[File]) -> None:
    """A popover with a button for each file, the zip of all of them first."""
    with st.popover("Download", width="content", disabled=not files):
        for file in files:
            st.download_button(
                file.label,
                file.make,
                file.name,
                file.mime,
                on_click="ignore",
                width="stretch",
                type="primary" if file.mime == ZIP else "tertiary",
                key=f"download-{file.name}",
            )


@dataclass(frozen=True)
class PageHead:
    """The title row of a page; link and files are added at the end of the run, when the address is complete.

    `name` is that of the page in the name of its zip.
    """

    actions: DeltaGenerator
    name: str

    def link(self, note: str = STORE_LINK) -> None:
        """Add the link, which every state of a page has."""
        with self.actions:
            copy_link(note)

    def files(self, files: Sequence[File]) -> None:
        """Add the files, and where they are several and none is a zip, the zip of all."""
        several = len(files) > 1 and all(file.mime != ZIP for file in files)
        with self.actions:
            download_files([everything(files, self.name), *files] if several else files)


def page_head(title: str) -> PageHead:
    """Draw the title of a page, with room for its link and files at the right."""
    left, right = st.columns([2, 3], vertical_alignment="center")
    left.header(title, anchor=False)
    return PageHead(actions_row(right), f"ccta-{title.lower().replace(' ', '-')}")


def actions_row(column: DeltaGenerator) -> DeltaGenerator:
    """The container of a page's buttons, right-aligned in a column."""
    return column.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="page-actions"
    )
