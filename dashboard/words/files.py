"""Downloads of the page "Words"."""

import pandas as pd

from core.report.words.formats import WordTable, words_to_frame
from dashboard.downloads.tables import frame_csv, frame_latex
from dashboard.figures.words.lost import NOUNS
from dashboard.shared.page_actions import File, csv_file, latex_file
from dashboard.words.choices import RANKS, WordsChoice

MOST_IN_LATEX = 30


def words_files(choice: WordsChoice, shown: pd.DataFrame) -> list[File]:
    """The table as it is shown, with every number: CSV, and the first lines as LaTeX."""
    others = tuple(cell.other for cell in choice.cells)
    end = choice.cells[0].end
    table = WordTable(shown, choice.identity, choice.language, others, choice.by, end, choice.least)
    name = f"{choice.identity.dataset}-{choice.identity.checkpoint}-{choice.language}-{choice.by}"
    order, column, _ = RANKS[choice.rank]
    caption = f"{choice.title}, {choice.identity.checkpoint}: {NOUNS[choice.by][1].lower()} by {order}"
    columns = [choice.by, "n", column, f"{column}_low", f"{column}_high", "mass", "partners"]
    return [
        csv_file("Words (CSV)", f"{name}.csv", lambda: frame_csv(words_to_frame(table))),
        latex_file(
            f"First {MOST_IN_LATEX} (LaTeX)",
            f"{name}.tex",
            lambda: frame_latex(words_to_frame(table)[columns].head(MOST_IN_LATEX), caption=caption),
        ),
    ]
