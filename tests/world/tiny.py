"""Tiny models: random ones of the three families, with tokenizers of their own, and one that is linear.

Nothing is downloaded. They are the same on every machine: the vocabularies under `vocabularies/` were trained once, on
`CORPUS`, by Tokenizers' WordPiece (160 pieces) and Unigram (140 at most) trainers, which break ties at random.
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from core.attribution.targets import choose_targets, predict
from core.models.catalogue import CARD_NAME, ModelSpec
from core.models.loaded import LoadedModel
from core.results import ModelInfo, Target, Token, TokenizedText, Word
from core.text.tokenization import tokenize

CORPUS = [
    "the ferry was cancelled because of the storm",
    "the boat sailed on time and the crew slept well",
    "el ferri fue cancelado debido a la tormenta",
    "el barco zarpó a la hora prevista",
    "the committee rejected the proposal",
    "渡轮因暴风雨而取消 船准时启航",
    "أغلقت الأمطار الطريق الجبلي",
] * 3
PAD = 1  # of the linear model
VOCABULARIES = Path(__file__).with_name("vocabularies")
SIZE = {"hidden": 32, "layers": 2, "heads": 4, "feed_forward": 64}
FAMILIES = ("bert", "xlm", "xlm-roberta")
ROBERTA_ROLES = {
    **{"bos": "<s>", "eos": "</s>", "cls": "<s>", "sep": "</s>"},
    **{"pad": "<pad>", "unk": "<unk>", "mask": "<mask>"},
}
LABELS = {"nli": ["entailment", "neutral", "contradiction"], "paraphrase": ["different", "paraphrase"]}
PREMISE, HYPOTHESIS = "The ferry was cancelled because of the storm.", "The boat sailed on time."


def save_tiny(
    folder: Path, family: str, task: str = "meaning", *, seed: int = 0, shape: Mapping[str, Any] | None = None
) -> Path:
    """Write a tiny random checkpoint of `family` with the head of `task`; returns its folder.

    `shape` changes the configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    transformers.logging.disable_progress_bar()
    torch.manual_seed(seed)
    {"bert": write_bert_tokenizer, "xlm": _save_xlm_tokenizer, "xlm-roberta": write_xlm_roberta_tokenizer}[family](
        folder
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    config = _config(family, tokenizer, head_of(task))
    config.update(shape or {})
    return write_model(folder, config, task)


def head_of(task: str) -> dict[str, Any]:
    """The classes of a task as a configuration names them; {} for a task without classes."""
    labels = LABELS.get(task, [])
    if not labels:
        return {}
    return {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}


def write_model(folder: Path, config: Any, task: str) -> Path:
    """Write random weights of a configuration with the head of a task, and the card; returns the folder."""
    auto: Any = {
        "meaning": transformers.AutoModel,
        "qa": transformers.AutoModelForQuestionAnswering,
    }.get(task, transformers.AutoModelForSequenceClassification)
    model = auto.from_config(config)
    spread(model)
    model.save_pretrained(folder)
    (folder / CARD_NAME).write_text(json.dumps({"task": task, "train_language": "en"}), encoding="utf-8")
    return folder


def pickle_weights(folder: Path, *, legacy: bool = False, shards: int = 1) -> Path:
    """Replace a checkpoint's safetensors by `pytorch_model.bin`; with `legacy`, in the format of PyTorch before 1.6."""
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    files = {}
    for shard in range(shards):
        file = f"pytorch_model-{shard + 1:05d}-of-{shards:05d}.bin" if shards > 1 else "pytorch_model.bin"
        part = {name: weights[name] for name in names[shard::shards]}
        torch.save(part, folder / file, _use_new_zipfile_serialization=not legacy)
        files |= dict.fromkeys(part, file)
    if shards > 1:
        index = {"metadata": {}, "weight_map": files}
        (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


class Touch:
    """A pickle that creates a file when it is read without restrictions."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.marker}",)


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


def spread(model: torch.nn.Module) -> None:
    """Random weights large enough that F depends on every token and on the way there bends."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0.0, 0.3 if "embedding" in name else 0.25)


def _config(family: str, tokenizer: Any, heads: Mapping[str, Any]) -> Any:
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


def write_bert_tokenizer(folder: Path) -> None:
    """WordPiece, with a token type for each text of a pair."""
    pieces = (VOCABULARIES / "bert.txt").read_text(encoding="utf-8").splitlines()
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    save_fast(tokenizer, folder, {name: f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")})


def write_xlm_roberta_tokenizer(folder: Path) -> None:
    """Unigram, with two separators between the texts of a pair."""
    lines = (VOCABULARIES / "xlm-roberta.tsv").read_text(encoding="utf-8").splitlines()
    pieces = [(piece, float(score)) for piece, score in (line.split("\t") for line in lines)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    save_fast(tokenizer, folder, ROBERTA_ROLES)


def save_fast(tokenizer: Tokenizer, folder: Path, roles: Mapping[str, str], *, length: int = 64) -> None:
    """Save a tokenizer with the roles of its specials (`pad`, `cls`, ...) and the most tokens it gives."""
    names = {f"{role}_token": special for role, special in roles.items()}
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=length, **names).save_pretrained(
        folder
    )


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


def write_catalogue(path: Path, models: Iterable[Mapping[str, object]]) -> Path:
    """Write an operator's file; each model needs a `name`, a `task` and a `location`, its folder."""
    usual = {"title": "tiny", "source": "directory", "family": "bert"}
    blocks = [
        "[[model]]\n" + "".join(f'{key} = "{value}"\n' for key, value in (usual | dict(model)).items())
        for model in models
    ]
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def explained(model: LoadedModel, task: str, *, language: str = "en") -> tuple[list[TokenizedText], list[Target]]:
    """One text (`qa`: twice, for start and end) and what `--explain own` explains of it."""
    text = tokenize(model, task, language, [PREMISE] if task == "meaning" else [PREMISE, HYPOTHESIS])
    ends = choose_targets(model, [text], predict(model, [text], task), task=task, explain="own", gold=[None])
    return [text] * len(ends), [target for (target,) in ends]


class Linear(torch.nn.Module):
    """logit_c = sum over positions p of embeds[p] . weight[p, :, c]"""

    base_model_prefix = ""

    def __init__(self, table: torch.Tensor, weight: torch.Tensor) -> None:
        super().__init__()
        self.table = torch.nn.Embedding.from_pretrained(table)
        self.weight = torch.nn.Parameter(weight, requires_grad=False)

    def get_input_embeddings(self) -> torch.nn.Embedding:
        return self.table

    def forward(
        self,
        inputs_embeds: torch.Tensor,
        attention_mask: torch.Tensor,
        position_ids: torch.Tensor,
        token_type_ids: torch.Tensor,
    ) -> SimpleNamespace:
        seen = inputs_embeds * attention_mask[..., None]
        return SimpleNamespace(logits=torch.einsum("bpe,bpec->bc", seen, self.weight[position_ids]))


def linear_model(
    *,
    vocabulary: int = 20,
    positions: int = 16,
    embed: int = 8,
    seed: int = 0,
    table: torch.Tensor | None = None,
    weight: torch.Tensor | None = None,
) -> LoadedModel:
    """A model whose class logits are linear in the embedding rows, so that attributions have a closed form."""
    generator = torch.Generator().manual_seed(seed)
    if table is None:
        table = torch.randn(vocabulary, embed, generator=generator)
    if weight is None:
        weight = torch.randn(positions, table.shape[1], len(LABELS["nli"]), generator=generator)
    return LoadedModel(
        spec=ModelSpec("linear", "Linear", "directory", "bert", task="nli"),
        info=ModelInfo("linear", "local", "bert", "nli", None, "Linear"),
        module=Linear(table, weight),
        tokenizer=SimpleNamespace(pad_token_id=PAD),
        device=torch.device("cpu"),
        precision="fp32",
        max_length=positions,
        classes=tuple(LABELS["nli"]),
    )


def numbered_text(ids: Sequence[int], specials: Sequence[int] = (0,)) -> TokenizedText:
    """A text of given ids; those at the positions `specials` are specials."""
    names = [f"t{id_}" for id_ in ids]
    tokens = tuple(
        Token(name, 0, 0, None, special=True, word=-1)
        if place in specials
        else Token(name, 3 * place, 3 * place + 2, "premise", special=False, word=0)
        for place, name in enumerate(names)
    )
    text = " ".join(names)
    return TokenizedText(
        language="en",
        fields=(("premise", text), ("hypothesis", text)),
        tokens=tokens,
        words=(Word(text, 0, len(text), "premise"),),
        input_ids=tuple(ids),
        token_type_ids=(0,) * len(ids),
        n_tokens_uncut=len(ids),
    )
