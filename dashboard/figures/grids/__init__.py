"""Grids of languages."""
