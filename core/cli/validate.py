"""`validate`: flows, attributions, spaces and integrals against independent references."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from core.cli.output import narrate
from core.cli.seeds import seed_option
from core.errors import DataError, OptionError
from core.models.catalogue import DEFAULT_MODEL
from core.models.loaded import LoadedModel
from core.models.loader import load_model
from core.paths import data_folder
from core.settings import METHODS
from core.spaces.maps import PIVOT
from core.text.languages import get_language
from core.validation.alignment import measure_alignment
from core.validation.any_gold import measure_gold, measure_layers
from core.validation.convergence import measure_convergence
from core.validation.faithfulness import measure_faithfulness, method_names, method_variants
from core.validation.findings import Findings, to_json, to_markdown, to_text
from core.validation.gold import AUTO, GoldPair, read_gold
from core.validation.retrieval import measure_retrieval
from core.validation.texts import LANGUAGES, MORE_LANGUAGES, Explained, sample_texts

CHECKS = ("alignment", "faithfulness", "retrieval", "convergence", "layers")
FORMATS = ("text", "markdown", "json")
ALIGNMENTS, LEXICONS = "xl-wa", "muse"
SENTENCE_PAIRS, TEXTS = 40, 8


@dataclass(frozen=True)
class _Options:
    """The user's options, checked."""

    model: LoadedModel
    data: Path
    limit: int | None
    n_pairs: int
    methods: tuple[str, ...]
    seed: int


