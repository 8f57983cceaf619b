"""The transport matrix."""
