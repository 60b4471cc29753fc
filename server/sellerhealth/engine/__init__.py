"""The engine: compiles metric queries to few statements, and reads their rows back as results."""
