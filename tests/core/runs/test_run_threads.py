"""On how many threads a worker computes: as many as its run names, in every library."""

from dataclasses import dataclass

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from core.models.catalogue import find_model
from core.models.identity import revision_of
from core.runs.jobs import Checkpoint, perform
from core.store import WorkUnit


@dataclass(frozen=True)
class BlasThreads:
    """A job that says on how many threads NumPy multiplies matrices while it is done."""

    checkpoint: Checkpoint
    unit: WorkUnit | None = None

    def compute(self, model):
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_job_multiplies_matrices_on_the_threads_of_its_run(tiny_folder, threads):
    """On another number the last bit of a similarity is another one: the hash then depends on the computer's cores."""
    name = str(tiny_folder("bert", "nli"))
    checkpoint = Checkpoint(name, "cpu", "fp32", threads, revision_of(find_model(name)))
    with threadpool_limits(3 - threads, user_api="blas"):
        found = perform(BlasThreads(checkpoint)).records
    assert found
    assert set(found) == {threads}
