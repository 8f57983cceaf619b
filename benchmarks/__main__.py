"""Run all benchmarks; print a table, then one JSON line."""

import json

from rich.console import Console
from rich.table import Table

from benchmarks.lig import bench_lig, bench_memory
from benchmarks.store import bench_store
from benchmarks.transport import bench_transport

TARGETS = {
    "lig_speedup_vs_captum_equal_error": "at least 1.5",
    "lig_token_error_p95": "at most 0.01",
    "lig_three_aggregates_over_one": "at most 1.15",
    "classes_cost_ratio": "at most 2",
    "gemm_share": "at least 0.7",
    "peak_memory_gb_qa_512": "under 3",
    "transport_speedup_vs_pulp": "at least 100",
    "transport_speedup_vs_highs": "at least 10",
    "store_grid_seconds": "under 0.5",
    "store_page_seconds": "under 0.5",
    "store_peak_memory_gb": "under 1",
}


def main() -> None:
    """Print every measurement with its target, then all of them as JSON."""
    results = bench_transport() | bench_store() | bench_memory() | bench_lig()
    table = Table("measurement", "value", "target")
    for name, value in results.items():
        table.add_row(name, f"{value:.4g}", TARGETS.get(name, ""))
    Console().print(table)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
