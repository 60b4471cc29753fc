"""Acme's plugins: three metrics, a classifier of feedback and two importers."""
