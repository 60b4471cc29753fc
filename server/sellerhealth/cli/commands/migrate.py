"""`migrate`: migrates the database."""

from sellerhealth.cli.output import print_note


def migrate() -> None:
    """Migrate the database to this version."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import migrate_database, note_exposed_files
    from sellerhealth.database_url import redacted
    from sellerhealth.store.database import Database

    database = Database(read_settings().database)
    try:
        migrate_database(database)
        note_exposed_files(database)
    finally:
        database.close()
    print_note(f"The database {redacted(database.url)} is up to date.")
