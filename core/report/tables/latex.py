"""The one writer of LaTeX: a `table` environment in the style of booktabs."""

import re
from collections.abc import Sequence

from core.text.display import display_text

_SIGNS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    "−": "$-$",
    "→": r"$\rightarrow$",
    "’": "'",
} | {char: "\\" + char for char in "&%$#_{}"}
_NEGATIVE = re.compile(r"-(?=\d)")

Line = Sequence[str]


def latex_table(
    caption: str,
    header: Line,
    groups: Sequence[Sequence[Line]],
    alignment: str,
    *,
    label: str = "",
    notes: Sequence[str] = (),
) -> str:
    """Write a table; every text is escaped.

    Parameters
    ----------
    groups : lines that belong together, with as many cells as the header. A space divides groups of several lines.
    alignment : a letter a column: `l` for words, `r` for numbers.
    label, notes : the name to refer to, and lines below; left out where empty.
    """
    bodies = ["\n".join(_line(line, alignment) for line in group) for group in groups]
    several = any(len(group) > 1 for group in groups)
    return "\n".join(
        [
            "% \\usepackage{booktabs}",
            "\\begin{table}",
            "\\centering",
            f"\\caption{{{latex(caption)}}}",
            *([f"\\label{{{label}}}"] if label else []),
            f"\\begin{{tabular}}{{{alignment}}}",
            "\\toprule",
            _line(header, alignment),
            "\\midrule",
            ("\n\\addlinespace\n" if several else "\n").join(bodies),
            "\\bottomrule",
            "\\end{tabular}",
            *([f"\\par\\smallskip\\footnotesize {latex(' '.join(notes))}"] if notes else []),
            "\\end{table}\n",
        ]
    )


def latex(text: str) -> str:
    """Escape any text for LaTeX."""
    return "".join(_SIGNS.get(char, char) for char in display_text(text))


def _line(cells: Line, alignment: str) -> str:
    # A hyphen in a name stays one; in a number it is a minus sign.
    written = [
        latex(cell) if column == "l" else _NEGATIVE.sub("$-$", latex(cell))
        for cell, column in zip(cells, alignment, strict=True)
    ]
    text = " & ".join(written) + r" \\"
    # A [ at the start of a line would be read as an option of the line break above it.
    return "{}" + text if text.startswith("[") else text
