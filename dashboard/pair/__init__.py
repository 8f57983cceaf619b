"""The page "Translation pair"."""
