"""The colour scales of both themes, and the rule for text on them.

Light and dark hold the same number of stops, low value first. Domains are fixed, so that a colour means the
same on every page; the functions below map a value to a position in [0, 1] on its scale.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, Theme] = ("light", "dark")
ATTRIBUTION_LIMIT = 0.25
CONSISTENCY_LIMIT = 0.8


@dataclass(frozen=True)
class Scale:
    """A colour scale; `prefix` names its CSS variables `--<prefix>0` and up."""

    prefix: str
    light: tuple[str, ...]
    dark: tuple[str, ...]

    def stops(self, theme: Theme) -> tuple[str, ...]:
        return self.light if theme == "light" else self.dark

    def __len__(self) -> int:
        return len(self.light)

    def at(self, position: float, theme: Theme) -> str:
        """Colour at a position in [0, 1], interpolated in OKLab between the stops."""
        return _between(self.stops(theme), min(max(position, 0.0), 1.0))

    def stop(self, position: float) -> int:
        """Index of the stop nearest to a position in [0, 1]."""
        last = len(self) - 1
        return min(max(math.floor(position * last + 0.5), 0), last)


def _scale(prefix: str, light: str, dark: str) -> Scale:
    return Scale(prefix, tuple(light.split()), tuple(dark.split()))


ATTRIBUTION = _scale(
    "a",
    "#733301 #A44C06 #E0834B #F0AC86 #FBD5C1 #F4F5F7 #C9E0FE #94C1FA #61A1F0 #2A69B4 #124784",
    "#F9A779 #D77E49 #9F5526 #7D4929 #553827 #262B2F #2D415A #365987 #3A6DAD #5E9AE7 #91C1FE",
)
MASS = _scale(
    "m",
    "#EFF8F6 #D2EDE6 #AFDED2 #88CCBC #62B5A3 #318A79 #1F6D5F #145146 #0F372F",
    "#202A28 #213D37 #215046 #236357 #277667 #44AB97 #60C4AF #8EDAC9 #C0EEE3",
)
CONSISTENCY = _scale(
    "c",
    "#FAF3F9 #F4DFF1 #EBC5E6 #DEA7D8 #CD87C7 #A656A0 #873F82 #662C62 #461C43",
    "#2C252B #442E42 #5D3759 #754071 #8D4B88 #C675BF #DC92D5 #EDB3E7 #F9D6F5",
)
PERFORMANCE = _scale(
    "p",
    "#F9F6EB #F1E6C5 #E8D196 #DBB767 #C79C3D #9C700E #7E5603 #603F02 #422903",
    "#2C2720 #43341F #58421C #6D521A #80631B #B49237 #CBAD4F #DDC97D #EEE4B5",
)
SCALES = (ATTRIBUTION, MASS, CONSISTENCY, PERFORMANCE)

NEUTRALS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "bg": ("#FFFFFF", "#14181D"),
        "surface": ("#F6F7F9", "#1C2127"),
        "raised": ("#FFFFFF", "#232930"),
        "border": ("#D8DDE4", "#353D47"),
        "strong": ("#8A94A3", "#7B8694"),
        "text": ("#16202E", "#E6EAF0"),
        "muted": ("#55606F", "#A3AEBB"),
        "bar": ("#4A5563", "#A3AEBB"),
        "accent": ("#1F4E8C", "#8FB8F0"),
        "accent-t": ("#FFFFFF", "#0B1220"),
        "good": ("#1B6B4A", "#6CC79B"),
        "warn": ("#8A4B00", "#F0B060"),
        "error": ("#A4262C", "#FF9A94"),
        "cut": ("#00000030", "#FFFFFF45"),
    }
)


@dataclass(frozen=True)
class LanguageGroup:
    """How marks of one language family look: a Vega shape and one colour per theme."""

    shape: str
    light: str
    dark: str

    def colour(self, theme: Theme) -> str:
        return self.light if theme == "light" else self.dark


LANGUAGE_GROUPS: Mapping[str, LanguageGroup] = MappingProxyType(
    {
        "Germanic": LanguageGroup("circle", "#2A3998", "#9086FC"),
        "Romance": LanguageGroup("square", "#E16D08", "#FF8A32"),
        "Slavic": LanguageGroup("diamond", "#8861D3", "#EBB7FB"),
        "East Asian": LanguageGroup("triangle-up", "#02A798", "#9CFFA0"),
        "other Indo-European": LanguageGroup("cross", "#432600", "#A15600"),
        "other families": LanguageGroup("triangle-down", "#7D4648", "#45699F"),
    }
)


def neutral(name: str, theme: Theme) -> str:
    """Hex value of a neutral, a state colour or the accent."""
    return NEUTRALS[name][THEMES.index(theme)]


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio of two opaque hex colours, 1 to 21."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def text_on(background: str) -> str:
    """Black or white, whichever contrasts more with `background`."""
    return max(("#000000", "#FFFFFF"), key=lambda text: contrast(text, background))


def attribution_position(share: float) -> float:
    """Position of a signed share of the side's total |score|; the ends are -25% and +25%."""
    return min(max(0.5 + share / (2 * ATTRIBUTION_LIMIT), 0.0), 1.0)


