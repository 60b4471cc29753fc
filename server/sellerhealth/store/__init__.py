"""The store: database connections, migrations, and how imported rows are merged into facts."""
