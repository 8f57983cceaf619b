"""A hand-written forward and backward pass of BERT encoders on a CPU; only `core.attribution.paths` imports it."""
