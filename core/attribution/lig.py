"""Layer Integrated Gradients of many texts together, with a fixed or a certified number of nodes (Eq. 1)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.attribution.paths import ChunkSize, PathBundle, PathPoint, Point, default_chunk, evaluate_all
from core.attribution.quadrature import AdaptiveSpline, GaussLegendre, Rule
from core.callbacks import CountCallback, ShouldCancel
from core.errors import CompletenessError
from core.models.loaded import LoadedModel
from core.results import Target, TokenAttribution, TokenizedText

METHOD = "integrated-gradients"
# The largest delta, as a share of |F(x) - F(x')| or of the largest score, that rounding and few nodes explain.
SUSPICIOUS_SHARE = {"fp32": 0.1, "tf32": 0.2, "bf16": 0.5}

# What the certified rule usually spends on a text; only the progress line uses it.
TYPICAL_NODES = 36


def integrated_gradients(
    model: LoadedModel,
    texts: Sequence[TokenizedText],
    targets: Sequence[Target],
    *,
    steps: int | str = "auto",
    tolerance: float = 0.01,
    chunk: ChunkSize | None = None,
    progress: CountCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> list[TokenAttribution]:
    """Attribute each text's target to its tokens, all texts refined together.

    Parameters
    ----------
    steps : "auto" adds nodes until the estimated token error is at most `tolerance`; N is Gauss-Legendre with N nodes.
    progress : called after each chunk with (gradients done, gradients expected).

    Returns
    -------
    list of TokenAttribution, parallel to `texts`.

    Raises
    ------
    CompletenessError : the scores do not add up to F(x) - F(x') however many nodes are spent.
    Cancelled : `should_cancel()` was true before a chunk.
    """
    bundle = PathBundle(model, texts, targets)
    chunk = chunk or default_chunk(model)
    rules: list[Rule] = [AdaptiveSpline(tolerance) if steps == "auto" else GaussLegendre(int(steps)) for _ in texts]
    ends = _forward_ends(bundle) if steps != "auto" else None
    counter = _Counter(progress, TYPICAL_NODES * len(texts) if steps == "auto" else 0)
    while requests := _wanted(rules):
        points = evaluate_all(
            bundle, requests, chunk, progress=counter.within(len(requests)), should_cancel=should_cancel
        )
        counter.finish(len(requests))
        _deliver(rules, requests, points)
        if ends is None:
            ends = _ends_of_points(requests, points, len(texts))
    if ends is None:
        return []
    counter.end()
    results = [_result(bundle, index, rule, ends) for index, rule in enumerate(rules)]
    for result in results:
        _check_completeness(model, result)
    return results


@dataclass(frozen=True)
class _Ends:
    """F at both ends of every path, (path,) each, and the forward evaluations that took."""

    baseline: list[float]
    input: list[float]
    n_forward: int


def _forward_ends(bundle: PathBundle) -> _Ends:
    """F at both ends by two forward passes a path, for rules without nodes at 0 and 1."""
    with bundle.model.lock:
        found = [
            bundle.outputs([PathPoint(path, 0.0), PathPoint(path, 1.0)]).tolist() for path in range(len(bundle.texts))
        ]
    return _Ends([low for low, _ in found], [high for _, high in found], n_forward=2)


def _ends_of_points(requests: Sequence[PathPoint], points: Sequence[Point], n_paths: int) -> _Ends:
    """F at both ends as the adaptive rule's first nodes found it, at no further cost."""
    found = {(request.path, request.alpha): point.output for request, point in zip(requests, points, strict=True)}
    return _Ends(
        [found[path, 0.0] for path in range(n_paths)], [found[path, 1.0] for path in range(n_paths)], n_forward=0
    )


class _Counter:
    """Adds the rounds of a refinement up for the progress line."""

    def __init__(self, progress: CountCallback | None, expected: int) -> None:
        self._progress, self._expected, self._done = progress, expected, 0

    def within(self, n_round: int) -> CountCallback | None:
        if self._progress is None:
            return None
        report, before, expected = self._progress, self._done, max(self._expected, self._done + n_round)
        return lambda done, _: report(before + done, expected)

    def finish(self, n_round: int) -> None:
        self._done += n_round

    def end(self) -> None:
        """Say that all is done where less was needed than expected."""
        if self._progress is not None and self._done < self._expected:
            self._progress(self._done, self._done)


def _wanted(rules: Sequence[Rule]) -> list[PathPoint]:
    return [PathPoint(path, float(alpha)) for path, rule in enumerate(rules) for alpha in rule.wanted()]


def _deliver(rules: Sequence[Rule], requests: Sequence[PathPoint], points: Sequence[Point]) -> None:
    by_path: dict[int, list[Point]] = {}
    for request, point in zip(requests, points, strict=True):
        by_path.setdefault(request.path, []).append(point)
    for path, found in by_path.items():
        rules[path].receive(np.array([point.output for point in found]), np.stack([point.gradient for point in found]))


def _result(bundle: PathBundle, index: int, rule: Rule, ends: _Ends) -> TokenAttribution:
    integral = rule.solution()
    text = bundle.texts[index]
    return TokenAttribution(
        text=text,
        target=bundle.targets[index],
        # x - x' is exactly zero on specials; this turns a possible -0.0 into 0.0.
        scores=np.where(text.special_mask, 0.0, integral.values),
        f_input=ends.input[index],
        f_baseline=ends.baseline[index],
        n_steps=integral.n_nodes,
        n_forward=ends.n_forward,
        token_error=integral.error,
        method=METHOD,
    )


def _check_completeness(model: LoadedModel, result: TokenAttribution) -> None:
    """Raise when more nodes do not shrink a large delta: then the path the gradients follow is not F's.

    A fixed rule with few nodes may be far off and honest; only then the certified rule decides.
    """
    if not _looks_incomplete(result, model.precision):
        return
    if result.token_error is None:
        (certified,) = integrated_gradients(model, [result.text], [result.target])
        if not _looks_incomplete(certified, model.precision):
            return
    raise CompletenessError(
        f"The scores do not add up to F(x) − F(x′) ({result.delta:.2f} apart at {result.n_steps} nodes). "
        "The model's forward pass is not supported; please report the model name."
    )


def _looks_incomplete(result: TokenAttribution, precision: str) -> bool:
    reach = max(abs(result.f_input - result.f_baseline), float(np.abs(result.scores).max(initial=0.0)))
    return result.delta > SUSPICIOUS_SHARE[precision] * reach + 1e-4
