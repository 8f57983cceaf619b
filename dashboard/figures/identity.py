"""Which analysis a picture shows."""

import hashlib

from core.results import PairAnalysis, Side


def fingerprint(analysis: PairAnalysis) -> str:
    """A name made of what a pair was computed from: equal for an analysis that is built again."""
    content = hashlib.sha256(repr((analysis.model, analysis.settings, analysis.end)).encode("utf-8", "surrogatepass"))
    for side in (analysis.source, analysis.target):
        content.update(repr((side.language, side.text.fields)).encode("utf-8", "surrogatepass"))
        content.update(side.attribution.scores.tobytes())
    return content.hexdigest()[:16]


def text_fingerprint(side: Side) -> str:
    """A name made of a text and its language."""
    content = repr((side.language, side.text.fields)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:16]
