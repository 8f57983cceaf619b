"""`python -m core train`: from a base model and rows of one language to a checkpoint with its card."""

import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from core.callbacks import MessageCallback
from core.data.catalogue import dataset_for_task, get_dataset
from core.data.load import choose_rows, load_rows
from core.data.rows import ParallelRows
from core.data.written import as_written
from core.errors import OptionError
from core.evaluation.evaluate import evaluate, primary_metric
from core.models.catalogue import ModelSpec, find_model
from core.models.loaded import LoadedModel
from core.models.loader import load_spec
from core.settings import get_task
from core.text.languages import get_language
from core.training.adapter import save_adapter, trainable
from core.training.calibration import Calibration, calibrate
from core.training.card import Card, write_card
from core.training.dev import VALIDATION, load_dev_rows, sample_rows, score_folder
from core.training.features import Batcher, Feature, make_features
from core.training.pooler import fit_pooler
from core.training.recipe import Recipe
from core.training.trainer import ScoredTrainer, training_arguments
from core.training.workspace import Workspace, writing
from core.versions import library_versions

TRAIN = "train"
# Disk space per trained weight: the weight and Adam's two moments in fp32, in the two checkpoints that are kept and the
# one being written.
BYTES_PER_WEIGHT = 3 * 4 * 3


@dataclass(frozen=True)
class TrainingPlan:
    """What to train, and on which rows.

    Attributes
    ----------
    source : "hub", or the folder that contains the data sets. dataset : None takes the task's default.
    split : of the training rows. held_out : the share of them to select on instead, where the training split is the
        development split.
    limit : number of training rows, drawn with `seed`; None takes all.
    report_rows : development rows per language for the scores on the card.
    """

    task: str
    language: str
    output: Path
    source: str | Path
    recipe: Recipe
    model: str
    dataset: str | None = None
    split: str = TRAIN
    held_out: float = 0.2
    limit: int | None = None
    seed: int = 0
    device: str = "auto"
    report_rows: int = 200
    title: str | None = None

    @property
    def training_set(self) -> str:
        return self.dataset or ("squad-en" if self.task == "qa" else dataset_for_task(self.task, self.split).name)

    @property
    def has_tokenised_rows(self) -> bool:
        return self.split in get_dataset(self.training_set).tokenised


@dataclass(frozen=True)
class TrainingData:
    """The training rows, and the development rows by language."""

    train: ParallelRows
    dev: dict[str, ParallelRows] = field(hash=False)


@dataclass(frozen=True)
class _Training:
    """What the steps of a training share; `module` is the model's, or the PEFT module around it."""

    plan: TrainingPlan
    model: LoadedModel
    module: Any
    data: TrainingData
    say: MessageCallback


def train(plan: TrainingPlan, *, say: MessageCallback = lambda _: None) -> Card | None:
    """Train a checkpoint; calling it again with the same plan resumes an interrupted training.

    Returns
    -------
    The checkpoint's card; None in the secondary processes of a training on more than one device.

    Raises
    ------
    OptionError : the output exists, the task has no head to train, the model is no base, an option is out of range.
    LanguageError, DataError : the data lack the language or are damaged; nothing is written.
    TrainingError : the disk is full or the loss is not finite; what was saved so far stays.
    """
    base = _base_of(plan)
    say(f"Reading {plan.training_set} in {get_language(plan.language).name}")
    data = read_data(plan)
    torch.manual_seed(plan.seed)
    model = load_spec(
        replace(base, task=plan.task, labels=get_task(plan.task).classes),
        device=plan.device,
        new_head=True,
        progress=say,
    )
    say(f"Tokenizing {len(data.train):,} rows")
    features = _features(plan, model, data.train)
    if plan.recipe.lora_rank:
        fit_pooler(model, features)
    training = _Training(plan, model, trainable(model, plan.recipe), data, say)
    workspace = Workspace(plan.output)
    n_weights = sum(values.numel() for values in training.module.parameters() if values.requires_grad)
    resume = workspace.open(_settings(training), n_weights * BYTES_PER_WEIGHT)
    begun = time.perf_counter()
    with writing(workspace.folder):
        trainer = _trainer(training, features, workspace.folder)
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
        if not trainer.is_world_process_zero():
            return None
        calibration = _calibrate(training)
        draft = workspace.draft()
        _save(training, draft)
        card = _card(training, trainer, calibration, seconds=time.perf_counter() - begun)
        write_card(card, draft)
        card = replace(card, **_dev_scores(plan, data, draft, say))
        write_card(card, draft)
        workspace.finish()
    return card


def _base_of(plan: TrainingPlan) -> ModelSpec:
    if not get_task(plan.task).classes and plan.task != "qa":
        raise OptionError(f"The task {plan.task} has no head to train. Choose nli, paraphrase or qa.")
    base = find_model(plan.model)
    if base.task != "meaning":
        raise OptionError(f"{base.name} is already trained for {base.task}. Choose a base model.")
    return base


