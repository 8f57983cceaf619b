"""The page "Words"."""
