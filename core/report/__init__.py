"""What is read from a store: examples, coverage, summaries, grids, and the tables of the paper."""
