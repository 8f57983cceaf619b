"""The hand-written encoder; only `core.attribution.paths` imports it."""
