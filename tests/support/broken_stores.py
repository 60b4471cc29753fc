"""Stores with a fault: held by a writer, damaged, without room, or not to be written."""

import contextlib
import ctypes
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE accounts SET name = 'Renamed'")
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def held_by_a_writer(url: str) -> Iterator[None]:
    """Another process is in the middle of a transaction that writes, as a long import is. On a server, it is a process of the server."""
    database = sa.make_url(url)
    if database.get_backend_name() != "sqlite":
        engine = sa.create_engine(database, poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("UPDATE accounts SET name = 'Renamed'")
            yield
        return
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(database.database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        yield
    finally:
        holder.stdin.close()
        holder.wait(30)
        holder.stdout.close()


def damage(file: Path, table: str) -> None:
    """Overwrites the first page of a table, as a failing disk does."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with file.open("r+b") as opened:
        opened.seek((page - 1) * size)
        opened.write(b"\xa5" * size)


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder in which nothing may be written, as on media that are mounted read-only."""
    files = [file for file in folder.iterdir() if file.is_file()]
    try:
        for file in files:
            file.chmod(0o444)
        folder.chmod(0o555)
        yield
    finally:
        folder.chmod(0o755)
        for file in files:
            file.chmod(0o644)


def obey_permissions() -> None:
    """Makes a process of root obey the permissions of files, as those of other users do."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (1, 2):  # to override permissions, and to read and search in spite of them
            if libc.prctl(24, capability, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "the capability cannot be dropped")


def without_room(size: int = 1_000_000) -> None:
    """Makes files of a process fail to grow beyond a size, by default a megabyte, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
