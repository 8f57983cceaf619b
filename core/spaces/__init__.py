"""The shared context-free spaces of section 2.2: a vector for each token or word, comparable across languages."""

from core.spaces.space import SharedSpace, open_space, space_parts

__all__ = ["SharedSpace", "open_space", "space_parts"]
