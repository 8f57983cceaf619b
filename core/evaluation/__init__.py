"""What a checkpoint predicts on a data set, and how often it is right."""
