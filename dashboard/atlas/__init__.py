"""The first screen: four doors, each with a small live picture."""
