"""What pages about stored examples share: the choice of a run, facets, and the texts of the data set."""
