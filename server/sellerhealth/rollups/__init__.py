"""Rollups: the running sums of measures by day, kept beside the facts, so that no query counts all facts again."""
