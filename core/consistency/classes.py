"""One pair explained for any class, from attributions of all classes at hand: no gradient is computed again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.attribution.lig import METHOD
from core.attribution.targets import strongest_other
from core.errors import TargetError
from core.results import Side, TokenAttribution
from core.settings import Settings, get_task


@dataclass(frozen=True)
class ClassAttributions:
    """The attributions of one pair for every class of a model, in its order: sums over the embedding dimension.

    All are of one output of the class.
    """

    source: tuple[TokenAttribution, ...]
    target: tuple[TokenAttribution, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(each.target.label for each in self.source)

    @property
    def output(self) -> str:
        """What F is of each class."""
        return self.source[0].target.output

    def explained(self, source: Side, target: Side, settings: Settings) -> tuple[TokenAttribution, TokenAttribution]:
        """Return both sides' attributions for the class and output that `settings` explain.

        Parameters
        ----------
        source, target : with the predictions that decide the class.

        Raises
        ------
        TargetError : the class is none of these, or the gold label is not known.
        """
        decide = (source.prediction, target.prediction if settings.explain == "own" else source.prediction)
        labels = [self._label(settings, prediction) for prediction in decide]
        left, right = (
            self._of_class(at_hand, label, settings.output, prediction)
            for at_hand, label, prediction in zip((self.source, self.target), labels, decide, strict=True)
        )
        return left, right

    def _label(self, settings: Settings, prediction: Mapping[str, float]) -> str:
        if settings.explain in ("source", "own"):
            return max(prediction, key=lambda name: prediction[name])
        label = settings.gold if settings.explain == "gold" else settings.explain
        if label is None:
            raise TargetError("The gold label is not known for this text. Explain source, own or a class instead.")
        if label not in self.labels:
            raise TargetError(f"There is no class {label!r}. Choose one of {', '.join(self.labels)}.")
        return label

    def _of_class(
        self, at_hand: tuple[TokenAttribution, ...], label: str, output: str, prediction: Mapping[str, float]
    ) -> TokenAttribution:
        by_label = dict(zip(self.labels, at_hand, strict=True))
        chosen = by_label[label]
        if output != "contrast" or chosen.target.output == output:
            return chosen
        return contrasted(chosen, by_label[strongest_other(prediction, label)])


def contrasted(of_class: TokenAttribution, of_rival: TokenAttribution) -> TokenAttribution:
    """Return the attribution of the difference of two logits: that of one minus that of the other.

    Integrated gradients are linear in F (Sundararajan et al. 2017, "linearity"), so that no gradient is needed; norms
    over the embedding dimension are not, and are not known. The error estimate is the sum of both.
    """
    scores = of_class.scores - of_rival.scores
    rival = of_rival.target
    errors = [
        None if each.token_error is None else each.token_error * float(np.abs(each.scores).max(initial=0.0))
        for each in (of_class, of_rival)
    ]
    largest = float(np.abs(scores).max(initial=0.0))
    known = [error for error in errors if error is not None]
    return replace(
        of_class,
        target=replace(of_class.target, output="contrast", rival=rival.index, against=rival.label),
        scores=scores,
        f_input=of_class.f_input - of_rival.f_input,
        f_baseline=of_class.f_baseline - of_rival.f_baseline,
        n_steps=max(of_class.n_steps, of_rival.n_steps),
        token_error=sum(known) / largest if len(known) == 2 and largest > 0 else None,
        norms=None,
    )


def without_class(settings: Settings) -> Settings:
    """Return settings that stand for all with the same attributions of every class.

    The class to explain is left open, and `contrast` follows from the logits where the method is linear in F.
    """
    if not get_task(settings.task).classes:
        return settings
    settings = settings.with_changes(explain="source", gold=None)
    return settings.with_changes(output="logit") if _follows_from_logits(settings) else settings


def with_class(settings: Settings, wanted: Settings, output_at_hand: str) -> Settings:
    """Return settings with the class of `wanted`, and with its output where that follows from the one at hand."""
    follows = output_at_hand == "logit" and _follows_from_logits(wanted)
    return settings.with_changes(
        explain=wanted.explain, gold=wanted.gold, output=wanted.output if follows else output_at_hand
    )


def _follows_from_logits(settings: Settings) -> bool:
    return settings.output == "contrast" and settings.method == METHOD and settings.aggregate == "sum"
