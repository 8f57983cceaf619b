"""Tiny random encoders of many architectures, each with a tokenizer of its kind."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from tests.world.tiny import (
    ROBERTA_ROLES,
    head_of,
    save_fast,
    write_bert_tokenizer,
    write_model,
    write_xlm_roberta_tokenizer,
)

COMMON = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 162,
}
RELATIVE = {
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_biased_input": False,
    "max_relative_positions": -1,
}
DISTILBERT = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": 162}
MODERNBERT = {"global_attn_every_n_layers": 2, "local_attention": 8, "classifier_pooling": "mean"}
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "distilbert": DISTILBERT,
    "roberta": COMMON | {"type_vocab_size": 1},
    "camembert": COMMON | {"type_vocab_size": 1},
    "xlm-roberta-xl": COMMON | {"type_vocab_size": 1},
    "deberta": COMMON | RELATIVE | {"type_vocab_size": 0},
    "deberta-v2": COMMON
    | RELATIVE
    | {"type_vocab_size": 0, "position_buckets": 16, "norm_rel_ebd": "layer_norm", "share_att_key": True},
    "electra": COMMON | {"embedding_size": 16},
    "albert": COMMON | {"embedding_size": 16},
    "rembert": COMMON | {"input_embedding_size": 16, "output_embedding_size": 24},
    "mpnet": COMMON,
    "modernbert": COMMON | MODERNBERT,
    "eurobert": COMMON | {"num_key_value_heads": 2, "head_dim": 8},
    # Not for `FAMILIES`: decoders and others that must be refused.
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 66},
    "qwen2": COMMON | {"num_key_value_heads": 2},
    "convbert": COMMON | {"embedding_size": 32, "head_ratio": 2},
    "esm": COMMON | {"token_dropout": True, "position_embedding_type": "absolute", "mask_token_id": 4},
}


def save_family(folder: Path, family: str, task: str = "meaning", *, shape: Mapping[str, Any] | None = None) -> Path:
    """Write a tiny random checkpoint of an architecture with the head of `task`; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    transformers.logging.disable_progress_bar()
    torch.manual_seed(0)
    _TOKENIZERS.get(family, write_byte_tokenizer)(folder)
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
    options: dict[str, Any] = {"vocab_size": len(tokenizer), **SHAPES[family], **(shape or {}), **head_of(task)}
    for role in ("pad", "bos", "eos", "cls", "sep"):
        options[f"{role}_token_id"] = getattr(tokenizer, f"{role}_token_id")
    return write_model(folder, transformers.CONFIG_MAPPING[family](**options), task)


def write_byte_tokenizer(folder: Path, *, first: str = "<s>", last: str = "</s>", between: str = "</s> </s>") -> None:
    """A byte-level BPE with a few merges, as RoBERTa's and ModernBERT's are."""
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("a", "n"), ("Ġ", "b"), ("e", "l"), ("Ġ", "el")]
    pieces = list(dict.fromkeys([*specials, *letters, *("".join(pair) for pair in merges)]))
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(special, special=True) for special in specials])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=" ".join(filter(None, [first, "$A", last])),
        pair=" ".join(filter(None, [first, "$A", between, "$B", last])),
        special_tokens=[(special, vocabulary[special]) for special in specials],
    )
    save_fast(tokenizer, folder, ROBERTA_ROLES, length=160)


_TOKENIZERS: Mapping[str, Callable[[Path], None]] = {
    "distilbert": write_bert_tokenizer,
    "electra": write_bert_tokenizer,
    "albert": write_bert_tokenizer,
    "rembert": write_bert_tokenizer,
    "camembert": write_xlm_roberta_tokenizer,
    "xlm-roberta-xl": write_xlm_roberta_tokenizer,
    "deberta-v2": write_xlm_roberta_tokenizer,
    "convbert": write_bert_tokenizer,
}
