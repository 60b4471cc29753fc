"""`backup` and `restore`: copies of an SQLite store."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.errors import fixes
from sellerhealth.cli.output import print_note

if TYPE_CHECKING:
    from sellerhealth.store.database import Database


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Write a verified copy of the database to a file, while it is in use."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.store.backup import back_up
    from sellerhealth.store.database import Database

    database = Database(read_settings().database)
    try:
        _refuse_server(database, f"pg_dump --format=custom --file={file} --dbname=URL")
        with fixes(replace="To replace it, add --force."):
            size = back_up(database, file, replace=force)
    finally:
        database.close()
    print_note(f"Wrote {file}: {size:,} bytes, without a fault.")


def restore(file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `sellerhealth backup` has written.")]) -> None:
    """Put a copy of a backup in the place of the database, and keep what it replaces."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.database_url import redacted
    from sellerhealth.store.backup import restore as restore_backup
    from sellerhealth.store.database import Database

    database = Database(read_settings().database)
    try:
        _refuse_server(database, f"pg_restore --single-transaction --dbname=URL {file}")
        kept = restore_backup(database, file)
    finally:
        database.close()
    print_note(f"Restored {redacted(database.url)} from {file}." + (f" What it replaces is kept in {kept}." if kept else ""))


def _refuse_server(database: "Database", instead: str) -> None:
    from sellerhealth.database_url import redacted
    from sellerhealth.errors import BadInput

    if not database.is_sqlite:
        raise BadInput(
            f"The database {redacted(database.url)} is on a PostgreSQL server, which has tools of its own. Use `{instead}`: "
            "see `sellerhealth docs operations#of-a-postgresql-database`."
        )
