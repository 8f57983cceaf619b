"""Models: the catalogue, the loader, and a loaded model with the one lock its inference runs under."""
