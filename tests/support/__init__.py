"""Helpers that several test folders share: worlds, random facts, a slow reference, and processes to run."""
