"""Describes metrics for people: datasheets, readable SQL, and explanations of values."""
