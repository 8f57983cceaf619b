"""Help texts end in a link to the paragraph of the page "About" that says more."""


def explained(text: str, anchor: str) -> str:
    """Return a help text with its link; `anchor` is that of a heading on the page "About"."""
    return f"{text} [More about this](about#{anchor})"
