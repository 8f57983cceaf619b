"""Token chips."""
