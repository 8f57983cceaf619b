"""From attributions to C: mass, transport, references, and the pairs they make."""
