"""Finding, loading and keeping what plugins bring."""
