"""The flow picture."""
