"""The engine: from what is asked of metrics to one statement, and back to results."""
