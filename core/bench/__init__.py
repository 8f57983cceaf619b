"""`python -m core.bench`: speed and error against Captum, PuLP and HiGHS, as ratios of interleaved runs."""
