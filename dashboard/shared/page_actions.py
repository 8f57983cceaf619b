"""What stands at the right of every page's title: the link that restores the view, and its files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.shared.address import current_link

STORE_LINK = "The link holds the choices on this page. It opens wherever the same results are served."


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


def copy_link(note: str = STORE_LINK) -> None:
    """A popover with the address that restores this view. Call it when the address is as it should be."""
    with st.popover("Copy link", width="content"):
        st.code(current_link(), language=None, wrap_lines=True)
        st.caption(note)


def download_files(files: Sequence[File]) -> None:
    """A popover with a button for each file."""
    with st.popover("Download", width="content", disabled=not files):
        for file in files:
            st.download_button(
                file.label,
                file.make,
                file.name,
                file.mime,
                on_click="ignore",
                width="stretch",
                key=f"download-{file.name}",
            )


def title_row(title: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """The page's title, and the place of its actions; they are filled last, when the address is known."""
    left, right = st.columns([2, 3], vertical_alignment="center")
    left.header(title, anchor=False)
    return left, right.container(horizontal=True, horizontal_alignment="right", key="page-actions")
