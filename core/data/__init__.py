"""The data sets of the paper, read from the hub or from a folder laid out like it."""
