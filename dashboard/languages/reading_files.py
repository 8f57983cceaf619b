"""Downloads of the readings: their values, the cells behind them, and the pictures."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from core.report.pair_cells import drivers, own_pair_parts
from core.report.reading_formats import readings_to_json
from core.report.readings import PAPER_READING, Reading, Readings
from dashboard.downloads.chart_keys import map_keys, reading_dots_keys
from dashboard.downloads.files import as_json
from dashboard.downloads.framing import Words
from dashboard.downloads.tables import frame_csv
from dashboard.figures.colours import Theme
from dashboard.figures.readings.dots import dots_frame, reading_dots
from dashboard.figures.readings.drivers import drivers_chart, drivers_frame, parts_chart, parts_frame
from dashboard.figures.readings.maps import CellMap, cell_map
from dashboard.figures.words.drivers import drivers_note, drivers_title, parts_note
from dashboard.figures.words.readings import SIGNED, chosen_sentence, reading_title, value_name
from dashboard.languages.choices import LanguagesChoice
from dashboard.languages.computed import Computed, paper_values
from dashboard.languages.pair_maps import ADDS, BRINGS, deviations_shown, pairs_shown
from dashboard.languages.reading_tables import pair_values_frame
from dashboard.shared.grid_sources import StoredSource
from dashboard.shared.page_actions import File, chart_files, csv_file

WIDTH = 620


def reading_files(choice: LanguagesChoice, computed: Computed, reading: Reading | None, theme: Theme) -> list[File]:
    """Readings and cells as CSV and JSON, pictures as SVG and PNG; nothing is built before its button is pressed."""
    cells = csv_file(
        "Pairs by training language (CSV)", "pairs.csv", lambda: frame_csv(pair_values_frame(computed.cells))
    )
    readings, source = computed.readings, choice.source
    if readings is None or reading is None or not isinstance(source, StoredSource):
        return [cells]
    files = [
        csv_file("All readings (CSV)", "readings.csv", lambda: frame_csv(readings_frame(readings))),
        File("All readings (JSON)", "readings.json", "application/json", partial(_json, source, readings)),
        cells,
    ]
    return files + _pictures(choice, computed, readings, reading, theme)


def readings_frame(readings: Readings) -> pd.DataFrame:
    """One line a reading and training language, largest value first: value, interval, share of resamples first."""
    lines = []
    for reading in readings.readings:
        ranking, name = reading.ranking, reading.definition.name
        for rank, code in enumerate(ranking.order, start=1):
            at = ranking.languages.index(code)
            low, high = ranking.interval[at]
            lines.append((name, ranking.standing, code, rank, ranking.values[at], low, high, ranking.first[at]))
    names = ["reading", "standing_of_first", "trained_on", "rank", "value", "low", "high", "first_in"]
    return pd.DataFrame(lines, columns=names)


def _json(source: StoredSource, readings: Readings) -> bytes:
    return as_json(readings_to_json(readings, source.grid))


def _pictures(
    choice: LanguagesChoice, computed: Computed, readings: Readings, reading: Reading, theme: Theme
) -> list[File]:
    cells, name = computed.cells, reading.definition.name
    about = f"{choice.source.model}, {choice.data.title}; reading: {reading_title(reading.definition)}"
    paper = paper_values(choice.data.data_set) if name == PAPER_READING else {}
    title = f"Training languages by {value_name(name)}"
    keys = reading_dots_keys(theme, signed=name in SIGNED, seeds=max(readings.n_seeds) > 1, paper=bool(paper))
    words = partial(Words, title, about, keys, (chosen_sentence(reading),))
    frame = dots_frame(reading, cells.values.trained_on, paper=paper)
    draw = partial(reading_dots, frame, theme=theme, signed=name in SIGNED, title=value_name(name))
    files = chart_files("Training languages", "training-languages", draw, words, theme=theme, width=WIDTH)
    shown = pairs_shown(choice, cells, name)
    files += _map_files(shown, "pairs", partial(Words, BRINGS, about, map_keys(shown, value_name(name), theme)), theme)
    if cells.shared.any():
        shown = deviations_shown(cells, reading)
        meaning = f"{value_name(name)} minus the mean of the training languages"
        files += _map_files(shown, "deviations", partial(Words, ADDS, about, map_keys(shown, meaning, theme)), theme)
    return files + _lead_files(computed, readings, reading, about, theme)


def _map_files(shown: CellMap, name: str, words: Callable[[], Words], theme: Theme) -> list[File]:
    return chart_files(words().title, name, partial(cell_map, shown, theme=theme), words, theme=theme, width=WIDTH)


def _lead_files(computed: Computed, readings: Readings, reading: Reading, about: str, theme: Theme) -> list[File]:
    """The picture of what drives the lead, where there is one."""
    name, title = reading.definition.name, drivers_title(reading)
    if reading.definition.on_shared_pairs:
        found = drivers(computed.cells, readings, name)
        if found is None:
            return []
        draw = partial(drivers_chart, drivers_frame(found), reading.ranking.difference.value, theme=theme)
        words = partial(Words, title, about, (), (drivers_note(reading, found),))
    else:
        parts = own_pair_parts(computed.cells, readings, name)
        if parts is None:
            return []
        draw = partial(parts_chart, parts_frame(parts), theme=theme)
        words = partial(Words, title, about, (), (parts_note(reading, parts),))
    return chart_files("Leader minus runner-up", "lead", draw, words, theme=theme, width=WIDTH)
