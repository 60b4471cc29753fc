"""Compares our server with PostGraphile 5 on a daily rollup, in the same PostgreSQL server: CPU of a request, with that of the database.

    make benchmark-peers

Both answer the numerators and denominators of seven metrics over two windows, of one account, of 100, and of 2,000. PostGraphile reads a view
that sums the days of a daily rollup. All answers are compared before anything is measured. Ours are computed anew each time, without keys.
"""

import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
import structlog
from portfolio import CLOCK, fill
from postgresql import new_database, open_migrated
from served import CONNECTIONS, Measured, Served, answer, measure, post, ratio, started, table

from sellerhealth.graphql_names import field_name
from sellerhealth.model.records import Account, AccountNumbers
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.settings import Settings
from sellerhealth.store.database import Database
from tests.support.postgresql_server import USER, Server, start

from .daily_rollup import SCHEMA, Count, Days, counts, make_daily_rollup, make_view
from .in_memory import NODE, VARIABLES, data_of, save

ACCOUNTS, DIFFERENT, ROUNDS, WARM_UP = 2_000, 100, 10, 1.0
KEY = "SELLER00007"
WINDOWS = (30, 60)
PAGE = 1_000  # the largest that our server can be set to: 2,000 accounts are two pages, in one document


class Question(NamedTuple):
    """The same question to both, and how many rounds are measured of it."""

    ours: bytes
    theirs: bytes
    rounds: int
    at_once: int = CONNECTIONS


def our_metrics(numbers: list[Count], fields: str = "numerator denominator") -> str:
    """The selection of each metric in each window, in our schema."""
    metrics = dict.fromkeys(each.metric for each in numbers)
    aliased = (f"{metric}_{days}: {metric}(days: {days}) {{ {fields} }}" for metric in metrics for days in WINDOWS)
    return f"key metrics {{ {' '.join(aliased)} }}"


def questions(numbers: list[Count], after: str) -> dict[str, Question]:
    """The questions to both, by title. `after`: the cursor of the last account of our first page."""
    ours, theirs = our_metrics(numbers), "key " + " ".join(field_name(f"{each.column}_{days}") for each in numbers for days in WINDOWS)
    one = f"query ($key: String!) {{ account(key: $key) {{ {ours} }} }}", {"key": KEY}
    their_one = f"query ($key: String!) {{ dashboardByKey(key: $key) {{ {theirs} }} }}", {"key": KEY}
    page = f"accounts(first: $first) {{ nodes {{ {ours} }} }}"
    their_page = f"query ($first: Int!) {{ allDashboards(first: $first, orderBy: [KEY_ASC]) {{ nodes {{ {theirs} }} }} }}"
    next_page = f"more: accounts(first: $first, after: $after) {{ nodes {{ {ours} }} }}"
    return {
        "one account": Question(post(*one), post(*their_one), ROUNDS),
        "100 accounts": Question(post(f"query ($first: Int!) {{ {page} }}", {"first": 100}), post(their_page, {"first": 100}), ROUNDS),
        f"{ACCOUNTS:,} accounts": Question(
            post(f"query ($first: Int!, $after: String) {{ {page} {next_page} }}", {"first": PAGE, "after": after}),
            post(their_page, {"first": ACCOUNTS}),
            2,
            at_once=1,
        ),
    }


def our_numbers(data: Any, numbers: list[Count]) -> dict[str, list[int]]:
    """The numbers of our answer by account. Where nothing is counted, a sum is 0, and ours is null: there is nothing to divide."""
    accounts = [data["account"]] if "account" in data else [each for page in data.values() for each in page["nodes"]]
    return {
        account["key"]: [account["metrics"][f"{each.metric}_{days}"][each.number] or 0 for each in numbers for days in WINDOWS]
        for account in accounts
    }


def their_numbers(data: Any, numbers: list[Count]) -> dict[str, list[int]]:
    """The same of PostGraphile's answer."""
    columns = [field_name(f"{each.column}_{days}") for each in numbers for days in WINDOWS]
    accounts = [data["dashboardByKey"]] if "dashboardByKey" in data else data["allDashboards"]["nodes"]
    return {account["key"]: [account[column] for column in columns] for account in accounts}


def check(numbers: list[Count], ours: Any, theirs: Any) -> None:
    """Raises an error unless both answer the same numbers of the same accounts, and some that are not 0."""
    found = our_numbers(ours, numbers)
    if found != their_numbers(theirs, numbers) or not any(map(any, found.values())):
        raise RuntimeError("the two servers answer different numbers")


