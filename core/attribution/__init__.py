"""Layer Integrated Gradients (Eq. 1): the path integral, its error-controlled quadrature, methods to compare with."""
