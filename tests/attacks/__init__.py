"""Attacks and accidents against real processes: `make test-attacks` runs many, on the data of the demo, `make test` a few."""