def read_data(plan: TrainingPlan) -> TrainingData:
    """Read and check everything before anything is written."""
    spec = get_dataset(plan.training_set)
    if spec.task != plan.task:
        raise OptionError(f"{spec.title} is a data set of the task {spec.task}, not {plan.task}.")
    language = get_language(plan.language).code
    rows = load_rows(spec.name, language, plan.split, plan.source)
    dev = load_dev_rows(spec.name, language, plan.source)
    if plan.split == VALIDATION:
        n_held_out = round(plan.held_out * len(rows))
        if not 0 < n_held_out < len(rows):
            raise OptionError(f"held-out {plan.held_out} leaves no rows: use a share such as 0.2.")
        # Compared by row index, not position: the development rows lack those without a label in some language.
        held = choose_rows(len(dev[language]), n_held_out, plan.seed)
        dev = {code: of_language.take(held) for code, of_language in dev.items()}
        held_out_rows = set(dev[language].rows)
        rows = rows.take([position for position, row in enumerate(rows.rows) if row not in held_out_rows])
    if plan.limit is not None:
        rows = rows.take(choose_rows(len(rows), plan.limit, plan.seed))
    return TrainingData(rows, dev)


def _settings(training: _Training) -> dict[str, Any]:
    """Everything that determines the weights: a training is resumed only with the same settings."""
    plan, model, rows = training.plan, training.model, training.data.train
    return {
        "task": plan.task,
        "language": plan.language,
        "base": model.spec.name,
        "revision": model.info.revision,
        "data": rows.fingerprint,
        "rows": len(rows),
        "seed": plan.seed,
        **{f"recipe {name}": value for name, value in asdict(plan.recipe).items()},
    }


def _features(plan: TrainingPlan, model: LoadedModel, rows: ParallelRows) -> list[Feature]:
    joined = as_written(rows) if plan.recipe.joins_tokens and plan.has_tokenised_rows else rows
    return _short_enough(make_features(model, joined), plan.recipe.longest)


def _trainer(training: _Training, features: list[Feature], folder: Path) -> ScoredTrainer:
    plan, model, data = training.plan, training.model, training.data
    dev = data.dev.values() if plan.recipe.all_languages else [data.dev[plan.language]]
    scored = [sample_rows(rows, plan.recipe.selection_rows, plan.seed) for rows in dev]
    metric = primary_metric(plan.task)
    return ScoredTrainer(
        training.module,
        training_arguments(plan.recipe, folder, len(features), seed=plan.seed, device=model.device),
        features=features,
        batcher=Batcher(model),
        rdrop=plan.recipe.rdrop,
        score=lambda: mean(evaluate(model, rows).means()[metric] for rows in scored),
        say=training.say,
    )


def _short_enough(features: list[Feature], longest: int | None) -> list[Feature]:
    """The features with at most `longest` tokens. Raises OptionError where none is left."""
    if longest is None:
        return features
    kept = [feature for feature in features if len(feature.input.input_ids) <= longest]
    if not kept:
        raise OptionError(f"No row has at most {longest} tokens. Choose a larger --longest.")
    return kept


def _calibrate(training: _Training) -> Calibration | None:
    """Calibrate a classifier whose development rows are from another split than its training rows."""
    plan = training.plan
    if not plan.recipe.calibrates or plan.task == "qa" or plan.split == VALIDATION:
        return None
    rows = training.data.dev[plan.language]
    training.say(f"Calibrating on {len(rows):,} development rows")
    return calibrate(training.model, training.module, rows)


def _save(training: _Training, folder: Path) -> None:
    if training.plan.recipe.lora_rank:
        save_adapter(training.module, folder, _base_name(training.model.spec))
    else:
        training.module.save_pretrained(folder, safe_serialization=True)
        training.model.tokenizer.save_pretrained(folder)


def _base_name(spec: ModelSpec) -> str:
    """The name by which the base can be loaded again: its name in the catalogue, or its folder."""
    return spec.location if spec.source == "directory" else spec.name


def _card(training: _Training, trainer: ScoredTrainer, calibration: Calibration | None, *, seconds: float) -> Card:
    plan, base, rows = training.plan, training.model.spec, training.data.train
    spec = get_dataset(rows.dataset)
    task, language = get_task(plan.task).title.lower(), get_language(plan.language).name
    return Card(
        name=plan.output.name,
        title=plan.title or f"{base.title}, {task}, trained in {language}",
        task=plan.task,
        base=_base_name(base),
        base_licence=base.licence,
        train_language=plan.language,
        labels=training.model.classes,
        dataset=spec.name,
        dataset_licence=spec.licence,
        split=plan.split,
        rows=len(rows),
        data_fingerprint=rows.fingerprint,
        recipe=asdict(plan.recipe),
        steps=trainer.state.max_steps,
        best_step=int(trainer.state.best_global_step or trainer.state.global_step),
        calibration=asdict(calibration) if calibration else None,
        seed=plan.seed,
        minutes=round(seconds / 60, 1),
        device=training.model.device.type,
        versions=library_versions(),
    )


def _dev_scores(plan: TrainingPlan, data: TrainingData, folder: Path, say: MessageCallback) -> dict[str, Any]:
    scores = score_folder(folder, data.dev, limit=plan.report_rows, seed=plan.seed, device=plan.device, say=say)
    return {"dev_rows": min(plan.report_rows, len(data.dev[plan.language])), "dev_scores": scores}
