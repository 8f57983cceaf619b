"""Transformers' Trainer with our batches, our order of rows and our scoring; it brings devices, resuming and logs."""

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

from core.errors import TrainingError
from core.training.features import Batcher, Feature, LengthBuckets
from core.training.recipe import Recipe

LOGS = 20
SCORE = "eval_score"

Say = Callable[[str], None]


class ScoredTrainer(transformers.Trainer):
    """A trainer that reads rows by length and asks `score` how good the model is.

    Parameters
    ----------
    rdrop : weight of R-Drop; 0: none.
    score : called with the module in evaluation mode; its result, larger is better, picks the checkpoint to keep.
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
        say: Say,
    ) -> None:
        super().__init__(
            model=module,
            args=arguments,
            train_dataset=features,
            eval_dataset=features[:1],  # what `evaluate` reads is the caller's
            data_collator=batcher,
            callbacks=[_Narrator(say)],
        )
        self.remove_callback(transformers.PrinterCallback)
        self._rdrop = rdrop
        self._score = score

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The loss of a step; with R-Drop, of two readings, and how far their answers are apart."""
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

    Half the sum of both directions, on the mean over rows; over both ends of an answer (Liang et al. 2021, equation 2).
    """
    given = [getattr(outputs, name, None) for name in ("logits", "start_logits", "end_logits")]
    apart = []
    for logits in given:
        if logits is not None:
            first, second = torch.log_softmax(logits.float(), dim=-1).chunk(2)
            apart.append(((first.exp() - second.exp()) * (first - second)).sum(dim=-1).mean() / 2)
    return torch.stack(apart).mean()


class _Narrator(TrainerCallback):
    """Says where the training stands, and stops it when the loss is not a number."""

    def __init__(self, say: Say) -> None:
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
        a_step = (time.perf_counter() - self._begun) / max(1, state.global_step - self._first)
        left = a_step * (state.max_steps - state.global_step)
        self._say(
            f"Step {state.global_step} of {state.max_steps}: loss {float(logs['loss']):.3f}, "
            f"{a_step:.2f} s a step, about {left / 60:.0f} min left"
        )


def training_arguments(
    recipe: Recipe, folder: Path, n_features: int, *, seed: int, device: torch.device
) -> TrainingArguments:
    """Return the trainer's arguments for a recipe. It scores, saves and can be continued `selections` times."""
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
        # Adapters forgive what full training at the paper's learning rate may not.
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
    """How many devices share a step: as many as `accelerate launch` or `torchrun` started processes."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def has_bf16(device: torch.device) -> bool:
    """Whether this device multiplies bfloat16 matrices in hardware; elsewhere they are many times slower."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