def windows_of(data: Any, numbers: list[Count]) -> dict[str, list[Days]]:
    """The days of each window of each metric, as our server says."""
    found = data["account"]["metrics"]
    windows = {(metric, days): found[f"{metric}_{days}"]["window"] for metric in {each.metric for each in numbers} for days in WINDOWS}
    return {metric: [Days(days, windows[metric, days]["from"], windows[metric, days]["to"]) for days in WINDOWS] for metric, _ in windows}


def fill_store(database: Database, loaded: Loaded) -> None:
    """Fills the store, and names the accounts as their keys, so that both servers list them in the same order."""
    fill(database, ACCOUNTS, loaded, different=DIFFERENT)
    with database.writing() as connection:
        connection.execute(sa.update(Account).values(name=Account.key, folded_name=Account.folded_key))
        connection.exec_driver_sql("ANALYZE")


def wait_for_numbers(database: Database) -> None:
    """Waits until our server has kept the numbers of all accounts, as it does after each change of them."""
    for _ in range(600):
        with database.reading() as connection:
            if connection.scalar(sa.select(sa.func.count()).select_from(AccountNumbers)) == ACCOUNTS:
                return
        time.sleep(0.2)
    raise RuntimeError("the server has kept no numbers")


def main() -> None:
    """Starts the servers, compares their answers, and prints a table for each question."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory(prefix="sellerhealth-", dir="/tmp") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "server").mkdir()
        server = start(folder / "server")
        stack.callback(server.stop)
        compare(folder, server, stack)


def compare(folder: Path, server: Server, stack: contextlib.ExitStack) -> None:
    """Makes the store with its daily rollup on the server, and measures."""
    loaded, url = load_plugins(Settings()), new_database(server, "store")
    numbers = list(counts(loaded))
    database = open_migrated(url)
    stack.callback(database.close)
    fill_store(database, loaded)
    limits = {"PAGE_SIZE": str(PAGE), "COST": str(10**8), "ALIASES": "1000"}
    settings = {
        "DATABASE": url,
        "CLOCK": CLOCK.isoformat(),
        "RESPONSE_CACHE_BYTES": "0",
        "KEPT_WINDOWS": ",".join(map(str, WINDOWS)),  # as their view has these alone
        "COST_PER_MINUTE": str(10**12),
        "OPERATION_TIMEOUT": "600",
        **{f"DOCUMENT_LIMITS__{name}": value for name, value in limits.items()},
    }
    program = str(Path(sys.executable).with_name("sellerhealth"))
    variables = {f"SELLERHEALTH_{name}": value for name, value in settings.items()}
    ours = stack.enter_context(started(folder, program, "serve", "--open", "--port", "0", **variables))
    wait_for_numbers(database)
    windows = f"query ($key: String!) {{ account(key: $key) {{ {our_metrics(numbers, 'window { from to }')} }} }}"
    with database.writing() as connection:
        make_daily_rollup(connection, numbers)
        make_view(connection, windows_of(data_of(answer(ours[1], post(windows, {"key": KEY}))[1]), numbers), numbers)
        connection.exec_driver_sql("ANALYZE")
    cursor = data_of(answer(ours[1], post("{ accounts(first: 1000) { pageInfo { endCursor } } }", {}))[1])["accounts"]["pageInfo"][
        "endCursor"
    ]
    command = (NODE, str(Path(__file__).with_name("postgraphile.mjs")), str(server.folder), USER, "store", SCHEMA)
    theirs = stack.enter_context(started(folder, *command, **VARIABLES, GRAPHILE_ENV="production"))
    postmaster, measured = int((server.data / "postmaster.pid").read_text().split()[0]), dict[str, Measured]()
    for title, question in questions(numbers, cursor).items():
        check(numbers, *(data_of(answer(port, request)[1]) for port, request in ((ours[1], question.ours), (theirs[1], question.theirs))))
        servers = {"ours": Served(*ours, question.ours, postmaster), "PostGraphile 5": Served(*theirs, question.theirs, postmaster)}
        measured[title] = found = measure(servers, question.rounds, WARM_UP, question.at_once)
        print(f"{title}, {len(numbers) * len(WINDOWS)} numbers of each: CPU of a request, with the database")
        print(*table(found, "PostGraphile 5"), sep="\n", flush=True)
        print(f"  PostGraphile takes {ratio(found, 'PostGraphile 5', 'ours'):.2f} times what ours does")
    save("postgraphile.json", measured)


if __name__ == "__main__":
    main()
