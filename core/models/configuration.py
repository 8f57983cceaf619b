"""What a checkpoint's `config.json` must say before its weights are read: one line for each thing that cannot work."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import ModelError, TaskError
from core.models.catalogue import ModelSpec

_N_SPAN_LOGITS = 2


# The same architecture, under which one checkpoint or another was saved.
_ROBERTAS = {"roberta", "xlm-roberta", "camembert"}
_NEEDED = {"inputs_embeds", "attention_mask"}


def require_architecture(spec: ModelSpec, config: Mapping[str, Any], path: Path) -> None:
    """Raise unless Transformers has the model's type, its head for the task, and a way to give it embedding rows.

    Raises
    ------
    ModelError : the type is unknown, is not the catalogue's, or its encoder takes no embedding rows.
    TaskError : Transformers has no such head for it.
    """
    import transformers

    kind = str(config.get("model_type"))
    if kind != spec.family:
        raise ModelError(f"The catalogue says that {spec.name} is of the family {spec.family}, {path} says {kind}.")
    config_class = transformers.CONFIG_MAPPING[kind]
    _require_one_architecture(config, kind, path)
    if getattr(config_class, "is_encoder_decoder", False):
        raise ModelError(f"The model of {path} is an encoder with a decoder ({kind}). Choose an encoder.")
    encoder = _first(transformers.MODEL_MAPPING.get(config_class, None))
    if encoder is None or not inspect.signature(encoder.forward).parameters.keys() >= _NEEDED:
        raise ModelError(
            f"A model of the type {kind} ({path}) does not take embedding rows with an attention mask, which "
            "attributions need. `python -m core models --families` lists types that do."
        )
    heads = {"qa": transformers.MODEL_FOR_QUESTION_ANSWERING_MAPPING}
    mapping = heads.get(spec.task, transformers.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING)
    if spec.task != "meaning" and mapping.get(config_class, None) is None:
        raise TaskError(f"Transformers has no head for the task {spec.task} on a model of the type {kind} ({path}).")


def _require_one_architecture(config: Mapping[str, Any], kind: str, path: Path) -> None:
    """Raise ModelError where `architectures` names a class of another model type."""
    import transformers

    names = config.get("architectures")
    for name in names if isinstance(names, list) else []:
        named = getattr(getattr(transformers, str(name), None), "config_class", None)
        other = getattr(named, "model_type", kind)
        if other != kind and not {other, kind} <= _ROBERTAS:
            raise ModelError(
                f"{path} says model_type {kind}, but its architecture {name} is one of {other}. Correct the wrong one."
            )


def _first(classes: Any) -> Any:
    return classes[0] if isinstance(classes, (list, tuple)) else classes


def require_encoder(config: Mapping[str, Any], path: Path) -> None:
    """Raise ModelError unless the configuration is of an encoder that Transformers computes as it was trained."""
    refusals = {
        "is_decoder": "is a decoder, in which a token sees only those before it",
        "is_encoder_decoder": "is an encoder with a decoder",
        "add_cross_attention": "attends to another model's output",
        "causal": "is causal: a token sees only those before it",
        "quantization_config": "is quantised",
    }
    for key, what in refusals.items():
        if config.get(key):
            raise ModelError(f"The model of {path} {what} ({key}). Choose an encoder with ordinary weights.")
    kind = config.get("position_embedding_type") or "absolute"
    if kind != "absolute":
        raise ModelError(
            f"The model of {path} has positions of the type {kind}, which the installed Transformers ignores. "
            "Choose a checkpoint with absolute positions."
        )


def require_inputs(spec: ModelSpec, config: Mapping[str, Any], path: Path) -> None:
    """Raise ModelError unless the configuration says what the inputs of its family need."""
    if spec.family == "xlm-roberta" and not _is_index(config.get("pad_token_id", 1)):
        raise ModelError(f"{path} names no pad_token_id, from which XLM-R counts positions. Add the number of its pad.")
    if spec.family in ("bert", "xlm-roberta") and config.get("type_vocab_size", 1) == 0:
        raise ModelError(f"The model of {path} has no token types (type_vocab_size 0). Choose another checkpoint.")
    if spec.family == "xlm":
        _require_languages(config, path)
        _require_first(spec, config, path)


def _require_languages(config: Mapping[str, Any], path: Path) -> None:
    number = config.get("n_langs", 1)
    if not (config.get("use_lang_emb", True) and isinstance(number, int) and number > 1):
        return
    ids = config.get("lang2id")
    if not isinstance(ids, dict) or not ids:
        raise ModelError(
            f"The model of {path} has {number} language embeddings, but the file lacks lang2id, which says whose they "
            'are. Add it, for example {"en": 0, "es": 1}.'
        )
    known = list(ids.values())
    if not all(_is_index(value) and value < number for value in known) or len(set(known)) < len(known):
        raise ModelError(f"lang2id in {path} must map languages to different numbers below {number}. Correct it.")


def _require_first(spec: ModelSpec, config: Mapping[str, Any], path: Path) -> None:
    kind = config.get("summary_type", "first")
    if spec.task in ("nli", "paraphrase") and kind != "first":
        raise ModelError(
            f"The head of {path} reads {kind} (summary_type): its output depends on the padding of a batch. Choose a "
            "checkpoint whose head reads the first token."
        )


def require_span_head(config: Any, name: str) -> None:
    """Raise ModelError unless a head for question answering has two logits, start and end."""
    if int(config.num_labels) != _N_SPAN_LOGITS:
        raise ModelError(
            f"The head of {name} has {config.num_labels} outputs; question answering needs {_N_SPAN_LOGITS}, start "
            "and end. Choose another checkpoint."
        )


def unify(module: Any) -> None:
    """Let a module return named outputs and no more than is used, whatever its configuration asks for."""
    module.config.return_dict = True
    module.config.output_hidden_states = False
    module.config.output_attentions = False


def _is_index(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
