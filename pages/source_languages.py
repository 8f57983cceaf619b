"""Page "Source languages": which training language is the most consistent, in every reading of the question."""

from dashboard.languages.choices import VALUES, choose_languages
from dashboard.languages.files import languages_files
from dashboard.languages.reading_files import reading_files
from dashboard.languages.sections import Shown, grid_section, readings_section
from dashboard.languages.view import show_grids
from dashboard.shared.address import Address
from dashboard.shared.grid_sources import StoredSource, grids_of
from dashboard.shared.page_actions import page_head
from dashboard.shared.store import find_results, paper_alone
from dashboard.shared.style import chart_theme

address = Address("languages")
head = page_head("Source languages")
results = find_results(head.link)
choice = choose_languages(address, results)
if not grids_of(results):
    paper_alone(results)

shown: Shown | None = None
if isinstance(choice.source, StoredSource):
    shown = readings_section(address, choice, choice.source)
show_grids(address, choice.source)
panels = grid_section(address, choice, shown) if choice.grids else None

address.write()
head.link()
files = reading_files(choice, *shown, chart_theme()) if shown is not None else []
head.files([*files, *(languages_files(choice, panels, chart_theme()) if panels is not None else [])])

# C minus a reference is usually asked for next: this fills the cache after the page is drawn.
for value in VALUES if panels is not None and choice.value == "c" else ():
    choice.source.consistency(value)