def validate(  # noqa: PLR0917 - one parameter an option
    check: Annotated[str, typer.Option(help=f"{', '.join(CHECKS)}; separated by commas, or all.")] = "all",
    model: Annotated[
        str, typer.Option(help="Catalogue name or directory: a base, or an nli checkpoint.")
    ] = DEFAULT_MODEL,
    data: Annotated[str | None, typer.Option(help="Folder with xnli, xl-wa and muse (default: CCTA_DATA).")] = None,
    limit: Annotated[int | None, typer.Option(help="Rows per language (default: 40 sentence pairs, 8 texts).")] = None,
    method: Annotated[
        str, typer.Option(help=f"Methods of the check faithfulness: {', '.join(METHODS)}; separated by commas, or all.")
    ] = METHODS[0],
    n_pairs: Annotated[int, typer.Option(help="Lexicon pairs per language to learn maps from.")] = 5000,
    gold: Annotated[
        Path | None,
        typer.Option(help="Gold word alignments of --source and --target (0-1 2p3 a line): measure these alone."),
    ] = None,
    source: Annotated[Path | None, typer.Option(help="The sentences of --gold, one a line, words by spaces.")] = None,
    target: Annotated[Path | None, typer.Option(help="Their translations, line by line.")] = None,
    source_lang: Annotated[str | None, typer.Option(help="Language of --source.")] = None,
    target_lang: Annotated[str | None, typer.Option(help="Language of --target.")] = None,
    gold_base: Annotated[
        str, typer.Option(help="What --gold calls the first word: 0 (Pharaoh), 1 (talp), or auto, as the links show.")
    ] = AUTO,
    layer: Annotated[
        int | None, typer.Option(help="One more space for --gold: the encoder's hidden states there.")
    ] = None,
    seed: Annotated[int, seed_option("the sample of rows")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    format: Annotated[str, typer.Option(help=f"{', '.join(FORMATS)}.")] = "text",
) -> None:
    """Compare results with independent references.

    Flows with gold word alignments, attributions with the model's output without the tokens, spaces with lexicons, and
    `--steps auto` with 300 nodes, contextual links with gold ones layer by layer. With --gold, word links with gold
    alignments of any two languages.
    """
    names, methods = _names(check), method_names(method)
    if format not in FORMATS:
        raise OptionError(f"Unknown format {format!r}. Choose one of {', '.join(FORMATS)}.")
    if limit is not None and limit < 2:
        raise OptionError(f"limit {limit} is too small: use 2 or more.")
    files = {"--gold": gold, "--source": source, "--target": target}
    languages = {"--source-lang": source_lang, "--target-lang": target_lang}
    if any(given is not None for given in (*files.values(), *languages.values(), layer)) or gold_base != AUTO:
        pairs = _gold_pairs(files, languages, gold_base, alone=check == "all")
        loaded = load_model(model, device=device, progress=narrate)
        tables = [measure_gold(loaded, pairs, str(source_lang), str(target_lang), layer=layer, limit=limit, seed=seed)]
    else:
        folder = _folder(data)
        options = _Options(load_model(model, device=device, progress=narrate), folder, limit, n_pairs, methods, seed)
        tables = []
        for name in names:
            narrate(f"Measuring {name}")
            tables += _MEASURES[name](options)
    if format == "json":
        typer.echo(json.dumps([to_json(table) for table in tables], indent=1, ensure_ascii=False))
    else:
        typer.echo("\n".join((to_text if format == "text" else to_markdown)(table) for table in tables))


def _names(check: str) -> list[str]:
    names = list(CHECKS) if check == "all" else [name.strip() for name in check.split(",")]
    wrong = [name for name in names if name not in CHECKS]
    if wrong:
        raise OptionError(f"Unknown check {wrong[0]!r}. Choose from {', '.join(CHECKS)}, or all.")
    return names


def _gold_pairs(
    files: Mapping[str, Path | None], languages: Mapping[str, str | None], base: str, *, alone: bool
) -> list[GoldPair]:
    """Read the gold alignments, all options checked before a model is loaded."""
    missing = [name for name, given in (*files.items(), *languages.items()) if given is None]
    if missing:
        raise OptionError(
            f"{missing[0]} is missing. Give --gold, --source, --target, --source-lang and --target-lang together."
        )
    if not alone:
        raise OptionError("--gold is a check of its own. Leave --check out.")
    for language in languages.values():
        get_language(str(language))
    gold, source, target = (path for path in files.values() if path is not None)
    return read_gold(gold, source, target, base=base)


def _folder(data: str | None) -> Path:
    folder = Path(data) if data else data_folder()
    if folder is None or not folder.is_dir():
        raise DataError("There is no data folder. Set --data or CCTA_DATA to one that contains xnli, xl-wa and muse.")
    return folder


def _alignment(options: _Options) -> list[Findings]:
    folder = options.data / ALIGNMENTS
    return [measure_alignment(options.model, folder, limit=options.limit or SENTENCE_PAIRS, seed=options.seed)]


def _faithfulness(options: _Options) -> list[Findings]:
    texts = _texts(options)
    variants = method_variants(options.model, options.methods, seed=options.seed)
    return measure_faithfulness(options.model, texts, variants, seed=options.seed, progress=_narrate_texts)


def _narrate_texts(done: int, total: int) -> None:
    if done % 10 == 0:
        narrate(f"{done} of {total} texts")


def _convergence(options: _Options) -> list[Findings]:
    return [measure_convergence(options.model, _texts(options, MORE_LANGUAGES))]


def _layers(options: _Options) -> list[Findings]:
    folder = options.data / ALIGNMENTS
    return [measure_layers(options.model, folder, limit=options.limit, seed=options.seed, progress=narrate)]


def _texts(options: _Options, languages: Sequence[str] = LANGUAGES) -> list[Explained]:
    limit = options.limit or TEXTS
    return sample_texts(options.model, options.data, limit=limit, seed=options.seed, languages=languages)


def _retrieval(options: _Options) -> list[Findings]:
    folder = options.data / LEXICONS
    codes = sorted(path.name.removeprefix(f"{PIVOT}-") for path in folder.glob(f"{PIVOT}-*"))
    if not codes:
        raise DataError(f"The folder {folder} contains no lexicon. Restore it, or give another --data.")
    languages = [get_language(code).code for code in codes]
    return [
        measure_retrieval(
            options.model, folder, languages=languages, n_pairs=options.n_pairs, seed=options.seed, progress=narrate
        )
    ]


_MEASURES: dict[str, Callable[[_Options], list[Findings]]] = {
    "alignment": _alignment,
    "faithfulness": _faithfulness,
    "retrieval": _retrieval,
    "convergence": _convergence,
    "layers": _layers,
}
