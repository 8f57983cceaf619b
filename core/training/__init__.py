"""Fine-tuning by the paper's recipe, or by a compact one whose checkpoints are small enough to ship."""
