"""From attribution scores to importance mass: w̄ >= 0 with sum 1 (section 2.2 of the paper)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import DegenerateMassError, OptionError, TransportError
from core.settings import MASS_RULES


def mass_from_scores(scores: ArrayLike, rule: str = "abs", *, name: str = "the text") -> NDArray[np.float64]:
    """Turn signed token scores into a probability mass over the same tokens.

    ``abs`` gives ``|w_i| / sum |w|``: a token that lowers the prediction counts as much as one that raises it.
    ``positive`` gives ``max(w_i, 0) / sum max(w, 0)``: a token that lowers the prediction has no mass.
    ``signed`` gives the masses of ``abs``; the transport then moves mass between tokens of equal sign only.

    Parameters
    ----------
    scores : (n,) array-like
        Signed attribution scores w, in units of the explained quantity.
    rule : {"abs", "positive", "signed"}
        How the sign of a score counts.
    name : str
        What error messages call the text, such as "the Spanish text".

    Returns
    -------
    (n,) float64
        Mass, non-negative, sums to 1, parallel to ``scores``. A score of exactly 0 has mass 0.

    Raises
    ------
    OptionError
        ``rule`` is not one of `MASS_RULES`.
    DegenerateMassError
        There is nothing to normalise: no scores, all zero, or none positive under ``positive``.
    TransportError
        A score is NaN or infinite, or the scores are not one list of numbers.

    Notes
    -----
    The paper normalises the scores without naming a rule for their sign; `DECISIONS.md` gives the reasons for ours.

    Examples
    --------
    >>> mass_from_scores([3.0, -1.0, 0.0])
    array([0.75, 0.25, 0.  ])
    >>> mass_from_scores([3.0, -1.0, 0.0], "positive")
    array([1., 0., 0.])
    """
    if rule not in MASS_RULES:
        raise OptionError(f"Unknown mass rule '{rule}'. Choose one of: {', '.join(MASS_RULES)}.")
    weights = _finite(scores, name)
    weights = np.maximum(weights, 0.0) if rule == "positive" else np.abs(weights)
    largest = weights.max(initial=0.0)
    if largest == 0.0:
        raise DegenerateMassError(_no_mass(scores, name))
    # Dividing by the largest first keeps the sum finite for scores of any magnitude.
    weights = weights / largest
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _finite(scores: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return the scores as (n,) float64, or raise `TransportError` naming the first that is not a number."""
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1:
        raise TransportError(f"Scores of {name} have shape {values.shape}; give one score per token.")
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise TransportError(f"The score of token {bad[0]} of {name} is {values[bad[0]]}. Use fp32 precision.")
    return values


def _no_mass(scores: ArrayLike, name: str) -> str:
    """Say in one line why the scores give no mass, and what to change."""
    if np.size(scores) == 0:
        return f"There is no token in {name}. Enter at least one word."
    if np.any(np.asarray(scores)):
        return f"No token of {name} has a positive score, so no importance to compare. Use the mass rule abs."
    return (
        f"Every token of {name} has score 0, so there is no importance to compare. "
        "Choose another class to explain or more steps."
    )
