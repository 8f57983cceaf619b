"""Speed, memory, and simulations behind docs/experiments.

`python -m benchmarks` runs `lig`, `transport` and `store`: speed and error against Captum, PuLP and HiGHS, as ratios of
interleaved runs. `coverage` (of intervals) and `spaces` (C of translations and random sentences) run by themselves.
"""
