"""The store: engines and sessions, migrations, and how what sources tell becomes facts."""
