"""Exact transport against the paper's solver (PuLP with CBC) and against HiGHS."""

from statistics import median
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pulp
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, eye_array, kron, vstack

from core.consistency.transport import solve
from core.spaces.similarity import cosine_similarity

SIZES = ((20, 24), (60, 64))
PROBLEMS_PER_SIZE = 15
SOLVE_REPEATS = 20
HIGHS_REPEATS = 3
# At its default tolerances of 1e-7 HiGHS misses C by up to 1e-8.
HIGHS_OPTIONS = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
DIMENSIONS = 48


class Problem(NamedTuple):
    """Masses (n,) and (m,), and cosines (n, m), some of them negative."""

    source_mass: NDArray[np.float64]
    target_mass: NDArray[np.float64]
    similarity: NDArray[np.float64]


def bench_transport() -> dict[str, float]:
    """Time C of Eq. 2 by `core.consistency.transport.solve`, PuLP and HiGHS on the same random problems, in turn.

    The timing of `solve` includes validation and the check against the dual solution. That of PuLP includes building
    the model, as every caller has to. HiGHS gets a prebuilt sparse constraint matrix, outside the timing. Short calls
    are repeated so that every timing lasts milliseconds: `solve` 20 times, HiGHS 3 times.

    Returns
    -------
    dict
        ``transport_speedup_vs_pulp`` and ``transport_speedup_vs_highs``: median ratio of times over the problems of a
        size, of the two sizes the smaller ratio. The same for each size, with the size as suffix.
        ``transport_milliseconds_`` and size: median time of `solve`, for context.
        ``transport_max_difference``: largest difference in C from HiGHS; ``_vs_pulp``: from PuLP, which passes its
        numbers to CBC as decimals in a text file.
    """
    rng = np.random.default_rng(0)
    result: dict[str, float] = {}
    from_pulp, from_highs = [], []
    for n, m in SIZES:
        constraints = eq2_constraints(n, m)
        ours, vs_pulp, vs_highs = [], [], []
        for _ in range(PROBLEMS_PER_SIZE):
            problem = random_problem(rng, n, m)
            seconds, value = _time_solve(problem)
            pulp_seconds, pulp_value = _time_pulp(problem)
            highs_seconds, highs_value = _time_highs(problem, constraints)
            ours.append(seconds)
            vs_pulp.append(pulp_seconds / seconds)
            vs_highs.append(highs_seconds / seconds)
            from_pulp.append(abs(value - pulp_value))
            from_highs.append(abs(value - highs_value))
        result[f"transport_speedup_vs_pulp_{n}x{m}"] = median(vs_pulp)
        result[f"transport_speedup_vs_highs_{n}x{m}"] = median(vs_highs)
        result[f"transport_milliseconds_{n}x{m}"] = 1e3 * median(ours)
    for peer in ("pulp", "highs"):
        key = f"transport_speedup_vs_{peer}"
        result[key] = min(result[f"{key}_{n}x{m}"] for n, m in SIZES)
    result["transport_max_difference"] = max(from_highs)
    result["transport_max_difference_vs_pulp"] = max(from_pulp)
    return result


def random_problem(rng: np.random.Generator, n: int, m: int) -> Problem:
    """Draw a problem like a translation's: uneven masses, one noisy counterpart per token, other cosines near 0."""
    source = rng.normal(size=(n, DIMENSIONS))
    target = rng.normal(size=(m, DIMENSIONS))
    shared = min(n, m)
    target[:shared] += source[:shared]
    return Problem(rng.dirichlet(np.full(n, 0.7)), rng.dirichlet(np.full(m, 0.7)), cosine_similarity(source, target))


def eq2_constraints(n: int, m: int) -> csr_matrix:
    """Row and column sums of an (n, m) flow in C order, as the (n + m, n * m) matrix of Eq. 2."""
    rows = kron(eye_array(n), np.ones((1, m)))
    columns = kron(np.ones((1, n)), eye_array(m))
    return csr_matrix(vstack([rows, columns]))


def _time_solve(problem: Problem) -> tuple[float, float]:
    """Seconds and C of our solver."""
    start = perf_counter()
    for _ in range(SOLVE_REPEATS):
        value = solve(*problem).consistency
    return (perf_counter() - start) / SOLVE_REPEATS, value


def _time_highs(problem: Problem, constraints: csr_matrix) -> tuple[float, float]:
    """Seconds and C of HiGHS on Eq. 2 as written."""
    start = perf_counter()
    for _ in range(HIGHS_REPEATS):
        bounds = np.concatenate([problem.source_mass, problem.target_mass])
        solution = linprog(
            -problem.similarity.ravel(), A_ub=constraints, b_ub=bounds, method="highs", options=HIGHS_OPTIONS
        )
    return (perf_counter() - start) / HIGHS_REPEATS, float(-solution.fun)


def _time_pulp(problem: Problem) -> tuple[float, float]:
    """Seconds and C of PuLP with its bundled CBC on Eq. 2 as written."""
    start = perf_counter()
    n, m = problem.similarity.shape
    similarity = problem.similarity.tolist()
    flow = [[pulp.LpVariable(f"f_{i}_{j}", lowBound=0) for j in range(m)] for i in range(n)]
    model = pulp.LpProblem("consistency", pulp.LpMaximize)
    model += pulp.lpSum(similarity[i][j] * flow[i][j] for i in range(n) for j in range(m))
    for i, mass in enumerate(problem.source_mass.tolist()):
        model += pulp.lpSum(flow[i]) <= mass
    for j, mass in enumerate(problem.target_mass.tolist()):
        model += pulp.lpSum(row[j] for row in flow) <= mass
    model.solve(pulp.PULP_CBC_CMD(msg=False))
    return perf_counter() - start, float(pulp.value(model.objective))
