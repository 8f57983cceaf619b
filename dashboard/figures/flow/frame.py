"""Where the columns of the flow picture are, and how wide its words are drawn; in px."""

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from dashboard.figures.pieces import graphemes, shorten

ROOMY, WIDE, NARROW = 640, 460, 356
BAR = 6
LABEL_GAP = 6
# Of the mass at the outer edge.
MASS_ROOM = 28
# A column of words is at most this share of the picture; a longer word is drawn narrower, by up to `SQUEEZE`.
MOST_OUTER, SQUEEZE = 0.39, 1.7


@dataclass(frozen=True)
class FittedLabel:
    """A label as it is drawn: its text, its width, and whether that is less than the text's own."""

    text: str
    width: float
    squeezed: bool


@dataclass(frozen=True)
class FlowFrame:
    """The width of the picture, and that of each column of words outside the bars."""

    width: int
    outer: int

    @property
    def left(self) -> int:
        """The left edge of the source's bars."""
        return self.outer

    @property
    def right(self) -> int:
        """The left edge of the target's bars."""
        return self.width - self.outer - BAR

    @property
    def edges(self) -> tuple[int, int, int]:
        """Where ribbons begin and end, and their middle."""
        return self.left + BAR + 1, self.right - 1, self.width // 2

    def fitted(self, label: str) -> FittedLabel:
        """The label between the bar and the mass: whole, or narrower; cut only where that is not enough."""
        room = self.outer - LABEL_GAP - MASS_ROOM
        own = text_width(label)
        if own <= room:
            return FittedLabel(label, own, squeezed=False)
        letters = len(graphemes(label))
        while text_width(shorten(label, letters)) > room * SQUEEZE and letters > 2:
            letters -= 1
        return FittedLabel(shorten(label, letters), room, squeezed=True)


def flow_frame(width: int, labels: Sequence[str]) -> FlowFrame:
    """Return columns that are as wide as the longest label, from a usual width up to `MOST_OUTER` of the picture."""
    usual = 160 if width >= ROOMY else 124 if width >= 400 else 104
    longest = max(map(text_width, labels), default=0.0) + LABEL_GAP + MASS_ROOM
    return FlowFrame(width, round(min(max(usual, longest), MOST_OUTER * width)))


def text_width(text: str) -> float:
    """A rough width in px at 13 px: East Asian letters are square, capitals wide, some letters thin."""
    return sum(_letter_width(part[0]) for part in graphemes(text))


def _letter_width(letter: str) -> float:
    if east_asian_width(letter) in "WF":
        return 13.0
    if letter.isupper() or letter in "mw<>+…":
        return 9.0
    return 4.2 if letter in "iljtfr.,:;'!|()[]" else 7.3
