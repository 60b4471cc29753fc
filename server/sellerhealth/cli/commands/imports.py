"""Commands that list the imports, and dismiss the rows that one has skipped."""

from typing import Annotated

import typer

from sellerhealth.cli.options import AccountKey
from sellerhealth.cli.output import SHORT_ID, print_note, print_table


def list_imports(
    context: typer.Context,
    account: Annotated[str | None, typer.Option("--account", metavar="KEY", help="Only the imports of this account.")] = None,
) -> None:
    """List the imports, newest first, or dismiss the rows that one has skipped."""
    if context.invoked_subcommand is not None:
        return
    import sqlalchemy as sa

    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database, owner_session
    from sellerhealth.model.records import Account, ImportBatch, ImportState

    stored = ImportBatch.rows_new + ImportBatch.rows_changed + ImportBatch.rows_unchanged
    skipped = ImportBatch.rows_read - stored - ImportBatch.rows_rejected
    columns = (
        ImportBatch.started_at,
        Account.key,
        ImportBatch.file,
        ImportBatch.format,
        ImportBatch.state,
        ImportBatch.rows_read,
        ImportBatch.rows_new,
        ImportBatch.rows_changed,
        ImportBatch.rows_unchanged,
        sa.case((ImportBatch.state == ImportState.DONE, skipped), else_=0),  # a failed import stored nothing, so nothing was skipped
        ImportBatch.rows_rejected,
        sa.func.substr(ImportBatch.batch_id, 1, SHORT_ID),
    )
    with open_database(read_settings()) as database:
        only = [] if account is None else [Account.account_id == find_account_id(database, account)]
        with owner_session(database) as session:
            statement = session.visible_accounts(*columns).join(ImportBatch, ImportBatch.account_id == Account.account_id).where(*only)
            rows = session.execute(statement.order_by(ImportBatch.started_at.desc(), ImportBatch.batch_id)).all()
    print_table(
        ("started", "account", "file", "format", "state", "read", "new", "changed", "unchanged", "skipped", "rejected", "id"),
        [(f"{started:%Y-%m-%d %H:%M}", *rest) for started, *rest in rows],
    )


def dismiss(
    batch: Annotated[str, typer.Argument(metavar="ID", help="The id of the import, as `sellerhealth imports` prints it.")],
    account: AccountKey,
) -> None:
    """Dismiss the bad rows that an import has skipped: they no longer count as possible misses."""
    import sqlalchemy as sa

    from sellerhealth.access import OWNER
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database
    from sellerhealth.errors import NotFound
    from sellerhealth.model.records import ImportBatch
    from sellerhealth.store.rejected_rows import dismiss as dismiss_rows
    from sellerhealth.store.writing import writing_into

    with open_database(read_settings()) as database:
        account_id = find_account_id(database, account)
        with writing_into(database, OWNER, account_id) as connection:
            same = (ImportBatch.account_id == account_id, ImportBatch.batch_id.startswith(batch, autoescape=True))
            ids = connection.scalars(sa.select(ImportBatch.batch_id).where(*same)).all()
            if len(ids) != 1:
                raise NotFound(f"There {'is no import' if not ids else 'are several imports'} of {account} whose id begins with {batch!r}.")
            count = dismiss_rows(connection, account_id, ids[0])
    print_note(f"Dismissed {count:,} rejected row{'' if count == 1 else 's'}.")
