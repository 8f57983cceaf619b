"""`train`: fine-tune a checkpoint for a task in one language."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.output import narrate
from core.cli.seeds import seed_option
from core.data.load import HUB
from core.evaluation.evaluate import primary_metric
from core.models.catalogue import DEFAULT_MODEL
from core.training.recipe import get_recipe
from core.training.train import TRAIN, TrainingPlan
from core.training.train import train as run_training


def train(  # noqa: PLR0917 - one parameter an option
    task: Annotated[str, typer.Option(help="nli, paraphrase or qa.")],
    language: Annotated[str, typer.Option(help="Language to train in.")],
    data: Annotated[str, typer.Option(help="Folder with the data sets, or hub.")],
    output: Annotated[Path, typer.Option(help="Folder of the checkpoint; it must not exist.")],
    model: Annotated[str, typer.Option(help="Base: catalogue name, local directory or hub id.")] = DEFAULT_MODEL,
    recipe: Annotated[str, typer.Option(help="compact (LoRA, small) or paper (all weights, 10 epochs).")] = "compact",
    dataset: Annotated[str | None, typer.Option(help="Data set to train on (default: the task's).")] = None,
    split: Annotated[str, typer.Option(help="Split to train on; validation: a part is held out to select on.")] = TRAIN,
    held_out: Annotated[float, typer.Option(help="Share held out where --split is validation.")] = 0.2,
    limit: Annotated[int | None, typer.Option(help="Number of training rows, drawn with the seed.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Passes over the rows.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Largest learning rate.")] = None,
    batch: Annotated[int | None, typer.Option(help="Rows per step.")] = None,
    lora_rank: Annotated[int | None, typer.Option(help="Rank of the adapters; 0 trains all weights.")] = None,
    frozen_layers: Annotated[int | None, typer.Option(help="Lowest layers without adapters.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Dropout while training.")] = None,
    rdrop: Annotated[float | None, typer.Option(help="Weight of R-Drop: two passes per row, with dropout.")] = None,
    longest: Annotated[int | None, typer.Option(help="Leave out rows with more tokens.")] = None,
    selections: Annotated[int | None, typer.Option(help="How often to score and save; the best is kept.")] = None,
    seed: Annotated[int, seed_option("the head, the order and the sample of rows")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Fine-tune a model for a task in one language. The same command resumes an interrupted training."""
    chosen_recipe = get_recipe(recipe, model).with_changes(
        epochs=epochs,
        learning_rate=learning_rate,
        batch=batch,
        lora_rank=lora_rank,
        frozen_layers=frozen_layers,
        dropout=dropout,
        rdrop=rdrop,
        longest=longest,
        selections=selections,
    )
    source = data if data == HUB else Path(data)
    plan = TrainingPlan(
        task=task,
        language=language,
        output=output,
        source=source,
        recipe=chosen_recipe,
        model=model,
        dataset=dataset,
        split=split,
        held_out=held_out,
        limit=limit,
        seed=seed,
        device=device,
    )
    card = run_training(plan, say=narrate)
    if card is not None:
        metric = primary_metric(task)
        scores = ", ".join(f"{code} {values[metric]:.3f}" for code, values in card.dev_scores.items())
        typer.echo(f"{output}: {metric} on {card.dev_rows} development rows: {scores}")
