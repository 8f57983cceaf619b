"""`python -m core average`: one checkpoint from several that differ in their seed, by the mean of their weights.

A model soup (Wortsman et al. 2022): trainings from one base under one recipe end in one basin of the loss, and the mean
of their weights is right more often than each of them, at the cost of one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from core.errors import OptionError, WeightsError
from core.models.adapters import import_peft
from core.models.catalogue import find_model
from core.models.loaded import LoadedModel
from core.models.loader import load_spec
from core.settings import get_task
from core.training.adapter import save_adapter, trainable
from core.training.calibration import calibrate
from core.training.card import Card, read_card, write_card
from core.training.dev import VALIDATION, load_dev_rows, score_folder
from core.training.recipe import Recipe
from core.training.workspace import Workspace, writing

WEIGHTS = "adapter_model.safetensors"
AGAIN = "Train the checkpoint again."
DOWN, UP = "lora_A", "lora_B"
# What two checkpoints may differ in.
_OWN = {"name", "title", "seed", "steps", "best_step", "minutes", "device", "versions", "calibration", "averaged"}
_OWN |= {"dev_rows", "dev_scores"}

Say = Callable[[str], None]


def average(
    members: Sequence[str | Path],
    output: Path,
    source: str | Path,
    *,
    device: str = "auto",
    report_rows: int = 200,
    say: Say = lambda _: None,
) -> Card:
    """Write the mean of trained adapters to `output`, calibrated and scored on development rows like each of them.

    Parameters
    ----------
    members : names or folders of at least two checkpoints that `core train` made with the same options but the seed.
    source : "hub", or the folder that holds the data sets.
    report_rows : development rows a language for the scores on the card.

    Returns
    -------
    Its card.

    Raises
    ------
    OptionError : the members are fewer than two, differ in more than their seed, or have no adapters; they held out
        rows of their own to select on; the output is there already.
    ModelError, DataError, TrainingError : a checkpoint, the data or the disk is not as needed; nothing is written.
    """
    folders = [Path(find_model(str(member)).location) for member in members]
    cards = [read_card(folder) for folder in folders]
    _require_siblings(folders, cards)
    first = cards[0]
    weights = mean_weights(_read_weights(folders))
    dev = load_dev_rows(first.dataset, first.train_language, source)
    own = dev[first.train_language]
    workspace = Workspace(output)
    workspace.open({"average of": [str(folder) for folder in folders]}, sum(2 * w.numel() for w in weights.values()))
    model, module = _assembled(first, weights, device)
    calibration = None
    if first.calibration is not None:
        say(f"Calibrating on {len(own):,} development rows")
        calibration = asdict(calibrate(model, module, own))
    card = replace(
        first,
        name=output.name,
        averaged=tuple(_member(card) for card in cards),
        minutes=round(sum(card.minutes for card in cards), 1),
        calibration=calibration,
    )
    with writing(workspace.folder):
        draft = workspace.draft()
        save_adapter(module, draft, first.base)
        write_card(card, draft)
        scores = score_folder(draft, dev, limit=report_rows, seed=first.seed, device=device, say=say)
        card = replace(card, dev_scores=scores, dev_rows=min(report_rows, len(own)))
        write_card(card, draft)
        workspace.finish()
    return card


def mean_weights(members: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean of adapters and heads, weight by weight, in fp32.

    What an adapter adds to a matrix is the product of two small ones. The mean of the products has more than their
    rank; it is replaced by the nearest matrix of that rank (Eckart and Young 1936).
    """
    mean = {}
    for name in members[0]:
        if DOWN in name:
            up = name.replace(DOWN, UP)
            product = torch.stack([member[up].float() @ member[name].float() for member in members]).mean(dim=0)
            left, sizes, right = torch.linalg.svd(product, full_matrices=False)
            rank = len(members[0][name])
            root = sizes[:rank].sqrt()
            mean[name], mean[up] = root[:, None] * right[:rank], left[:, :rank] * root
        elif UP not in name:
            mean[name] = torch.stack([member[name].float() for member in members]).mean(dim=0)
    return mean


def _assembled(card: Card, weights: Mapping[str, Tensor], device: str) -> tuple[LoadedModel, nn.Module]:
    """The card's base with these adapters and this head."""
    base = replace(find_model(card.base), task=card.task, labels=get_task(card.task).classes)
    model = load_spec(base, device=device, new_head=True)
    module = trainable(model, Recipe(**card.recipe))
    import_peft().set_peft_model_state_dict(module, dict(weights))
    return model, module


def _read_weights(folders: Sequence[Path]) -> list[dict[str, Tensor]]:
    found = [_weights(folder) for folder in folders]
    shapes = [{name: values.shape for name, values in weights.items()} for weights in found]
    for folder, own in zip(folders, shapes, strict=True):
        if own != shapes[0]:
            raise WeightsError(f"{folder / WEIGHTS} holds other weights than {folders[0] / WEIGHTS}. {AGAIN}")
    return found


def _weights(folder: Path) -> dict[str, Tensor]:
    try:
        return load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{folder / WEIGHTS} cannot be read: {error}. {AGAIN}") from error


def _require_siblings(folders: Sequence[Path], cards: Sequence[Card]) -> None:
    first = cards[0]
    if len(cards) < 2 or len({card.seed for card in cards}) < len(cards):
        raise OptionError("An average is of at least two trainings with different seeds: name them all.")
    if not first.recipe["lora_rank"]:
        raise OptionError(f"{folders[0]} has no adapters. Name checkpoints that were trained with --lora-rank above 0.")
    if first.split == VALIDATION:
        raise OptionError(f"{folders[0]} was selected on rows that the others were trained on: there is no fair mean.")
    if any(card.averaged for card in cards):
        raise OptionError("One of the checkpoints is a mean already. Name the trainings it is the mean of.")
    for folder, card in zip(folders, cards, strict=True):
        ours, theirs = asdict(first), asdict(card)
        differing = [name for name in ours if name not in _OWN and ours[name] != theirs[name]]
        if differing:
            raise OptionError(
                f"{folder} differs from {folders[0]} in {', '.join(differing)}, not in the seed alone. Train it with "
                "the same options."
            )


def _member(card: Card) -> dict[str, float]:
    return {"seed": card.seed, "steps": card.steps, "best_step": card.best_step, "minutes": card.minutes}
