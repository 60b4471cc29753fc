"""`distribute`: distributes the tables over a cluster."""

from typing import Annotated

import typer

from sellerhealth.cli.output import print_note


def distribute(
    shards: Annotated[
        int | None,
        typer.Option("--shards", min=1, max=64_000, metavar="N", help="Divide the accounts into N shards. Default: `citus.shard_count`."),
    ] = None,
) -> None:
    """Distribute the tables over a cluster with Citus, by account."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.store.database import Database
    from sellerhealth.store.distribution import distribute as distribute_tables
    from sellerhealth.store.migrate import check

    database = Database(read_settings().database)
    try:
        if not database.is_sqlite:
            check(database)
        distributed = distribute_tables(database, shards)
    finally:
        database.close()
    print_note(f"Distributed by account: {', '.join(distributed)}." if distributed else "All tables are distributed already.")
