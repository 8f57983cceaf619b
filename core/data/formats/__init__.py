"""Readers of parallel texts, a module for each layout; `source.read_source` recognises which one a file has."""
