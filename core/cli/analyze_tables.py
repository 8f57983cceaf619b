"""Tables of `analyze` beside the pair itself: its classes, and what C depends on."""

from rich.table import Table

from core.consistency.sensitivity import Variant, top_words
from core.results import PairAnalysis
from core.text.languages import get_language


def class_table(classes: tuple[PairAnalysis, ...]) -> Table:
    """C with both sides explained for each class, and what the model predicts."""
    first = classes[0]
    names = [get_language(side.language).name for side in (first.source, first.target)]
    table = Table("explained", "C", "% of shuffles below", *(f"probability, {name}" for name in names))
    for analysis in classes:
        label = analysis.settings.explain
        table.add_row(
            analysis.source.attribution.target.title,
            f"{analysis.consistency:.3f}",
            f"{analysis.references.shuffled_percentile:.1f}",
            *(f"{side.prediction[label]:.3f}" for side in (analysis.source, analysis.target)),
        )
    return table


def variant_table(variants: tuple[Variant, ...]) -> Table:
    """C under each changed setting, and the words that carry most."""
    table = Table("changed", "to", "C", "% of shuffles below", "most in the source", "most in the translation")
    for variant in variants:
        if variant.error:
            table.add_row(variant.name, str(variant.value), "-", "-", variant.error, "")
        for analysis in variant.analyses:
            end = f" ({analysis.end})" if analysis.end else ""
            table.add_row(
                variant.name,
                f"{variant.value}{end}",
                f"{analysis.consistency:.3f}",
                f"{analysis.references.shuffled_percentile:.1f}",
                ", ".join(top_words(analysis.source)),
                ", ".join(top_words(analysis.target)),
            )
    return table
