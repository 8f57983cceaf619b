"""`evaluate`: accuracy, or F1 and exact match, of checkpoints on a data set."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.cli.output import OWN, narrate
from core.cli.seeds import seed_option
from core.data.catalogue import get_dataset
from core.data.clusters import clusters_of
from core.data.files import is_own, read_parallel_file
from core.data.load import available_languages, choose_rows, data_source, load_parallel, load_rows, pivot_of
from core.data.rows import ParallelRows
from core.errors import OptionError
from core.evaluation.stored import evaluate_once, metric_values
from core.models.loaded import LoadedModel
from core.models.loader import load_model
from core.paths import store_location
from core.runs.data import ALL, language_codes
from core.statistics import estimate_mean
from core.store import Store, open_store
from core.text.languages import get_language


@dataclass(frozen=True)
class Score:
    """The mean of a metric over the rows of one language, in [0, 1], with its 95% interval."""

    model: str
    dataset: str
    split: str
    language: str
    metric: str
    value: float
    interval: tuple[float, float]
    n: int


def evaluate(  # noqa: PLR0917 - one parameter an option
    model: Annotated[str, typer.Option(help="Catalogue names, directories or hub ids, separated by commas.")],
    dataset: Annotated[str, typer.Option(help=f"xnli, paws-x, xquad, squad-en, or texts of your own: {OWN}.")],
    data: Annotated[str | None, typer.Option(help="Folder of the data sets, or hub (default: CCTA_DATA).")] = None,
    languages: Annotated[str, typer.Option(help="Codes separated by commas, or all (the paper's).")] = ALL,
    split: Annotated[str | None, typer.Option(help="Default: test, or validation where there is no test.")] = None,
    limit: Annotated[int | None, typer.Option(help="Rows per language, the same in each, drawn with the seed.")] = None,
    seed: Annotated[int, seed_option("the sample of rows")] = 0,
    store: Annotated[str | None, typer.Option(help="Store to write to (default: CCTA_STORE, else none).")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Evaluate checkpoints language by language, with 95% intervals; write the predictions to the store."""
    parallel, fingerprint = (
        _own_rows(dataset, languages, split)
        if is_own(dataset)
        else _dataset_rows(dataset, languages, split, data_source(data))
    )
    n_rows = len(next(iter(parallel.values())))
    positions = choose_rows(n_rows, limit, seed)
    rows = {code: of_language.take(positions) for code, of_language in parallel.items()}
    location = store or store_location()
    opened = open_store(location, create=True) if location else None
    scores = [
        score
        for name in model.split(",")
        for score in _evaluate_model(load_model(name, device=device, progress=narrate), rows, opened, fingerprint)
    ]
    typer.echo(json.dumps([asdict(score) for score in scores], indent=1) if as_json else _text(scores))


def _dataset_rows(
    dataset: str, languages: str, split: str | None, source: str | Path
) -> tuple[dict[str, ParallelRows], str]:
    """The rows of each language, and the fingerprint of the data set's split."""
    spec = get_dataset(dataset)
    chosen_split = split or spec.usual_split
    codes = _languages(spec.name, languages, source)
    pivot = pivot_of(available_languages(spec.name, source))
    fingerprint = load_rows(spec.name, pivot, chosen_split, source).fingerprint
    return load_parallel(spec.name, codes, chosen_split, source), fingerprint


def _own_rows(dataset: str, languages: str, split: str | None) -> tuple[dict[str, ParallelRows], str]:
    codes = [] if languages == ALL else language_codes(languages)
    file = read_parallel_file(dataset, codes, split)
    for line in file.notices:
        narrate(line)
    if file.task.name == "meaning":
        raise OptionError(f"{dataset} has texts without labels or answers: there is nothing to evaluate. Use core run.")
    return file.rows(codes or file.languages), file.fingerprint


def _languages(dataset: str, languages: str, source: str | Path) -> list[str]:
    if languages != ALL:
        return language_codes(languages)
    available = available_languages(dataset, source)
    return [code for code in get_dataset(dataset).languages if code in available]


def _evaluate_model(
    model: LoadedModel, rows: dict[str, ParallelRows], store: Store | None, fingerprint: str
) -> list[Score]:
    scores: list[Score] = []
    for code, of_language in rows.items():
        narrate(f"{model.info.name}: {len(of_language):,} rows in {get_language(code).name}")
        records = evaluate_once(model, of_language, store, fingerprint)
        of_cluster = clusters_of(of_language)
        clusters = [of_cluster[record.row] for record in records]
        for metric, values in metric_values(records).items():
            estimate = estimate_mean(values, clusters=clusters, proportion=metric != "f1")
            scores.append(
                Score(
                    model=model.info.name,
                    dataset=of_language.dataset,
                    split=of_language.split,
                    language=code,
                    metric=metric,
                    value=estimate.value,
                    interval=(estimate.low, estimate.high),
                    n=estimate.n,
                )
            )
    return scores


def _text(scores: list[Score]) -> str:
    table = Table("model", "data set", "split", "language", "metric", "mean", "95% interval", "n")
    for score in scores:
        low, high = score.interval
        table.add_row(
            score.model,
            score.dataset,
            score.split,
            score.language,
            score.metric.replace("_", " "),
            f"{score.value:.3f}",
            f"[{low:.3f}, {high:.3f}]",
            f"{score.n:,}",
        )
    console = Console(width=120)
    with console.capture() as capture:
        console.print(table, markup=False)
    return capture.get()
