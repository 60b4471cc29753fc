"""The model: how tables are declared, and the records beside the facts."""
