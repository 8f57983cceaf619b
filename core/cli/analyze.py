"""`analyze`: one text and its translation, as a table on the screen or as JSON."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from core.attribution.methods import captum_reference
from core.cli.analyze_tables import class_table, variant_table
from core.cli.setting_options import takes_settings
from core.consistency.agreement import link_agreement
from core.consistency.export import report_to_json
from core.consistency.pair import TextInput, analyze_pair
from core.consistency.sensitivity import Variant, single_changes, variants_to_json, vary
from core.consistency.translations import analyze_translations
from core.errors import InputError, OptionError
from core.models.catalogue import default_model
from core.models.loaded import LoadedModel
from core.models.loader import load_model
from core.report.verdict import verdict
from core.results import PairAnalysis, PairReport
from core.setting import ANALYZE
from core.settings import Settings, get_task
from core.text.cleaning import clean_text
from core.text.languages import get_language

VERIFY_STEPS = 300
TOP_FLOWS = 8


@takes_settings(ANALYZE)
def analyze(
    settings: Settings,
    *,
    source_lang: Annotated[str, typer.Option(help="Language code of the source text, for example en.")] = "",
    target_lang: Annotated[str, typer.Option(help="Language code of the translation.")] = "",
    source: Annotated[str, typer.Option(help="The source text (premise, sentence 1, question).")] = "",
    source_second: Annotated[
        str | None, typer.Option(help="Its second field (hypothesis, sentence 2, context).")
    ] = None,
    target: Annotated[str, typer.Option(help="The translation.")] = "",
    target_second: Annotated[str | None, typer.Option(help="The second field of the translation.")] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Catalogue name, local directory, or hub id (org/name[@revision]); a directory of that name goes "
            "first. Default: the one that fits task and source language."
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    all_classes: Annotated[
        bool, typer.Option("--all-classes", help="Explain every class of the task too; they share forward passes.")
    ] = False,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Change one setting at a time, and show what C becomes.")
    ] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Recompute with Captum and report the difference.")] = False,
    json_file: Annotated[
        str | None, typer.Option("--json", help="Write JSON to FILE, or to the screen with -.")
    ] = None,
) -> None:
    """Attributions of a text and its translation, the transport between them, and the consistency C."""
    left = _text_input("source", settings.task, source_lang, source, source_second)
    right = _text_input("target", settings.task, target_lang, target, target_second)
    if json_file not in (None, "-") and not Path(str(json_file)).absolute().parent.is_dir():
        raise InputError(f"{json_file} cannot be written: there is no such folder.")
    if all_classes and not get_task(settings.task).classes:
        raise OptionError(f"The task {settings.task} has no classes: leave --all-classes out.")
    console = Console(stderr=True)
    name = model or default_model(settings.task, left.language).name
    with console.status(f"Loading {name}") as status:
        loaded = load_model(name, device=device, precision=settings.precision, progress=status.update)
        report = _analyze(loaded, left, right, settings, status, classes=all_classes)
        _warn_of_scripts(console, loaded, left, right)
        verification = _verify(loaded, report, settings) if verify else None
        variants = _vary(loaded, left, right, settings, status) if sensitivity else ()
    result = report_to_json(report) | ({"verification": verification} if verification else {})
    result |= {"sensitivity": variants_to_json(variants)} if sensitivity else {}
    if json_file is None:
        _print_report(report, verification)
        if variants:
            Console().print(variant_table(variants), markup=False)
    else:
        _write_json(result, json_file)


def _analyze(
    model: LoadedModel, left: TextInput, right: TextInput, settings: Settings, status: Any, *, classes: bool
) -> PairReport:
    def say(stage: str, done: int, of: int) -> None:
        status.update(f"{stage.capitalize()}: {done} of {of}")

    return analyze_pair(model, left, right, settings, strict=True, classes=classes, progress=say)


def _vary(
    model: LoadedModel, left: TextInput, right: TextInput, settings: Settings, status: Any
) -> tuple[Variant, ...]:
    def say(stage: str, done: int, of: int) -> None:
        status.update(f"{stage.capitalize()}: {done} of {of}")

    attributed = settings.with_changes(aggregate="sum")
    classes = bool(get_task(settings.task).classes)
    base = analyze_translations(model, left, [right], attributed, classes=classes, progress=say)
    return vary(model, base, single_changes(settings), progress=say)


def _warn_of_scripts(console: Console, model: LoadedModel, *texts: TextInput) -> None:
    """Say where a text is in a script that the tokenizer maps mostly to its unknown token."""
    scripts = dict.fromkeys(get_language(text.language).script for text in texts)
    for script in filter(model.unread_scripts.__contains__, scripts):
        console.print(
            f"Most words in {script} script are unknown to the tokenizer of {model.info.name}: their attributions are "
            "those of its unknown token.",
            style="yellow",
            markup=False,
        )


def _text_input(side: str, task: str, language: str, first: str, second: str | None) -> TextInput:
    fields = get_task(task).fields
    if not language:
        raise InputError(f"The language of the {side} text is missing: give --{side}-lang, for example en.")
    code = get_language(language).code
    given = (first,) if second is None else (first, second)
    if len(given) != len(fields):
        wanted = f"--{side}" if len(fields) == 1 else f"--{side} ({fields[0]}) and --{side}-second ({fields[1]})"
        raise InputError(f"The task {task} takes {len(fields)} text{'s' * (len(fields) > 1)} a side: give {wanted}.")
    for text in given:
        clean_text(text, strict=True)
    return TextInput(code, given)


def _verify(model: LoadedModel, report: PairReport, settings: Settings) -> dict[str, float | int]:
    """Compare with Captum's LayerIntegratedGradients: the largest token difference over the largest |score|."""
    if settings.method != "integrated-gradients":
        raise OptionError("--verify checks integrated gradients: leave --method out.")
    n_steps = VERIFY_STEPS if settings.steps == "auto" else int(settings.steps)
    worst = 0.0
    for analysis in report.analyses:
        for side in (analysis.source, analysis.target):
            ours = side.attribution
            reference = captum_reference(
                model,
                ours.text,
                ours.target,
                n_steps=n_steps,
                baseline=settings.baseline,
                aggregate=settings.aggregate,
            )
            worst = max(worst, float(np.abs(ours.scores - reference).max() / np.abs(reference).max()))
    return {"captum_steps": n_steps, "largest_relative_difference": worst}


