"""Tiny random models of the three families with tokenizers of their own; nothing is downloaded.

The same on every machine: the vocabularies under `vocabularies/` were trained once, on `CORPUS`, by Tokenizers'
WordPiece (160 pieces) and Unigram (140 at most) trainers, which break ties at random.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from core.models.catalogue import CARD_NAME

CORPUS = [
    "the ferry was cancelled because of the storm",
    "the boat sailed on time and the crew slept well",
    "el ferri fue cancelado debido a la tormenta",
    "el barco zarpó a la hora prevista",
    "the committee rejected the proposal",
    "渡轮因暴风雨而取消 船准时启航",
    "أغلقت الأمطار الطريق الجبلي",
] * 3
VOCABULARIES = Path(__file__).with_name("vocabularies")
SIZE = {"hidden": 32, "layers": 2, "heads": 4, "feed_forward": 64}
FAMILIES = ("bert", "xlm", "xlm-roberta")
LABELS = {"nli": ["entailment", "neutral", "contradiction"], "paraphrase": ["different", "paraphrase"]}


def save_tiny(folder: Path, family: str, task: str = "meaning", *, seed: int = 0) -> Path:
    """Write a tiny random checkpoint of `family` with the head of `task`; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    transformers.logging.disable_progress_bar()
    torch.manual_seed(seed)
    {"bert": _save_bert_tokenizer, "xlm": _save_xlm_tokenizer, "xlm-roberta": _save_xlm_roberta_tokenizer}[family](
        folder
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    config = _config(family, tokenizer, LABELS.get(task, []))
    auto: Any = {
        "meaning": transformers.AutoModel,
        "qa": transformers.AutoModelForQuestionAnswering,
    }.get(task, transformers.AutoModelForSequenceClassification)
    model = auto.from_config(config)
    _spread(model)
    model.save_pretrained(folder)
    (folder / CARD_NAME).write_text(json.dumps({"task": task, "train_language": "en"}), encoding="utf-8")
    return folder


def save_sibling(folder: Path, original: Path, *, seed: int, train_language: str) -> Path:
    """Write a checkpoint with the tokenizer and the shape of `original` and other random weights: another training."""
    shutil.copytree(original, folder)
    generator = torch.Generator().manual_seed(seed)
    weights = load_file(folder / "model.safetensors")
    moved = {name: weight + 0.1 * torch.randn(weight.shape, generator=generator) for name, weight in weights.items()}
    save_file(moved, folder / "model.safetensors", metadata={"format": "pt"})
    card = json.loads((folder / CARD_NAME).read_text(encoding="utf-8"))
    (folder / CARD_NAME).write_text(json.dumps(card | {"train_language": train_language}), encoding="utf-8")
    return folder


def _spread(model: torch.nn.Module) -> None:
    """Random weights large enough that F depends on every token and on the way there bends."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0.0, 0.3 if "embedding" in name else 0.25)


def _config(family: str, tokenizer: Any, labels: list[str]) -> Any:
    heads: dict[str, Any] = {}
    if labels:
        heads = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    if family == "xlm":
        return transformers.XLMConfig(
            vocab_size=len(tokenizer),
            emb_dim=SIZE["hidden"],
            n_layers=SIZE["layers"],
            n_heads=SIZE["heads"],
            n_langs=3,
            use_lang_emb=True,
            lang2id={"en": 0, "es": 1, "zh": 2},
            id2lang={0: "en", 1: "es", 2: "zh"},
            max_position_embeddings=64,
            pad_index=tokenizer.pad_token_id,
            pad_token_id=tokenizer.pad_token_id,
            dropout=0.0,
            attention_dropout=0.0,
            **heads,
        )
    common = {
        "vocab_size": len(tokenizer),
        "hidden_size": SIZE["hidden"],
        "num_hidden_layers": SIZE["layers"],
        "num_attention_heads": SIZE["heads"],
        "intermediate_size": SIZE["feed_forward"],
        "pad_token_id": tokenizer.pad_token_id,
    }
    if family == "bert":
        return transformers.BertConfig(**common, max_position_embeddings=64, type_vocab_size=2, **heads)
    return transformers.XLMRobertaConfig(**common, max_position_embeddings=66, type_vocab_size=1, **heads)


def _save_bert_tokenizer(folder: Path) -> None:
    pieces = (VOCABULARIES / "bert.txt").read_text(encoding="utf-8").splitlines()
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=64,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(folder)


def _save_xlm_roberta_tokenizer(folder: Path) -> None:
    lines = (VOCABULARIES / "xlm-roberta.tsv").read_text(encoding="utf-8").splitlines()
    pieces = [(piece, float(score)) for piece, score in (line.split("\t") for line in lines)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=64,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        cls_token="<s>",
        sep_token="</s>",
        mask_token="<mask>",
    ).save_pretrained(folder)


def _save_xlm_tokenizer(folder: Path) -> None:
    """XLM's own slow tokenizer on a character vocabulary with a few merges."""
    specials = ["<s>", "</s>", "<pad>", "<unk>", *(f"<special{i}>" for i in range(10))]
    characters = sorted({char for line in CORPUS for char in line if char != " "} | set(".,?"))
    merges = [("t", "h"), ("th", "e</w>"), ("e", "l</w>"), ("b", "o"), ("s", "t")]
    pieces = [*characters, *(char + "</w>" for char in characters), *("".join(pair) for pair in merges)]
    vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys(specials + pieces))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("".join(f"{a} {b} 1\n" for a, b in merges), encoding="utf-8")
    tokenizer = transformers.XLMTokenizer(
        str(folder / "vocab.json"),
        str(folder / "merges.txt"),
        lang2id={"en": 0, "es": 1, "zh": 2},
        id2lang={"0": "en", "1": "es", "2": "zh"},
        model_max_length=64,
    )
    tokenizer.save_pretrained(folder)
