"""Where the label of each point of a scatter goes, so that labels cover neither each other nor a point."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

NEAR, FAR = 13.0, 30.0
HALF_HEIGHT, LETTER = 7.0, 3.8
POINT = 6.0
# Right first, as one reads; then the other sides.
_ANGLES = (0.0, 180.0, -90.0, 90.0, -45.0, 45.0, -135.0, 135.0, -22.5, 22.5, 157.5, -157.5)


@dataclass(frozen=True)
class Place:
    """Centre of a label, px from the left and from the top; `far` labels need a hairline to their point."""

    x: float
    y: float
    far: bool


def place_labels(
    points: Sequence[tuple[float, float]], labels: Sequence[str], size: tuple[float, float]
) -> list[Place]:
    """Give every label the first of 24 places around its point that is free, else the one with least overlap.

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
    for distance, far in ((NEAR, False), (FAR, True)):
        for angle in _ANGLES:
            across, down = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            x = point[0] + across * (distance + half - LETTER)
            found.append(Place(x, point[1] + down * distance, far))
    return found


def _cost(
    place: Place,
    half: float,
    points: Sequence[tuple[float, float]],
    placed: Sequence[tuple[Place, float]],
    size: tuple[float, float],
) -> float:
    """Overlaps weigh most, then leaving the picture, then distance."""
    overlaps = sum(
        _overlap(place.x - other.x, half + width) * _overlap(place.y - other.y, 2 * HALF_HEIGHT)
        for other, width in placed
    )
    overlaps += sum(_overlap(place.x - x, half + POINT) * _overlap(place.y - y, HALF_HEIGHT + POINT) for x, y in points)
    outside = max(0.0, half - place.x, place.x + half - size[0]) + max(
        0.0, HALF_HEIGHT - place.y, place.y + HALF_HEIGHT - size[1]
    )
    return overlaps + 10 * outside + (20.0 if place.far else 0.0)


def _overlap(distance: float, reach: float) -> float:
    return max(0.0, reach - abs(distance))
