"""`words`: which words of a data set lose the most consistency, from the flows of a store."""

import sys
from typing import Annotated

import typer

from core.cli.output import narrate
from core.cli.stored import part_of, results_reader
from core.errors import OptionError
from core.report.words.cells import cells_of
from core.report.words.choice import choose_run
from core.report.words.formats import WordTable, words_to_csv, words_to_json, words_to_text
from core.report.words.index import WordIndex
from core.report.words.losses import CLASSES, SORTS, WORDS, ranked

FORMATS = {"text": words_to_text, "csv": words_to_csv, "json": words_to_json}
ALL = "all"


def words(  # noqa: PLR0917 - one parameter an option
    store: Annotated[str | None, typer.Option(help="Store of results (default: CCTA_STORE; else shipped).")] = None,
    dataset: Annotated[str, typer.Option(help="Data set (default: the first that the store holds).")] = "",
    model: Annotated[str, typer.Option(help="Checkpoint (default: the one trained in English).")] = "",
    source_lang: Annotated[str, typer.Option(help="Whose words (default: the training language).")] = "",
    target_lang: Annotated[str, typer.Option(help=f"Language of the translations, or {ALL}.")] = ALL,
    by: Annotated[str, typer.Option(help=f"{', '.join(CLASSES)}.")] = WORDS,
    sort: Annotated[str, typer.Option(help=f"Descending by {', '.join(SORTS)}.")] = "lost",
    least: Annotated[int, typer.Option("--min", help="Words in fewer examples come last.")] = 10,
    limit: Annotated[int, typer.Option(help="Only so many lines; 0: all.")] = 0,
    end: Annotated[str, typer.Option(help="start or end, for question answering.")] = "",
    run: Annotated[str, typer.Option(help="Run of the store, where several fit.")] = "",
    format: Annotated[str, typer.Option(help=f"{', '.join(FORMATS)}.")] = "text",
) -> None:
    """Rank words, or classes of words, by the consistency that is lost on them."""
    for name, value, known in (("format", format, FORMATS), ("class of words", by, CLASSES), ("order", sort, SORTS)):
        if value not in known:
            raise OptionError(f"Unknown {name} {value!r}: choose one of {', '.join(known)}.")
    reader = results_reader(store)
    chosen = choose_run(reader, data_set=dataset, checkpoint=model, run=run)
    identity = reader.runs[chosen].identity
    part = part_of(end, identity.task)
    language = source_lang or identity.train_language or "en"
    others = [] if target_lang == ALL else [target_lang]
    cells = cells_of(reader, chosen, language, others, part)
    frame = ranked(WordIndex(reader).losses(cells, by), sort=sort, least=least)
    table = WordTable(
        frame.head(limit) if limit > 0 else frame,
        identity,
        language,
        tuple(cell.other for cell in cells),
        by,
        part,
        least,
    )
    for line in reader.notices:
        narrate(line)
    sys.stdout.write(FORMATS[format](table))
