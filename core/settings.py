"""What a user can choose.

`Settings` is the one list of settings: each field is declared with what people read about it, and the options of
`analyze` and `run`, the sidebar of the page "Translation pair", its link and the list on the page "About" are made from
these declarations. To add a setting, add a field.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

from core.setting import ANALYZE, ATTRIBUTION, COMPARISON, setting, settings_of
from core.setting_checks import (
    MAX_STEPS,
    check_layer,
    check_permutations,
    check_seed,
    check_steps,
    check_tolerance,
    parse_steps,
)
from core.tasks import TASKS, Task, explainable, get_task, outputs_offered

__all__ = [
    "AGGREGATES",
    "BASELINES",
    "DEVICES",
    "LEVELS",
    "LOCAL_METHODS",
    "MASS_RULES",
    "MAX_STEPS",
    "METHODS",
    "OUTPUTS",
    "PRECISIONS",
    "SPACES",
    "TASKS",
    "Settings",
    "Task",
    "VectorFiles",
    "get_task",
    "parse_steps",
]

MASS_RULES = ("abs", "positive", "signed")
BASELINES = ("pad", "mask", "zero", "mean")
OUTPUTS = ("logit", "contrast", "log-odds", "probability")
AGGREGATES = ("sum", "l2", "l1")
SPACES = ("isolated", "static", "vectors", "contextual")
LEVELS = ("token", "word")
METHODS = ("integrated-gradients", "saliency", "input-x-gradient", "gradient-shap", "occlusion")
# Methods that look at the input alone: they have no baseline.
LOCAL_METHODS = ("saliency", "input-x-gradient")
PRECISIONS = ("fp32", "tf32", "bf16")
DEVICES = ("auto", "cpu", "cuda", "mps")

# (language code, file of word vectors), one pair for each language.
VectorFiles = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Settings:
    """Every choice that changes a number: one validated, hashable record that travels with every result.

    The order of the fields is that of stored results.

    Attributes
    ----------
    steps : "auto" adds evaluations until the estimated token error is within `tolerance`; an integer is plain
        Gauss-Legendre quadrature with that many nodes.
    tolerance : largest estimated token error over the largest |score| at which `auto` stops (0.01 = 1%).
    explain : "source", "own", "gold" or the name of a class.
    gold : the label, where known (a class, or an answer text per side for `qa`); needed for explain="gold".
    """

    task: str = setting(
        "meaning",
        title="Task",
        help="What the model does with the text. Meaning needs no trained head: it asks which words the encoding of "
        "the sentence relies on.",
        anchor="explain",
        group=ATTRIBUTION,
        values=tuple(TASKS),
        commands=(ANALYZE,),
        place="main",
        labels={name: task.title for name, task in TASKS.items()},
    )
    explain: str = setting(
        "source",
        title="Explain",
        help="The output that the attributions refer to. One output for both texts makes them comparable.",
        anchor="explain",
        group=ATTRIBUTION,
        takes="source, own, gold or a class",
        place="main",
        labels=explainable,
        # A text's answer is its own in either case, and `meaning` has one output.
        changes_c=lambda chosen: chosen.task not in ("meaning", "qa") or chosen.explain == "gold",
    )
    steps: int | str = setting(
        "auto",
        title="Attribution steps",
        help="auto adds gradient evaluations where the output moves until the estimated error of every token is within "
        "the tolerance (1%). A number N is plain Gauss-Legendre quadrature with N nodes, without an error estimate.",
        anchor="steps",
        group=ATTRIBUTION,
        takes="auto or N",
        check=check_steps,
        parse=parse_steps,
        place="main",
        labels={"auto": "auto, error under 1%"} | {str(n): f"{n} nodes" for n in (20, 30, 50, 100, 300)},
    )
    tolerance: float = setting(
        0.01,
        title="Tolerance",
        help="Estimated token error, as a share of the largest |score|, at which auto stops.",
        anchor="steps",
        group=ATTRIBUTION,
        check=check_tolerance,
        changes_c=lambda chosen: chosen.steps == "auto",
    )
    mass: str = setting(
        "abs",
        title="Mass",
        help="The weight of a token: the absolute value of its attribution, or only the positive part. signed: "
        "absolute values, but a token that raises the output meets only tokens that raise it.",
        anchor="mass",
        group=COMPARISON,
        values=MASS_RULES,
        noun="mass rule",
        place="main",
        labels={"abs": "absolute", "positive": "positive only", "signed": "signed"},
        # Norms have no sign.
        changes_c=lambda chosen: chosen.aggregate == "sum",
        buttons=True,
    )
    space: str = setting(
        "isolated",
        title="Shared space",
        help="Where the similarity of two tokens is measured. contextual departs from the paper's definition: there a "
        "token's vector depends on its sentence.",
        anchor="space",
        group=COMPARISON,
        values=SPACES,
        place="main",
        labels={
            "isolated": "isolated, each token alone",
            "static": "static, input embeddings",
            "contextual": "contextual, for comparison",
        },
    )
    centred: bool = setting(
        True,
        title="Centre each language",
        help="Subtract the mean vector of each language. Otherwise any two tokens are similar.",
        anchor="space",
        group=COMPARISON,
        place="more",
    )
    procrustes: bool = setting(
        True,
        title="Rotate into English (Procrustes)",
        help="Rotate each language into English where a map learned from a bilingual lexicon is shipped.",
        anchor="space",
        group=COMPARISON,
        place="more",
    )
    level: str = setting(
        "token",
        title="Level",
        help="What carries mass: the model's own tokens, as in the paper, or whole words.",
        anchor="level",
        group=COMPARISON,
        values=LEVELS,
        place="main",
        labels={level: level for level in LEVELS},
        buttons=True,
    )
    method: str = setting(
        "integrated-gradients",
        title="Method",
        help="The attribution method. Integrated gradients is the paper's; the others show whether C depends on it.",
        anchor="method",
        group=ATTRIBUTION,
        values=METHODS,
        place="more",
        labels={
            "integrated-gradients": "integrated gradients",
            "saliency": "saliency",
            "input-x-gradient": "input × gradient",
            "gradient-shap": "gradient SHAP",
            "occlusion": "occlusion",
        },
    )
    precision: str = setting(
        "fp32",
        title="Precision",
        help="fp32 is the reference; bf16 moves the attributions by some percent.",
        anchor="method",
        group=ATTRIBUTION,
        values=PRECISIONS,
        place="more",
        labels={"fp32": "fp32", "bf16": "bf16"},
    )
    permutations: int | None = setting(
        None,
        title="Permutations",
        help="How many random permutations of the masses the shuffled reference takes; by default fewer for long "
        "texts.",
        anchor="pictures",
        group=COMPARISON,
        check=check_permutations,
        changes_c=lambda chosen: False,
    )
    seed: int = setting(
        0,
        title="Seed",
        help="Seed of everything random: permutations, gradient SHAP, the rows that a run samples.",
        anchor="method",
        group=COMPARISON,
        check=check_seed,
        changes_c=lambda chosen: chosen.method == "gradient-shap",
    )
    vectors: VectorFiles = setting(
        (),
        title="Word vectors",
        help="Aligned word vectors of a language, for the space vectors; once for each language.",
        anchor="space",
        group=COMPARISON,
        takes="LANG=FILE",
        # They count in the space `vectors` alone, which changes C by itself.
        changes_c=lambda chosen: False,
    )
    gold: str | None = setting(
        None,
        title="Gold label",
        help="The known label of the texts: a class, or an answer. Explain gold needs it.",
        anchor="explain",
        group=ATTRIBUTION,
        commands=(ANALYZE,),
        # It comes with the texts.
        changes_c=lambda chosen: False,
    )
    baseline: str = setting(
        "pad",
        title="Baseline",
        help="What stands in the place of every word at the start of the path: the pad token (as in the paper), the "
        "mask token, zeros, or the mean of all token embeddings. Special tokens stay.",
        anchor="method",
        group=ATTRIBUTION,
        values=BASELINES,
        place="more",
        labels={"pad": "pad token", "mask": "mask token", "zero": "zeros", "mean": "mean embedding"},
        changes_c=lambda chosen: chosen.method not in LOCAL_METHODS,
        added=True,
    )
    output: str = setting(
        "logit",
        title="Output",
        help="What is explained of the class: its logit, the logit minus that of the strongest other class, the "
        "log-odds, or the probability.",
        anchor="explain",
        group=ATTRIBUTION,
        values=OUTPUTS,
        place="more",
        labels=outputs_offered,
        changes_c=lambda chosen: bool(get_task(chosen.task).classes),
        added=True,
    )
    aggregate: str = setting(
        "sum",
        title="Aggregate",
        help="From embedding dimensions to one score of a token: their sum (as in the paper), or the l2 or l1 norm, "
        "which have no sign.",
        anchor="method",
        group=COMPARISON,
        values=AGGREGATES,
        place="more",
        labels={"sum": "sum", "l2": "l2 norm", "l1": "l1 norm"},
        changes_c=lambda chosen: chosen.method != "occlusion",
        added=True,
    )
    layer: int | None = setting(
        None,
        title="Layer",
        help="The encoder's layer whose hidden states the space contextual takes, counted from 1; by default the last.",
        anchor="space",
        group=COMPARISON,
        check=check_layer,
        changes_c=lambda chosen: chosen.space == "contextual",
        added=True,
    )

    def __post_init__(self) -> None:
        for declared in settings_of(type(self)):
            declared.validate(getattr(self, declared.name))

    def with_changes(self, **changes: Any) -> Self:
        """Return a copy with some choices replaced, validated again."""
        return replace(self, **changes)
