"""Measurements of the defaults against independent references; `python -m core validate` prints them.

`alignment`, `layers`, `gold`: flows and links against manual word alignments. `faithfulness`: attributions against the
model's output without the tokens. `retrieval`: spaces against lexicons. `convergence`: `--steps auto` against 300
nodes.
"""

from core.validation.findings import Findings, to_json, to_text

__all__ = ["Findings", "to_json", "to_text"]
