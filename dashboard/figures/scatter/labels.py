"""Where the label of each point of a scatter goes, so that labels cover neither each other nor a point nor a line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Distances from the point, px; all but the first need a hairline.
RINGS = (13.0, 30.0, 48.0)
HALF_HEIGHT, LETTER = 7.0, 3.8
POINT = 6.0
# What a px of a line under a label costs, compared with 20 for the next ring: two lines may cross a label, not three.
LINE = 0.5
# Right first, as one reads; then the other sides.
_ANGLES = (0.0, 180.0, -90.0, 90.0, -45.0, 45.0, -135.0, 135.0, -22.5, 22.5, 157.5, -157.5)


@dataclass(frozen=True)
class LabelPlace:
    """Centre of a label, px from the left and from the top, and which of `RINGS` it is on."""

    x: float
    y: float
    ring: int

    @property
    def far(self) -> bool:
        """Whether the label needs a hairline to its point."""
        return self.ring > 0


@dataclass(frozen=True)
class Line:
    """A horizontal or vertical line, px from the left and from the top."""

    left: float
    right: float
    top: float
    bottom: float


def place_labels(
    points: Sequence[tuple[float, float]],
    labels: Sequence[str],
    size: tuple[float, float],
    lines: Sequence[Line] = (),
) -> list[LabelPlace]:
    """Give every label the best of 36 places around its point: the first that is free, and near rather than far.

    No label covers another one or leaves the picture where any of its places avoids that.

    Parameters
    ----------
    points : px from the left and from the top.
    size : width and height of the picture, px; a label stays inside.
    lines : what labels had better not lie on, such as the points' intervals.
    """
    placed: list[tuple[LabelPlace, float]] = []
    for at, (point, label) in enumerate(zip(points, labels, strict=True)):
        half = LETTER * len(label)
        others = [other for index, other in enumerate(points) if index != at]
        surroundings = _Surroundings(others, placed, lines, size)
        best = min(_candidates(point, half), key=lambda place: surroundings.cost(place, half))
        placed.append((best, half))
    return [place for place, _ in placed]


def _candidates(point: tuple[float, float], half: float) -> list[LabelPlace]:
    candidates = []
    for ring, distance in enumerate(RINGS):
        for angle in _ANGLES:
            across, down = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            x = point[0] + across * (distance + half - LETTER)
            candidates.append(LabelPlace(x, point[1] + down * distance, ring))
    return candidates


@dataclass(frozen=True)
class _Surroundings:
    """What is around a label: the other points, the labels before it with half their widths, lines, the picture."""

    points: Sequence[tuple[float, float]]
    placed: Sequence[tuple[LabelPlace, float]]
    lines: Sequence[Line]
    size: tuple[float, float]

    def cost(self, place: LabelPlace, half: float) -> tuple[float, float]:
        """First what must not be: another label covered, the picture left. Then what is covered, and distance."""
        conflict = self._covered_labels(place, half) + self._outside(place, half)
        covered = self._covered_points(place, half) + LINE * self._covered_lines(place, half)
        return conflict, covered + 20 * place.ring

    def _covered_labels(self, place: LabelPlace, half: float) -> float:
        return sum(
            _overlap(place.x - other.x, half + width) * _overlap(place.y - other.y, 2 * HALF_HEIGHT)
            for other, width in self.placed
        )

    def _outside(self, place: LabelPlace, half: float) -> float:
        across = max(0.0, half - place.x, place.x + half - self.size[0])
        return across + max(0.0, HALF_HEIGHT - place.y, place.y + HALF_HEIGHT - self.size[1])

    def _covered_points(self, place: LabelPlace, half: float) -> float:
        return sum(
            _overlap(place.x - x, half + POINT) * _overlap(place.y - y, HALF_HEIGHT + POINT) for x, y in self.points
        )

    def _covered_lines(self, place: LabelPlace, half: float) -> float:
        return sum(_length_under(place, half, line) for line in self.lines)


def _length_under(place: LabelPlace, half: float, line: Line) -> float:
    """How many px of a line lie under a label."""
    across = min(line.right, place.x + half) - max(line.left, place.x - half)
    down = min(line.bottom, place.y + HALF_HEIGHT) - max(line.top, place.y - HALF_HEIGHT)
    return across + down if min(across, down) >= 0 else 0.0


def _overlap(distance: float, reach: float) -> float:
    return max(0.0, reach - abs(distance))
