"""Transformers' Trainer, which handles devices, resuming and logs, with our batches, order of rows and scoring."""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor
from transformers import TrainerCallback, TrainingArguments

from core.callbacks import MessageCallback
from core.errors import TrainingError
from core.training.features import Batcher, Feature, LengthBuckets
from core.training.recipe import Recipe

LOGS = 20
SCORE = "eval_score"


class ScoredTrainer(transformers.Trainer):
    """A trainer that batches rows of similar length and selects the checkpoint by `score`.

    Parameters
    ----------
    rdrop : weight of R-Drop; 0 turns it off.
    score : called with the module in evaluation mode; the checkpoint with the largest value is kept.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        arguments: TrainingArguments,
        *,
        features: list[Feature],
        batcher: Batcher,
        rdrop: float,
        score: Callable[[], float],
        say: MessageCallback,
    ) -> None:
        super().__init__(
            model=module,
            args=arguments,
            train_dataset=features,
            eval_dataset=features[:1],  # required, not used: `score` has its own rows
            data_collator=batcher,
            callbacks=[_Narrator(say)],
        )
        self.remove_callback(transformers.PrinterCallback)
        self._rdrop = rdrop
        self._score = score

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The loss of a step; with R-Drop, of two passes, plus the weighted divergence between them."""
        if not self._rdrop:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        outputs = model(**{name: torch.cat([part, part]) for name, part in inputs.items()})
        loss = outputs.loss + self._rdrop * disagreement(outputs)
        return (loss, outputs) if return_outputs else loss

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthBuckets:
        lengths = [len(feature.input.input_ids) for feature in self.train_dataset]  # type: ignore[union-attr]
        return LengthBuckets(lengths, self.args.train_batch_size, self.args.seed)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Score the model; called by the trainer at its evaluation steps."""
        module: Any = self.model
        module.eval()
        metrics = {SCORE: self._score()}
        module.train()
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def disagreement(outputs: Any) -> Tensor:
    """Return the symmetric Kullback-Leibler divergence between the first and the second half of a batch.

    Half the sum of both directions (Liang et al. 2021, equation 2), averaged over rows and over both ends of an answer.
    """
    divergences = []
    for name in ("logits", "start_logits", "end_logits"):
        logits = getattr(outputs, name, None)
        if logits is not None:
            first, second = torch.log_softmax(logits.float(), dim=-1).chunk(2)
            divergences.append(((first.exp() - second.exp()) * (first - second)).sum(dim=-1).mean() / 2)
    return torch.stack(divergences).mean()


class _Narrator(TrainerCallback):
    """Reports the progress of training, and stops it when the loss is not finite."""

    def __init__(self, say: MessageCallback) -> None:
        self._say = say
        self._begun, self._first = time.perf_counter(), 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._begun, self._first = time.perf_counter(), state.global_step
        if state.global_step:
            self._say(f"Continuing after step {state.global_step} of {state.max_steps}")

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        logs = logs or {}
        if SCORE in logs:
            self._say(f"Step {state.global_step} of {state.max_steps}: development score {logs[SCORE]:.3f}")
        if "loss" not in logs:
            return
        if not math.isfinite(float(logs["loss"])):
            raise TrainingError(
                f"The loss is {logs['loss']} after {state.global_step} steps. Choose a smaller --learning-rate."
            )
        step_seconds = (time.perf_counter() - self._begun) / max(1, state.global_step - self._first)
        remaining = step_seconds * (state.max_steps - state.global_step)
        self._say(
            f"Step {state.global_step} of {state.max_steps}: loss {float(logs['loss']):.3f}, "
            f"{step_seconds:.2f} s per step, about {remaining / 60:.0f} min left"
        )


def training_arguments(
    recipe: Recipe, folder: Path, n_features: int, *, seed: int, device: torch.device
) -> TrainingArguments:
    """Return the trainer's arguments for a recipe: scored and saved `selections` times, resumable from each."""
    steps = max(1, math.ceil(recipe.epochs * math.ceil(n_features / recipe.batch)))
    every = max(1, math.ceil(steps / recipe.selections))
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=max(1, recipe.batch // n_processes()),
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.schedule,
        warmup_steps=round(recipe.warmup * steps),
        weight_decay=recipe.weight_decay,
        optim="adamw_torch",
        # Adapters tolerate bfloat16; full training at the paper's learning rate may not.
        bf16=recipe.lora_rank > 0 and has_bf16(device),
        seed=seed,
        data_seed=seed,
        use_cpu=device.type == "cpu",
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model=SCORE,
        greater_is_better=True,
        logging_steps=max(1, steps // LOGS),
        logging_nan_inf_filter=False,
        remove_unused_columns=False,
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        report_to="none",
        disable_tqdm=True,
        log_level="error",
    )


def n_processes() -> int:
    """The number of devices that share a step: the processes that `accelerate launch` or `torchrun` started."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def has_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 matrices in hardware; emulated, they are many times slower."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
