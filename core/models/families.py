"""The kinds of encoder that are tested here, by the name that Transformers gives their configuration (`model_type`).

Any other encoder of Transformers that takes embedding rows loads too: `inputs.py` tries out how each one reads them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """A kind of encoder.

    Attributes
    ----------
    example : a model of this kind, preferably a multilingual one.
    positions : what its input says about positions: "from 0", "after the pad" (counted from the pad's number, as in
        RoBERTa), or "" where the attention alone knows them.
    token_types : whether the second text of an input has a token type of its own.
    languages : whether each token has the embedding of its language.
    """

    name: str
    example: str
    positions: str = "from 0"
    token_types: bool = False
    languages: bool = False


FAMILIES = {
    family.name: family
    for family in (
        Family("bert", "google-bert/bert-base-multilingual-cased", token_types=True),
        Family("xlm", "FacebookAI/xlm-mlm-xnli15-1024", languages=True),
        Family("xlm-roberta", "FacebookAI/xlm-roberta-base", positions="after the pad"),
        Family("distilbert", "distilbert/distilbert-base-multilingual-cased"),
        Family("roberta", "FacebookAI/roberta-base", positions="after the pad"),
        Family("camembert", "almanach/camembert-base", positions="after the pad"),
        Family("xlm-roberta-xl", "facebook/xlm-roberta-xl", positions="after the pad"),
        Family("deberta", "microsoft/deberta-base"),
        Family("deberta-v2", "microsoft/mdeberta-v3-base"),
        Family("electra", "google/electra-base-discriminator", token_types=True),
        Family("albert", "albert/albert-base-v2", token_types=True),
        Family("rembert", "google/rembert", token_types=True),
        Family("mpnet", "sentence-transformers/all-mpnet-base-v2", positions="after the pad"),
        Family("modernbert", "jhu-clsp/mmBERT-base"),
        Family("eurobert", "EuroBERT/EuroBERT-210m"),
    )
}


def is_known(name: str) -> bool:
    """Return whether Transformers has an architecture of this name."""
    if name in FAMILIES:
        return True
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    return name in CONFIG_MAPPING_NAMES
