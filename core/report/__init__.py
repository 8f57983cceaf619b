"""What is read back: stored examples, summaries, grids, and the tables of the paper."""
