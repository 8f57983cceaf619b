"""Consistency of token attributions across languages: everything that computes."""
