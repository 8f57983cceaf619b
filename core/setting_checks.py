"""What values of settings are in range, and the line that says so of others."""

from core.errors import OptionError

MAX_STEPS = 1000
# NumPy's older generators, which a training seeds too, take 32 bits.
LARGEST_SEED = 2**32 - 1


def parse_steps(text: str) -> int | str:
    """Return "auto" or the number in `text`. Raises OptionError for anything else."""
    if text == "auto":
        return text
    try:
        return int(text)
    except ValueError:
        raise OptionError(f"steps {text!r} is not a number: use auto or a number from 1 to {MAX_STEPS}.") from None


def check_steps(steps: int | str) -> None:
    if steps == "auto":
        return
    if not isinstance(steps, int) or not 1 <= steps <= MAX_STEPS:
        raise OptionError(f"steps {steps!r} is out of range: use auto or a number from 1 to {MAX_STEPS}.")


def check_tolerance(tolerance: float) -> None:
    if not 1e-6 <= tolerance <= 0.5:
        raise OptionError(f"tolerance {tolerance} is out of range: use a share between 0.000001 and 0.5.")


def check_permutations(permutations: int | None) -> None:
    if permutations is not None and not 2 <= permutations <= 100_000:
        raise OptionError(f"permutations {permutations} is out of range: use 2 to 100,000.")


def check_seed(seed: int) -> None:
    if not 0 <= seed <= LARGEST_SEED:
        raise OptionError(f"seed {seed} is out of range: use 0 to {LARGEST_SEED:,}.")


def check_layer(layer: int | None) -> None:
    if layer is not None and layer < 1:
        raise OptionError(f"layer {layer} is out of range: the first layer is 1.")
