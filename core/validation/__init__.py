"""Four measurements of the defaults against independent references; `python -m core validate` prints them.

`alignment`: flows against manual word alignments. `faithfulness`: attributions against the model's output without the
tokens. `retrieval`: spaces against lexicons. `convergence`: `--steps auto` against 300 nodes.
"""

from core.validation.findings import Findings, to_json, to_text

__all__ = ["Findings", "to_json", "to_text"]
