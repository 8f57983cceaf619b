"""A setting that does not exist, declared as a new one would be."""

from dataclasses import dataclass

from core.setting import ATTRIBUTION, setting
from core.settings import Settings


@dataclass(frozen=True)
class SettingsWithOrigin(Settings):
    """The settings and one more."""

    origin: str = setting(
        "pad",
        title="Origin",
        help="Where the path of integrated gradients begins.",
        anchor="steps",
        group=ATTRIBUTION,
        values=("pad", "mask", "zero"),
        place="main",
        labels={"pad": "pad tokens", "mask": "mask tokens"},
    )
