"""Measurements behind `make bench`: one module a subject, each returning a flat dict of numbers."""
