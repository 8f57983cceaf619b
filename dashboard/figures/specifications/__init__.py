"""The specification curve: the lead of a training language under every combination of choices."""
