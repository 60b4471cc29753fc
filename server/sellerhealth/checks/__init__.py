"""Checks on what a plugin declares: conditions that are valid SQL but wrong or not portable, and lint of its source."""
