"""Fine-tuning: the paper's recipe for any model, and a compact one whose result is small enough to ship."""