def _write_json(result: dict[str, Any], file: str) -> None:
    text = json.dumps(result, ensure_ascii=False, indent=1)
    if file == "-":
        sys.stdout.write(text + "\n")
        return
    try:
        Path(file).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}.") from error


def _print_report(report: PairReport, verification: dict[str, Any] | None) -> None:
    console = Console()
    for analysis in report.analyses:
        _print_analysis(console, analysis)
    if report.classes:
        console.print(class_table(report.classes), markup=False)
    for line in report.notices:
        console.print(line, style="yellow", markup=False)
    pooling = report.analyses[0].model.pooling
    if report.analyses[0].settings.task == "meaning" and pooling:
        console.print(f"Encoding of a text: {pooling}.", markup=False, highlight=False)
    if verification:
        console.print(
            f"Captum with {verification['captum_steps']} steps: largest token difference "
            f"{verification['largest_relative_difference']:.2e} of the largest score.",
            markup=False,
        )


def _agreement(analysis: PairAnalysis) -> str:
    """The agreement over the links of the plan, in one line."""
    agreed = link_agreement(analysis)
    rank = "too few for a rank correlation" if agreed.spearman is None else f"Spearman {agreed.spearman:.2f}"
    return (
        f"Scores over the {agreed.n_links} links of the plan: {rank}; overlap of the {agreed.top} largest of each side "
        f"{agreed.overlap:.0%}."
    )


def _print_analysis(console: Console, analysis: PairAnalysis) -> None:
    found = verdict(analysis.consistency, analysis.references)
    end = f" (answer {analysis.end})" if analysis.end else ""
    console.print(f"Consistency C{end}: {analysis.consistency:.3f}", style="bold", highlight=False)
    for line in (f"{found.lead}. {found.chance}", found.equal, found.carried, _agreement(analysis)):
        console.print(line, highlight=False)
    for side in (analysis.source, analysis.target):
        attribution = side.attribution
        error = "" if attribution.token_error is None else f", token error {attribution.token_error:.1%}"
        console.print(
            f"{get_language(side.language).name}: {attribution.target.title}; {attribution.n_steps} gradients{error}, "
            f"delta {attribution.delta:.2g}",
            highlight=False,
            markup=False,
        )
    table = Table("source", "target", "flow", "similarity", "adds to C")
    for flow in analysis.transport.flows()[:TOP_FLOWS]:
        table.add_row(
            analysis.source.units[flow.i].text,
            analysis.target.units[flow.j].text,
            f"{flow.flow:.1%}",
            f"{flow.similarity:.2f}",
            f"{flow.contribution:.3f}",
        )
    console.print(table, markup=False)
