"""The model catalogue, the loader, and the loaded model, whose inference runs under one lock."""
