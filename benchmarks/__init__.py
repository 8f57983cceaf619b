"""`python -m benchmarks`: speed and error against Captum, PuLP and HiGHS, as ratios of interleaved runs."""
