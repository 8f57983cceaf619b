"""From attributions to C: mass, transport, references, pairs and several translations."""
