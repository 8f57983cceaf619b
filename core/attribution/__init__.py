"""Layer Integrated Gradients (Eq. 1): the path integral, its certified quadrature, and other methods to compare."""
