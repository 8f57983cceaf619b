"""Where the label of each point of a scatter goes, so that labels cover neither each other nor a point."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Distances from the point, px; all but the first need a hairline.
RINGS = (13.0, 30.0, 48.0)
HALF_HEIGHT, LETTER = 7.0, 3.8
POINT = 6.0
# Right first, as one reads; then the other sides.
_ANGLES = (0.0, 180.0, -90.0, 90.0, -45.0, 45.0, -135.0, 135.0, -22.5, 22.5, 157.5, -157.5)


@dataclass(frozen=True)
class Place:
    """Centre of a label, px from the left and from the top, and which of `RINGS` it lies on."""

    x: float
    y: float
    ring: int

    @property
    def far(self) -> bool:
        """Whether the label needs a hairline to its point."""
        return self.ring > 0


def place_labels(
    points: Sequence[tuple[float, float]], labels: Sequence[str], size: tuple[float, float]
) -> list[Place]:
    """Give every label the best of 36 places around its point: the first that is free, and near rather than far.

    No label covers another one or leaves the picture where any of its places avoids that.

    Parameters
    ----------
    points : px from the left and from the top.
    size : width and height of the picture, px; a label stays inside.
    """
    placed: list[tuple[Place, float]] = []
    for at, (point, label) in enumerate(zip(points, labels, strict=True)):
        half = LETTER * len(label)
        others = [other for index, other in enumerate(points) if index != at]
        best = min(_candidates(point, half), key=lambda place: _cost(place, half, others, placed, size))
        placed.append((best, half))
    return [place for place, _ in placed]


def _candidates(point: tuple[float, float], half: float) -> list[Place]:
    found = []
    for ring, distance in enumerate(RINGS):
        for angle in _ANGLES:
            across, down = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            x = point[0] + across * (distance + half - LETTER)
            found.append(Place(x, point[1] + down * distance, ring))
    return found


def _cost(
    place: Place,
    half: float,
    points: Sequence[tuple[float, float]],
    placed: Sequence[tuple[Place, float]],
    size: tuple[float, float],
) -> tuple[float, float]:
    """First what must not be: another label covered, the picture left. Then points covered, and distance."""
    conflict = _covered_labels(place, half, placed) + _outside(place, half, size)
    return conflict, _covered_points(place, half, points) + 20 * place.ring


def _covered_labels(place: Place, half: float, placed: Sequence[tuple[Place, float]]) -> float:
    return sum(
        _overlap(place.x - other.x, half + width) * _overlap(place.y - other.y, 2 * HALF_HEIGHT)
        for other, width in placed
    )


def _covered_points(place: Place, half: float, points: Sequence[tuple[float, float]]) -> float:
    return sum(_overlap(place.x - x, half + POINT) * _overlap(place.y - y, HALF_HEIGHT + POINT) for x, y in points)


def _outside(place: Place, half: float, size: tuple[float, float]) -> float:
    across = max(0.0, half - place.x, place.x + half - size[0])
    return across + max(0.0, HALF_HEIGHT - place.y, place.y + HALF_HEIGHT - size[1])


def _overlap(distance: float, reach: float) -> float:
    return max(0.0, reach - abs(distance))
