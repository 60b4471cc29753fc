"""Executes operations: a document becomes a plan once, with generated functions that read its plain fields. See docs/executor.md."""
