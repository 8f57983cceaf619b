"""Downloads of the list on the page "Results": the examples in full, the figures, the distribution of C."""

from functools import partial

import pandas as pd

from core.report.pair_columns import pair_columns
from core.report.pair_summary import PairSummary
from dashboard.downloads.chart_keys import distribution_keys
from dashboard.downloads.framing import Words
from dashboard.downloads.tables import frame_csv, frame_latex
from dashboard.figures.colours import Theme
from dashboard.figures.distribution import distribution_chart
from dashboard.figures.numbers import bounds, count, counted, decimal, percent, signed, signed_bounds
from dashboard.figures.words.headline import NAMES
from dashboard.figures.words.predictions import gold_of, predicted_of
from dashboard.results.choices import ResultsChoice
from dashboard.results.overview import MISMATCHED, Distribution
from dashboard.results.rows import filtered_pairs, ordered_pairs
from dashboard.shared.examples.texts import Texts
from dashboard.shared.page_actions import File, chart_files, csv_file, latex_file
from dashboard.shared.store import Results
from dashboard.shared.style import chart_theme

MOST_ROWS_IN_A_FILE = 100_000
WIDTH = 760


def list_files(
    results: Results, choice: ResultsChoice, texts: Texts, summary: PairSummary, shown: Distribution | None
) -> list[File]:
    """The files of the list; nothing is built before its button is pressed."""
    name = f"{choice.identity.dataset}-{choice.identity.checkpoint}-{choice.source}-{choice.target}"
    name = f"{name}-{choice.end}" if choice.end else name
    theme, caption = chart_theme(), f"{choice.title}, {choice.languages}"
    total = len(filtered_pairs(results, choice))
    part = f", the first {count(MOST_ROWS_IN_A_FILE)} of {count(total)}" if total > MOST_ROWS_IN_A_FILE else ""
    figures = partial(summary_frame, summary, choice)
    files = [
        csv_file(f"Examples{part} (CSV)", f"{name}-examples.csv", partial(_examples_csv, results, choice, texts)),
        csv_file("Figures (CSV)", f"{name}-figures.csv", lambda: frame_csv(figures())),
        latex_file("Figures (LaTeX)", f"{name}-figures.tex", lambda: frame_latex(figures(), caption=caption)),
    ]
    if shown is not None:
        draw = partial(distribution_chart, *shown, theme=theme, titled=True)
        words = partial(distribution_words, choice, summary, shown, theme)
        files += chart_files("Distribution", f"{name}-distribution", draw, words, theme=theme, width=WIDTH)
    return files


def distribution_words(choice: ResultsChoice, summary: PairSummary, shown: Distribution, theme: Theme) -> Words:
    """Title and legend in the file of the distribution."""
    _, mismatched, _ = shown
    bars = counted(summary.consistency.n, "example")
    keys = distribution_keys(bars, MISMATCHED if len(mismatched) else "", theme)
    about = f"{choice.identity.checkpoint}, {choice.title}" + (f", answer {choice.end}" if choice.end else "")
    return Words(f"Distribution of C, {choice.languages}", about, keys)


def _examples_csv(results: Results, choice: ResultsChoice, texts: Texts) -> bytes:
    pairs = ordered_pairs(results, choice, texts).head(MOST_ROWS_IN_A_FILE)
    return frame_csv(examples_frame(results, choice, texts, pairs))


def examples_frame(results: Results, choice: ResultsChoice, texts: Texts, pairs: pd.DataFrame) -> pd.DataFrame:
    """One line per example: whole texts (if they are here), C with its references, predictions, gold, tokens."""
    frame = pair_columns(pairs)
    rows, languages = [int(row) for row in frame["row"]], tuple(dict.fromkeys((choice.source, choice.target)))
    for position, code in enumerate(languages if texts else (), start=1):
        frame.insert(position, f"text_{code}", [texts.by_language[code].whole(row) for row in rows])
    if choice.identity.task == "meaning":
        return frame
    predictions = results.reader.predictions(choice.run, rows=rows, languages=languages)
    for code in languages:
        records = [predictions.get((code, row)) for row in rows]
        frame[f"predicted_{code}"] = [predicted_of(record) for record in records]
        frame[f"right_{code}"] = [record.correct if record else None for record in records]
    frame["gold"] = [gold_of(predictions.get((choice.source, row))) for row in rows]
    return frame


def summary_frame(summary: PairSummary, choice: ResultsChoice) -> pd.DataFrame:
    """The figures of the card as a table: figure, value, interval, n."""
    c = summary.consistency
    rows = [("Mean C", decimal(c.value), bounds(c.low, c.high), str(c.n))]
    rows += [
        (NAMES[name], decimal(reference.mean), f"C higher in {percent(reference.lower)}", str(reference.n))
        for name, reference in summary.references.items()
    ]
    if summary.minus_equal is not None:
        change = summary.minus_equal
        interval = signed_bounds(change.low, change.high)
        rows.append(("C minus equal importance", signed(change.value), interval, str(change.n)))
    if summary.share_of_attainable is not None:
        reached = summary.share_of_attainable
        interval = bounds(reached.low, reached.high)
        rows.append(("Share of the attainable", decimal(reached.value), interval, str(reached.n)))
    shares = {
        f"Right, {choice.source}": summary.source_correct,
        f"Right, {choice.target}": summary.target_correct,
        "Same prediction": summary.same_prediction,
    }
    rows += [
        (name, decimal(share.value), bounds(share.low, share.high), str(share.n))
        for name, share in shares.items()
        if share.n
    ]
    return pd.DataFrame(rows, columns=["Figure", "Value", "Interval", "n"])
