"""Runs on data sets: checkpoints x languages x rows, computed by workers, stored, and continued after any stop.

data (which rows) -> identity (which run) -> plan (which units) -> jobs (what a worker computes) -> store

A job is a pure function of its texts, the model and the settings: every text passes through the model alone, so its
scores have the same bits whatever else is computed, by which worker and in which order.
"""
