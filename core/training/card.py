"""What a trained checkpoint says of itself: `ccta.json` for the program, README.md for people."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.evaluation.evaluate import primary_metric
from core.languages import get_language
from core.models.catalogue import CARD_NAME
from core.training.workspace import write_text


@dataclass(frozen=True)
class Card:
    """Where a checkpoint comes from and what it reaches.

    Attributes
    ----------
    labels : classes in the order of the logits. steps, best_step : trained, and kept.
    averaged : seed, steps, best_step and minutes of each training whose weights were averaged; empty: it is one
        training's, and `seed` and steps are its own, else the first one's.
    calibration : scale and bias of the logits, and the rows they were fitted on (`Calibration`); None without.
    dev_scores : language -> metric -> mean over `dev_rows` development rows, in [0, 1].
    minutes : of the last uninterrupted stretch of training; of all that were averaged.
    """

    name: str
    title: str
    task: str
    base: str
    base_licence: str
    train_language: str
    labels: tuple[str, ...]
    dataset: str
    dataset_licence: str
    split: str
    rows: int
    data_fingerprint: str
    recipe: Mapping[str, Any] = field(hash=False)
    steps: int
    best_step: int
    seed: int
    minutes: float
    device: str
    versions: Mapping[str, str] = field(hash=False)
    averaged: tuple[Mapping[str, float], ...] = field(default=(), hash=False)
    calibration: Mapping[str, Any] | None = field(default=None, hash=False)
    dev_rows: int = 0
    dev_scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)


def read_card(folder: Path) -> Card:
    """Return the card of a checkpoint's folder. Raises ModelError where there is none that `write_card` wrote."""
    path = folder / CARD_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        known = {entry.name: content[entry.name] for entry in fields(Card) if entry.name in content}
        lists = {name: tuple(known.get(name, ())) for name in ("labels", "averaged")}
        return Card(**known | lists)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(
            f"{path} is not the card of a checkpoint that `python -m core train` made: {error}."
        ) from error


def write_card(card: Card, folder: Path) -> None:
    """Write the card to a checkpoint's folder, in both forms."""
    content = asdict(card) | {"written": datetime.now(UTC).isoformat(timespec="seconds")}
    write_text(folder / CARD_NAME, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    write_text(folder / "README.md", card_text(card))


def card_text(card: Card) -> str:
    """Return the card as Markdown."""
    language = get_language(card.train_language).name
    lines = [
        f"# {card.name}",
        "",
        f"{card.title}. Fine-tuned for the task `{card.task}` on {card.rows:,} rows in {language} of {card.dataset} "
        f"(split `{card.split}`), from {card.base}.",
        "",
        *_recipe_lines(card),
        "",
        *_score_lines(card),
        "",
        "## Use",
        "",
        *_use_lines(card),
        "",
        "## Licences",
        "",
        f"Base model: {card.base_licence}. Training data: {card.dataset_licence}. The sentences are not part of this "
        "folder.",
    ]
    return "\n".join(lines) + "\n"


def _recipe_lines(card: Card) -> list[str]:
    recipe = card.recipe
    trained = (
        f"LoRA of rank {recipe['lora_rank']} above the lowest {recipe['frozen_layers']} layers, and the head"
        if recipe["lora_rank"]
        else "all weights"
    )
    left_out = f", without those of more than {recipe['longest']} tokens" if recipe.get("longest") else ""
    return [
        f"Recipe `{recipe['name']}`: {trained}; {recipe['epochs']:g} epochs ({card.steps} steps) of {recipe['batch']} "
        f"rows{left_out}, learning rate {recipe['learning_rate']:g}, {recipe['schedule']} schedule, weight decay "
        f"{recipe['weight_decay']:g}, {_kept(card)} {card.minutes:g} minutes on one {card.device} machine.",
        *_calibration_lines(card),
    ]


def _kept(card: Card) -> str:
    if not card.averaged:
        return f"seed {card.seed}. Step {card.best_step} was kept by its score on development rows."
    seeds, steps = (", ".join(f"{member[name]:g}" for member in card.averaged) for name in ("seed", "best_step"))
    return (
        f"{len(card.averaged)} trainings with the seeds {seeds}. Of each the step was kept that scored best on "
        f"development rows ({steps}), and the mean of their weights was taken (a model soup, Wortsman et al. 2022)."
    )


def _calibration_lines(card: Card) -> list[str]:
    if card.calibration is None:
        return []
    biases = zip(card.labels, card.calibration["bias"], strict=True)
    return [
        "",
        f"Its logits were then scaled by {card.calibration['scale']:.3f} and got a bias each ("
        + ", ".join(f"{label} {bias:+.3f}" for label, bias in biases)
        + f"), fitted on {card.calibration['rows']:,} development rows in {get_language(card.train_language).name}: "
        "bias-corrected temperature scaling (Alexandari et al. 2020).",
    ]


def _score_lines(card: Card) -> list[str]:
    if not card.dev_scores:
        return []
    metrics = list(next(iter(card.dev_scores.values())))
    rows = [
        f"| {get_language(code).name} | " + " | ".join(f"{scores[metric]:.3f}" for metric in metrics) + " |"
        for code, scores in card.dev_scores.items()
    ]
    return [
        f"On {card.dev_rows:,} development rows a language ({primary_metric(card.task).replace('_', ' ')} first):",
        "",
        "| language | " + " | ".join(metric.replace("_", " ") for metric in metrics) + " |",
        "|---|" + "---|" * len(metrics),
        *rows,
    ]


def _use_lines(card: Card) -> list[str]:
    return [
        "```sh",
        f"python -m core analyze --model {card.name} --task {card.task} ...",
        "```",
        "",
        f"The folder has PEFT's layout; its base is `{card.base}` of the catalogue, a Transformers folder in the "
        "cache once it has been loaded."
        if card.recipe["lora_rank"]
        else "The folder is an ordinary Transformers checkpoint.",
    ]
