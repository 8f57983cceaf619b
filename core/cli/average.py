"""`average`: one checkpoint from trainings that differ in their seed."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.output import narrate
from core.cli.train import report
from core.data.load import HUB
from core.training.average import average as run_average


def average(
    checkpoints: Annotated[list[str], typer.Argument(help="Names or folders, two or more, that differ in their seed.")],
    data: Annotated[str, typer.Option(help="Folder that holds the data sets, or hub.")],
    output: Annotated[Path, typer.Option(help="Folder of the checkpoint; it must not exist.")],
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Average the weights of trained checkpoints, and calibrate and score the result on development rows."""
    source = data if data == HUB else Path(data)
    report(run_average(checkpoints, output, source, device=device, say=narrate), output)
