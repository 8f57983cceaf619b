"""Data-set runs: checkpoints x languages x rows, computed by workers, kept in the store, continued after any stop.

data (which rows) -> identity (which run) -> plan (which units) -> jobs (what a worker computes) -> store

A job is a pure function of its texts, the model and the settings: every text goes through the model by itself, so
its scores are the same bits whatever else is computed, where, and in which order.
"""
