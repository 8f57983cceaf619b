"""Parallel data sets: the paper's, from the hub or a folder with the same layout, and the user's own files."""
