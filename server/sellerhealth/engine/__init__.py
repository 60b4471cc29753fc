"""The engine: compiles metric queries to one statement, and reads its rows back as results."""
