"""Reused memory: fresh pages from the operating system cost more than most of the arithmetic done in them."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

ALIGNMENT = 16  # float32 values: 64 bytes, a cache line


class Memory:
    """Hands out uninitialised float32 tensors from one block that every pass reuses.

    The first pass allocates tensor by tensor; the next one begins with a block as large as the most that it used at a
    time. A tensor is valid until the next `begin`, or until the end of the `scratch` in which it was handed out.
    """

    def __init__(self) -> None:
        self._block = torch.empty(0)
        self._used = self._highest = self._needed = 0

    def begin(self) -> None:
        """Start a pass: everything handed out before is free, also after a pass that failed."""
        if self._needed > len(self._block):
            self._block = torch.empty(0)  # free the smaller block before allocating the larger one
            self._block = torch.empty(self._needed)
        self._used = self._highest = 0

    def finish(self) -> None:
        """Record the peak of a pass that succeeded: the next one allocates that much at once.

        A pass that ran out of memory never gets here, so its size is not asked for again.
        """
        self._needed = max(self._needed, self._highest)

    def empty(self, *shape: int) -> Tensor:
        """Return a contiguous, uninitialised tensor of `shape`."""
        size = math.prod(shape)
        begin, self._used = self._used, self._used + -(-size // ALIGNMENT) * ALIGNMENT
        self._highest = max(self._highest, self._used)
        if self._used > len(self._block):
            return torch.empty(shape)
        return self._block[begin : begin + size].view(shape)

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """Reuse, after this context, the memory of every tensor that `empty` hands out within it."""
        begin = self._used
        try:
            yield
        finally:
            self._used = begin
