"""The page "Correlation"."""
