"""A checkpoint's predictions on a data set, and their accuracy, F1 and exact match."""
