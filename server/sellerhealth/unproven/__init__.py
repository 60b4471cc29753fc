"""Unproven rows in SQL: which rows unknown cells make unproven, and what those may count in."""
