"""The baseline x' of Eq. 1: what stands in the place of every token but the specials."""

import torch
from torch import Tensor

from core.errors import OptionError
from core.models.loaded import LoadedModel
from core.results import TokenizedText


def baseline_ids(model: LoadedModel, text: TokenizedText, baseline: str) -> Tensor:
    """Return the token ids of a baseline that consists of tokens, (seq,): `pad` or `mask`.

    Raises
    ------
    OptionError : the tokenizer has no mask token.
    """
    replacement = model.pad_id if baseline == "pad" else model.tokenizer.mask_token_id
    if replacement is None:
        raise OptionError(f"The tokenizer of {model.info.name} has no mask token: use --baseline pad, zero or mean.")
    return torch.where(torch.from_numpy(text.special_mask), torch.tensor(text.input_ids), int(replacement))


def baseline_embeddings(model: LoadedModel, text: TokenizedText, baseline: str) -> Tensor:
    """Return x', (seq, embed): the embeddings of `baseline_ids`, or for `zero` and `mean` a vector that is no token's.

    `mean` is the mean row of the embedding table. Specials keep their own embedding, and positions and token types are
    those of the real input.
    """
    if baseline in ("pad", "mask"):
        return model.embed(baseline_ids(model, text, baseline))
    rows = model.embed(torch.tensor(text.input_ids))
    vector = model.mean_embedding if baseline == "mean" else torch.zeros_like(rows[0])
    return torch.where(torch.from_numpy(text.special_mask).to(rows.device)[:, None], rows, vector)
