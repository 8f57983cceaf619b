"""Are the numbers meaningful? Four measurements behind the defaults; `python -m core validate` prints them.

`alignment`: flows against word alignments that people made. `faithfulness`: attributions against what the model does
without the tokens. `retrieval`: spaces against lexicons. `convergence`: `--steps auto` against 300 nodes.
"""

from core.validation.findings import Findings, to_json, to_text

__all__ = ["Findings", "to_json", "to_text"]