def attribution_stop(share: float) -> int:
    """Index (0 to 10) of the attribution stop of a signed share; exactly zero is the neutral 5."""
    return ATTRIBUTION.stop(attribution_position(share))


def flow_position(flow: float, largest: float) -> float:
    """Square root of a flow's part of the largest one."""
    return math.sqrt(min(max(flow / largest, 0.0), 1.0)) if largest > 0 else 0.0


def consistency_position(value: float) -> float:
    """C from 0 to 0.8; anything beyond takes the end stop."""
    return min(max(value / CONSISTENCY_LIMIT, 0.0), 1.0)


def performance_position(value: float, chance: float) -> float:
    """Accuracy or F1 between chance and 1."""
    return min(max((value - chance) / (1.0 - chance), 0.0), 1.0)


def difference_position(value: float, limit: float) -> float:
    """A signed difference on a domain symmetric around 0."""
    return min(max(0.5 + value / (2 * limit), 0.0), 1.0) if limit > 0 else 0.5


def css_variables(selector: str = ":root") -> str:
    """All colours as CSS variables: the light values, then `light-dark()` where the browser knows it."""
    names = [(name, light, dark) for name, (light, dark) in NEUTRALS.items()]
    for scale in SCALES:
        for index, (light, dark) in enumerate(zip(scale.light, scale.dark, strict=True)):
            names.append((f"{scale.prefix}{index}", light, dark))
            names.append((f"{scale.prefix}{index}t", text_on(light), text_on(dark)))
    plain = _rows((f"--{name}:{light};" for name, light, _ in names))
    both = _rows((f"--{name}:light-dark({light},{dark});" for name, light, dark in names))
    supports = "@supports (color:light-dark(#000,#fff))"
    return f"{selector}{{\n{plain}}}\n{supports}{{{selector}{{\n{both}}}}}\n"


def _rows(declarations: Iterable[str]) -> str:
    items = list(declarations)
    return "".join("".join(items[start : start + 6]) + "\n" for start in range(0, len(items), 6))


def _channels(colour: str) -> tuple[float, float, float]:
    """Linear sRGB in [0, 1] of `#RRGGBB`."""
    values = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = _channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=4096)
def _between(stops: tuple[str, ...], position: float) -> str:
    place = position * (len(stops) - 1)
    index = min(int(place), len(stops) - 2)
    part = place - index
    pairs = zip(_oklab(stops[index]), _oklab(stops[index + 1]), strict=True)
    lightness, green_red, blue_yellow = (a + (b - a) * part for a, b in pairs)
    return _hex(lightness, green_red, blue_yellow)


def _oklab(colour: str) -> tuple[float, float, float]:
    """OKLab coordinates (Ottosson 2020)."""
    r, g, b = _channels(colour)
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _hex(lightness: float, a: float, b: float) -> str:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _encoded(value)):02X}" for value in linear)


def _encoded(linear: float) -> float:
    value = min(max(linear, 0.0), 1.0)
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
