"""Performance against consistency."""
