"""The page "Source languages"."""
