"""Shared context-free spaces (section 2.2 of the paper): a vector per token or word that compares across languages."""

from core.spaces.space import SharedSpace, open_space, space_parts

__all__ = ["SharedSpace", "open_space", "space_parts"]
