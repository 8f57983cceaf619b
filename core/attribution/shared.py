"""Several classes of one text: their paths are the same, so that each point needs one forward pass for all of them."""

from collections.abc import Sequence

import torch

from core.attribution.fast.attention import keeps_weights
from core.attribution.outputs import class_outputs
from core.attribution.paths import PathBundle, PathPoint, Point, points_of
from core.models.loaded import LoadedModel
from core.results import Target, TokenizedText


def first_paths(texts: Sequence[TokenizedText]) -> list[int]:
    """Return for each path the first one of the same text."""
    first: dict[TokenizedText, int] = {}
    return [first.setdefault(text, path) for path, text in enumerate(texts)]


def path_bundle(
    model: LoadedModel, texts: Sequence[TokenizedText], targets: Sequence[Target], *, baseline: str
) -> PathBundle:
    """Return the paths of texts to class targets with shared forward passes where a text occurs several times."""
    several = len(set(texts)) < len(texts) and targets[0].kind == "class"
    return (SharedPaths if several else PathBundle)(model, texts, targets, baseline=baseline)


class SharedPaths(PathBundle):
    """A bundle in which paths of one text share the forward pass at equal alphas.

    Every class has a quadrature rule of its own, which asks for its own points: a class gets the points that it would
    get alone, and its scores are those of a separate computation up to rounding.
    """

    def __init__(
        self, model: LoadedModel, texts: Sequence[TokenizedText], targets: Sequence[Target], *, baseline: str
    ) -> None:
        super().__init__(model, texts, targets, baseline=baseline)
        self._first = first_paths(self.texts)

    def evaluate(self, requests: Sequence[PathPoint]) -> list[Point]:
        """Return F and the integrand at `requests`, by one forward pass over distinct points of texts.

        Points that the same number of paths ask for are evaluated together, with as many backward passes.
        """
        paths_at: dict[tuple[int, float], list[int]] = {}
        for request in requests:
            paths_at.setdefault((self._first[request.path], request.alpha), []).append(request.path)
        found: dict[PathPoint, Point] = {}
        for group in self._alike(paths_at):
            found |= self._evaluate_group({place: paths_at[place] for place in group})
        return [found[request] for request in requests]

    def _alike(self, paths_at: dict[tuple[int, float], list[int]]) -> list[list[tuple[int, float]]]:
        """The points by how many paths ask for them."""
        groups: dict[int, list[tuple[int, float]]] = {}
        for place, paths in paths_at.items():
            groups.setdefault(len(paths), []).append(place)
        return list(groups.values())

    def _evaluate_group(self, paths_at: dict[tuple[int, float], list[int]]) -> dict[PathPoint, Point]:
        """Evaluate points of which each has equally many paths: path k of every point in the k-th backward pass."""
        places = list(paths_at)
        rounds = [[paths_at[place][k] for place in places] for k in range(len(paths_at[places[0]]))]
        points: dict[PathPoint, Point] = {}
        for paths, evaluated in zip(rounds, self._rounds(places, rounds), strict=True):
            points |= {
                PathPoint(path, alpha): point for path, (_, alpha), point in zip(paths, places, evaluated, strict=True)
            }
        return points

    def _rounds(self, places: list[tuple[int, float]], rounds: list[list[int]]) -> list[list[Point]]:
        """The points of every round; a long text's attention is not kept, and is computed again for every class."""
        if len(rounds) == 1 or (
            self._packed is not None and not all(keeps_weights(self.length(path)) for path, _ in places)
        ):
            alphas = [alpha for _, alpha in places]
            return [super(SharedPaths, self).evaluate(list(map(PathPoint, paths, alphas))) for paths in rounds]
        targets = [[self.targets[path] for path in paths] for paths in rounds]
        if self._packed is None:
            return self._by_module([PathPoint(*place) for place in places], targets)
        return [points_of(evaluated) for evaluated in self._packed.evaluate_classes(places, targets)]

    def _by_module(self, requests: list[PathPoint], targets: list[list[Target]]) -> list[list[Point]]:
        """As `PathBundle.evaluate` with autograd: the graph of one forward pass is kept for all backward passes."""
        embeds, differences, rows = self._assemble(requests)
        embeds.requires_grad_(True)
        logits = self.model.class_logits(embeds, rows)
        results = []
        for index, wanted in enumerate(targets):
            values = class_outputs(logits, wanted)
            (gradients,) = torch.autograd.grad(values.sum(), embeds, retain_graph=index < len(targets) - 1)
            results.append(self._points_at(requests, values, gradients, differences))
        return results
