"""Consistency of token attributions across languages: everything that computes, and what a notebook imports.

    from core import TextInput, analyze_pair, load_model

    model = load_model("multilingual-e5-small")
    report = analyze_pair(model, TextInput("en", "Rain fell."), TextInput("es", "Cayó lluvia."))
    report.analyses[0].consistency

A name is imported from its module when it is first used: `import core` alone loads neither torch nor transformers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.consistency.export import report_to_json
    from core.consistency.pair import TextInput, analyze_pair
    from core.consistency.translations import AnalysisKey, TranslationResults, analyze_translations
    from core.errors import CctaError
    from core.models.catalogue import load_catalogue
    from core.models.loaded import LoadedModel
    from core.models.loader import load_model
    from core.paths import SHIPPED_RESULTS
    from core.report.row_values import StoredRowValues
    from core.report.tables.figure2 import build_figure2
    from core.report.tables.formats import to_csv_table as tables_to_csv
    from core.report.tables.formats import to_json as table_to_json
    from core.report.tables.formats import to_latex as table_to_latex
    from core.report.tables.formats import to_text as table_to_text
    from core.report.tables.sources import RowValues
    from core.report.tables.table import build_table
    from core.results import PairAnalysis, PairReport
    from core.settings import Settings
    from core.store.reader import Reader
    from core.store.store import Store, open_store

__all__ = [
    "SHIPPED_RESULTS",
    "AnalysisKey",
    "CctaError",
    "LoadedModel",
    "PairAnalysis",
    "PairReport",
    "Reader",
    "RowValues",
    "Settings",
    "Store",
    "StoredRowValues",
    "TextInput",
    "TranslationResults",
    "analyze_pair",
    "analyze_translations",
    "build_figure2",
    "build_table",
    "load_catalogue",
    "load_model",
    "open_store",
    "report_to_json",
    "table_to_json",
    "table_to_latex",
    "table_to_text",
    "tables_to_csv",
]

_MODULES = {
    "core.consistency.export": ("report_to_json",),
    "core.consistency.pair": ("TextInput", "analyze_pair"),
    "core.consistency.translations": ("AnalysisKey", "TranslationResults", "analyze_translations"),
    "core.errors": ("CctaError",),
    "core.models.catalogue": ("load_catalogue",),
    "core.models.loaded": ("LoadedModel",),
    "core.models.loader": ("load_model",),
    "core.paths": ("SHIPPED_RESULTS",),
    "core.report.row_values": ("StoredRowValues",),
    "core.report.tables.figure2": ("build_figure2",),
    "core.report.tables.sources": ("RowValues",),
    "core.report.tables.table": ("build_table",),
    "core.results": ("PairAnalysis", "PairReport"),
    "core.settings": ("Settings",),
    "core.store.reader": ("Reader",),
    "core.store.store": ("Store", "open_store"),
}
_HOMES = {name: (module, name) for module, names in _MODULES.items() for name in names} | {
    "table_to_json": ("core.report.tables.formats", "to_json"),
    "table_to_latex": ("core.report.tables.formats", "to_latex"),
    "table_to_text": ("core.report.tables.formats", "to_text"),
    "tables_to_csv": ("core.report.tables.formats", "to_csv_table"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    value = globals()[name] = getattr(import_module(module), attribute)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
