"""What turns results into a page: pure figures, the picture component, caches and state."""
