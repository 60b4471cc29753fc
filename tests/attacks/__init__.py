"""Attacks and accidents against real processes: `make test-attacks` runs many, `make test` a few."""
