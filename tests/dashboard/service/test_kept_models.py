"""Models in memory: loaded once, let go by bytes, shared memory counted once."""

import threading
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from core.errors import ModelError
from dashboard.service.models import KeptModels, bytes_of

MEGABYTE = 1_000_000


@dataclass
class Model:
    """A stand-in with weights of so many megabytes, and perhaps a table that others share."""

    module: nn.Module


def model(megabytes, table=None):
    module = nn.Module()
    module.own = nn.Parameter(torch.zeros(megabytes * MEGABYTE // 4))
    if table is not None:
        module.table = nn.Parameter(table.detach())
    return Model(module)


def test_shared_memory_counts_once():
    table = torch.zeros(5 * MEGABYTE // 4)
    assert bytes_of([model(1)]) == MEGABYTE
    assert bytes_of([model(1, table), model(2, table)]) == 8 * MEGABYTE
    assert bytes_of([]) == 0


def test_a_model_is_loaded_once():
    kept, loads = KeptModels(1.0), []
    first = kept.get("a", "fp32", lambda: loads.append(1) or model(1))
    assert kept.get("a", "fp32", lambda: loads.append(1) or model(1)) is first
    assert kept.get("a", "bf16", lambda: loads.append(1) or model(1)) is not first
    assert len(loads) == 2


def test_those_unused_for_longest_are_let_go():
    kept = KeptModels(0.010)
    for name in "abc":
        kept.get(name, "fp32", lambda: model(3))
    kept.get("a", "fp32", lambda: pytest.fail("it is kept"))
    kept.get("d", "fp32", lambda: model(3))
    assert kept.names == ("c", "a", "d")


def test_the_one_in_use_stays_however_large():
    kept = KeptModels(0.001)
    kept.get("small", "fp32", lambda: model(1))
    large = kept.get("large", "fp32", lambda: model(5))
    assert kept.names == ("large",)
    assert kept.get("large", "fp32", lambda: pytest.fail("it is kept")) is large


def test_a_model_that_cannot_be_loaded_is_asked_for_again():
    kept = KeptModels(1.0)

    def failing():
        raise ModelError("no")

    with pytest.raises(ModelError):
        kept.get("a", "fp32", failing)
    assert kept.get("a", "fp32", lambda: model(1)) is not None


def test_two_visitors_load_a_model_together_once():
    kept, loads, found = KeptModels(1.0), [], []
    both = threading.Barrier(8)

    def load():
        loads.append(1)
        threading.Event().wait(0.05)
        return model(1)

    def visit():
        both.wait(10)
        found.append(kept.get("a", "fp32", load))

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(loads) == 1
    assert len(found) == 8 and len({id(each) for each in found}) == 1
