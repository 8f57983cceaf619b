"""Which analysis a picture shows."""

import hashlib

from core.results import PairAnalysis


def fingerprint(analysis: PairAnalysis) -> str:
    """A name made of what a pair was computed from: equal for an analysis that is built again."""
    content = hashlib.sha256(repr((analysis.model, analysis.settings, analysis.end)).encode("utf-8", "surrogatepass"))
    for side in (analysis.source, analysis.target):
        content.update(repr((side.language, side.text.fields)).encode("utf-8", "surrogatepass"))
        content.update(side.attribution.scores.tobytes())
    return content.hexdigest()[:16]
