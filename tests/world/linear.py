"""A model whose class logits are linear in the embedding rows, so that every attribution is known in closed form."""

from types import SimpleNamespace

import torch

from core.models.catalogue import ModelSpec
from core.models.loaded import LoadedModel
from core.results import ModelInfo, Token, TokenizedText, Word

PAD = 1
CLASSES = ("entailment", "neutral", "contradiction")


class Linear(torch.nn.Module):
    """logit_c = sum over positions p of embeds[p] . weight[p, :, c]"""

    base_model_prefix = ""

    def __init__(self, table, weight):
        super().__init__()
        self.table = torch.nn.Embedding.from_pretrained(table)
        self.weight = torch.nn.Parameter(weight, requires_grad=False)

    def get_input_embeddings(self):
        return self.table

    def forward(self, inputs_embeds, attention_mask, position_ids, token_type_ids):
        seen = inputs_embeds * attention_mask[..., None]
        return SimpleNamespace(logits=torch.einsum("bpe,bpec->bc", seen, self.weight[position_ids]))


def linear_model(*, vocabulary=20, positions=16, embed=8, seed=0, table=None, weight=None):
    generator = torch.Generator().manual_seed(seed)
    if table is None:
        table = torch.randn(vocabulary, embed, generator=generator)
    if weight is None:
        weight = torch.randn(positions, table.shape[1], len(CLASSES), generator=generator)
    return LoadedModel(
        spec=ModelSpec("linear", "Linear", "directory", "bert", task="nli"),
        info=ModelInfo("linear", "local", "bert", "nli", None, "Linear"),
        module=Linear(table, weight),
        tokenizer=SimpleNamespace(pad_token_id=PAD),
        device=torch.device("cpu"),
        precision="fp32",
        max_length=positions,
        classes=CLASSES,
    )


def numbered_text(ids, specials=(0,)):
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
