"""The card of a trained checkpoint: `ccta.json` for programs, README.md for people."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.evaluation.evaluate import primary_metric
from core.models.catalogue import CARD_NAME
from core.text.languages import get_language
from core.training.workspace import write_text


@dataclass(frozen=True)
class Card:
    """The origin and the scores of a checkpoint.

    Attributes
    ----------
    labels : classes in the order of the logits. steps, best_step : of the training, and of the checkpoint kept.
    calibration : scale and bias of the logits, and the number of rows they were fitted on (`Calibration`); None: not
        calibrated.
    dev_scores : language -> metric -> mean over `dev_rows` development rows, in [0, 1].
    minutes : since the training was started or last resumed.
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
    calibration: Mapping[str, Any] | None = field(default=None, hash=False)
    dev_rows: int = 0
    dev_scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)


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
    left_out = f", without those longer than {recipe['longest']} tokens" if recipe.get("longest") else ""
    return [
        f"Recipe `{recipe['name']}`: {trained}; {recipe['epochs']:g} epochs ({card.steps} steps) of {recipe['batch']} "
        f"rows{left_out}{_noise(recipe)}, learning rate {recipe['learning_rate']:g}, {recipe['schedule']} schedule, "
        f"weight decay {recipe['weight_decay']:g}, seed {card.seed}. Step {card.best_step} was kept by its score on "
        f"development rows. {card.minutes:g} minutes on one {card.device} machine.",
        *_calibration_lines(card),
    ]


def _noise(recipe: Mapping[str, Any]) -> str:
    dropout = f", dropout {recipe['dropout']:g}" if recipe.get("dropout") else ""
    return dropout + (f", R-Drop with weight {recipe['rdrop']:g}" if recipe.get("rdrop") else "")


def _calibration_lines(card: Card) -> list[str]:
    if card.calibration is None:
        return []
    biases = zip(card.labels, card.calibration["bias"], strict=True)
    return [
        "",
        f"The logits were then scaled by {card.calibration['scale']:.3f} and shifted by a bias per class ("
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
        f"On {card.dev_rows:,} development rows per language ({primary_metric(card.task).replace('_', ' ')} first):",
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
