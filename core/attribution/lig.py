"""Layer Integrated Gradients (Eq. 1) of many texts together, by a fixed or an error-controlled quadrature rule."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.attribution.paths import ChunkSize, PathBundle, PathPoint, Point, evaluate_all
from core.attribution.quadrature import GaussLegendre, Rule
from core.attribution.shared import first_paths, path_bundle
from core.attribution.spline import AdaptiveSpline
from core.callbacks import CountCallback, ShouldCancel
from core.errors import CompletenessError
from core.models.loaded import LoadedModel
from core.results import Target, TokenAttribution, TokenizedText

METHOD = "integrated-gradients"
# The largest delta, as a share of |F(x) - F(x')| or of the largest score, that rounding and too few nodes can explain.
SUSPICIOUS_SHARE = {"fp32": 0.1, "tf32": 0.2, "bf16": 0.5}

# The usual number of nodes of the adaptive rule; only the progress line uses it.
TYPICAL_NODES = 26
# The terms of the integrand that are kept at a time, for texts with the usual number of nodes.
KEPT_BYTES = 256 * 2**20


def integrated_gradients(
    model: LoadedModel,
    texts: Sequence[TokenizedText],
    targets: Sequence[Target],
    *,
    steps: int | str = "auto",
    tolerance: float = 0.01,
    baseline: str = "pad",
    norms: bool = True,
    chunk: ChunkSize | None = None,
    progress: CountCallback | None = None,
    should_cancel: ShouldCancel | None = None,
) -> list[TokenAttribution]:
    """Attribute each text's target to its tokens; the nodes of all texts share forward passes.

    Neighbours in `texts` that are the same text, with several classes as targets, share them at equal nodes too.

    Parameters
    ----------
    texts, targets : parallel; all targets are of one kind and output.
    steps : "auto" adds nodes until the estimated token error is at most `tolerance`, or `MAX_NODES` are used; N is
        Gauss-Legendre with N nodes, without an error estimate.
    tolerance : share of the largest |score|, and with `norms` of the largest l2 and l1 norm.
    baseline : where the paths begin (`core.settings.BASELINES`).
    norms : keep the terms of the integrand over the embedding dimension, nodes x tokens x width x 4 bytes for a text,
        and return the norms too. Texts are refined together in groups of about `KEPT_BYTES`.
    chunk : the most tokens in a forward pass; None takes the one that all work on `model` shares.
    progress : called after each chunk with (gradients done, gradients expected).

    Returns
    -------
    list of TokenAttribution, parallel to `texts`.

    Raises
    ------
    CompletenessError : the scores do not add up to F(x) - F(x') even with the adaptive rule.
    Cancelled : `should_cancel()` was true before a chunk.

    References
    ----------
    Sundararajan et al. 2017, at the embedding layer; Eq. 1 of the paper.
    """
    nodes = TYPICAL_NODES if steps == "auto" else int(steps)
    counter = _Counter(progress, nodes * len(texts))
    results: list[TokenAttribution] = []
    for group in _groups(texts, nodes * model.embedding.embedding_dim * 4 if norms else 0):
        bundle = path_bundle(model, texts[group], targets[group], baseline=baseline)
        rules: list[Rule] = [
            AdaptiveSpline(tolerance) if steps == "auto" else GaussLegendre(nodes) for _ in bundle.texts
        ]
        ends = _refine(
            bundle,
            rules,
            chunk or model.chunk,
            counter,
            fixed=steps != "auto",
            norms=norms,
            should_cancel=should_cancel,
        )
        results += [_result(bundle, index, rule, ends) for index, rule in enumerate(rules)]
    counter.end()
    for result in results:
        _check_completeness(model, result, baseline)
    return results


def _groups(texts: Sequence[TokenizedText], token_bytes: int) -> list[slice]:
    """Neighbouring texts whose kept terms take about `KEPT_BYTES` together, at least one in each group."""
    groups: list[slice] = []
    begin = size = 0
    for at, text in enumerate(texts):
        more = len(text.input_ids) * token_bytes
        if at > begin and size + more > KEPT_BYTES:
            groups.append(slice(begin, at))
            begin, size = at, 0
        size += more
    return [*groups, slice(begin, len(texts))] if texts else []


def _refine(
    bundle: PathBundle,
    rules: Sequence[Rule],
    chunk: ChunkSize,
    counter: "_Counter",
    *,
    fixed: bool,
    norms: bool,
    should_cancel: ShouldCancel | None,
) -> "_Ends":
    """Evaluate what the rules ask for until all are done; return F at both ends of the paths."""
    ends = _forward_ends(bundle) if fixed else None
    first = first_paths(bundle.texts)
    while requests := _pending(rules, first):
        points = evaluate_all(
            bundle, requests, chunk, progress=counter.within(len(requests)), should_cancel=should_cancel
        )
        counter.finish(len(requests))
        _deliver(rules, requests, points, norms=norms)
        ends = ends or _ends_of_points(requests, points, len(rules))
    assert ends is not None
    return ends


@dataclass(frozen=True)
class _Ends:
    """F at both ends of every path, (path,) each, and the number of forward evaluations spent on each path."""

    baseline: list[float]
    input: list[float]
    n_forward: int


def _forward_ends(bundle: PathBundle) -> _Ends:
    """F at both ends by two forward evaluations per path, for rules without nodes at 0 and 1."""
    with bundle.model.lock:
        outputs = [
            bundle.outputs([PathPoint(path, 0.0), PathPoint(path, 1.0)]).tolist() for path in range(len(bundle.texts))
        ]
    return _Ends([baseline for baseline, _ in outputs], [x for _, x in outputs], n_forward=2)


def _ends_of_points(requests: Sequence[PathPoint], points: Sequence[Point], n_paths: int) -> _Ends:
    """F at both ends from the adaptive rule's first nodes, which include 0 and 1."""
    outputs = {(request.path, request.alpha): point.output for request, point in zip(requests, points, strict=True)}
    return _Ends(
        [outputs[path, 0.0] for path in range(n_paths)], [outputs[path, 1.0] for path in range(n_paths)], n_forward=0
    )


class _Counter:
    """Turns the progress of each round of refinement into the progress of the whole computation."""

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
        """Report completion where fewer gradients were needed than expected."""
        if self._progress is not None and self._done < self._expected:
            self._progress(self._done, self._done)


def _pending(rules: Sequence[Rule], first: Sequence[int]) -> list[PathPoint]:
    """What the rules ask for, ascending for each of them; equal points of one text beside each other, in one chunk."""
    requests = [PathPoint(path, float(alpha)) for path, rule in enumerate(rules) for alpha in rule.pending()]
    return sorted(requests, key=lambda request: (first[request.path], request.alpha, request.path))


def _deliver(rules: Sequence[Rule], requests: Sequence[PathPoint], points: Sequence[Point], *, norms: bool) -> None:
    by_path: dict[int, list[Point]] = {}
    for request, point in zip(requests, points, strict=True):
        by_path.setdefault(request.path, []).append(point)
    for path, received in by_path.items():
        outputs = np.array([point.output for point in received])
        components = [point.components for point in received] if norms else []
        rules[path].receive(outputs, np.stack([point.gradient for point in received]), components)


def _result(bundle: PathBundle, index: int, rule: Rule, ends: _Ends) -> TokenAttribution:
    integral = rule.solution()
    text = bundle.texts[index]
    return TokenAttribution(
        text=text,
        target=bundle.targets[index],
        # x - x' is exactly zero on specials, but the product with a gradient can be -0.0.
        scores=np.where(text.special_mask, 0.0, integral.values),
        f_input=ends.input[index],
        f_baseline=ends.baseline[index],
        n_steps=integral.n_nodes,
        n_forward=ends.n_forward,
        token_error=integral.error,
        method=METHOD,
        norms=integral.norms,
        defect=integral.defect,
    )


def _check_completeness(model: LoadedModel, result: TokenAttribution, baseline: str) -> None:
    """Raise when a large delta does not shrink with more nodes: then the gradients are not those of F on the path.

    A fixed rule with few nodes may have a large delta for lack of nodes alone; then the adaptive rule decides.
    """
    if not _looks_incomplete(result, model.precision):
        return
    if result.token_error is None:
        (adaptive,) = integrated_gradients(model, [result.text], [result.target], baseline=baseline, norms=False)
        if not _looks_incomplete(adaptive, model.precision):
            return
    raise CompletenessError(
        f"The scores do not add up to F(x) − F(x′) ({result.delta:.2f} apart at {result.n_steps} nodes). "
        "The model's forward pass is not supported; please report the model name."
    )


def _looks_incomplete(result: TokenAttribution, precision: str) -> bool:
    scale = max(abs(result.f_input - result.f_baseline), float(np.abs(result.scores).max(initial=0.0)))
    return result.delta > SUSPICIOUS_SHARE[precision] * scale + 1e-4
