"""Memory that is used again: fresh pages from the system cost more than most of the arithmetic done in them."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

ALIGNMENT = 16  # float32 values: 64 bytes, a cache line


class Memory:
    """Hands out uninitialised float32 tensors, pass after pass, out of one block.

    The first pass takes what it needs from the system; the next begins with a block as large as that was. What is
    handed out inside `scratch` is handed out again after it.
    """

    def __init__(self) -> None:
        self._block = torch.empty(0)
        self._used = self._highest = self._needed = 0

    def begin(self) -> None:
        """Start a pass: everything handed out before is free. A pass that failed leaves no trace."""
        if self._needed > len(self._block):
            self._block = torch.empty(0)  # the smaller one goes before the larger one comes
            self._block = torch.empty(self._needed)
        self._used = self._highest = 0

    def finish(self) -> None:
        """Say that the pass went well, so that the next may rely on as much memory."""
        self._needed = max(self._needed, self._highest)

    def empty(self, *shape: int) -> Tensor:
        """Return a contiguous tensor of `shape` whose values are whatever was there."""
        size = math.prod(shape)
        begin, self._used = self._used, self._used + -(-size // ALIGNMENT) * ALIGNMENT
        self._highest = max(self._highest, self._used)
        if self._used > len(self._block):
            return torch.empty(shape)
        return self._block[begin : begin + size].view(shape)

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """Within it, `empty` gives tensors that are gone after it."""
        begin = self._used
        try:
            yield
        finally:
            self._used = begin
