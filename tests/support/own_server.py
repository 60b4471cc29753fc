"""A PostgreSQL server of one process of tests alone: it asks for a password, has TLS if it can, and may be killed and started again."""

import contextlib
import datetime as dt
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sellerhealth.store.database import Database
from sellerhealth.store.migrate import upgrade
from tests.support.postgresql_server import USER, NoServer, Server, as_its_user, start

PASSWORD = "se/c#r:e?t@%"  # every character that a URL must escape
NAME, _MIGRATED = "shop", "migrated"


class OwnServer:
    """A server with a migrated database. It listens on a port of 127.0.0.1."""

    def __init__(self, server: Server, port: int) -> None:
        self._server, self.port = server, port
        self.folder, self.programs = server.folder, server.programs
        self.authority = server.folder / "authority.pem"  # whose certificates are to be trusted

    def url(self, name: str = NAME, *, user: str = USER, password: str = PASSWORD, **parameters: str) -> str:
        """The URL of a database as a user writes it."""
        query = "&".join(f"{key}={quote(value, safe='')}" for key, value in parameters.items())
        return f"postgres://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{name}?{query}"

    def open(self, name: str = NAME, **parameters: str) -> Database:
        """A database, to be closed by the test."""
        return Database(self.url(name, **parameters))

    def administer(self, *statements: str, name: str = NAME) -> list[sa.Row]:
        """Runs statements as the superuser, each on its own, and returns the rows of the last."""
        engine = sa.create_engine(
            self.url(name).replace("postgres://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
        )
        with engine.connect() as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement)
            return list(result.all()) if result.returns_rows else []

    @contextlib.contextmanager
    def replica(self) -> Iterator["OwnServer"]:
        """A standby that follows this server."""
        folder = Path(tempfile.mkdtemp(prefix="standby-", dir="/tmp"))
        owner = self._server.data.stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
        server = Server(folder, folder / "data", self._server.programs)
        replica = OwnServer(server, _free_port())
        passwords = folder / "passwords"
        passwords.write_text(f"*:*:*:*:{PASSWORD.replace(':', chr(92) + ':')}\n")
        os.chown(passwords, owner.st_uid, owner.st_gid)
        passwords.chmod(0o600)
        program, primary = str(server.programs / "pg_basebackup"), f"host=127.0.0.1 port={self.port} user={USER} passfile={passwords}"
        copied = as_its_user([program, "-d", primary, "-D", str(server.data), "--write-recovery-conf", "--checkpoint=fast", "--no-sync"])
        assert copied.returncode == 0, copied.stderr
        with (server.data / "postgresql.conf").open("a") as file:
            file.write(f"port = {replica.port}\nunix_socket_directories = '{folder}'\n")
        try:
            replica.start()
            yield replica
        finally:
            replica.stop()
            shutil.rmtree(folder)

    def need_tls(self) -> None:
        """Skips a test on a server that is built without TLS, as that of the package is."""
        if self.administer("SHOW ssl") != [("on",)]:
            pytest.skip("this PostgreSQL is built without TLS")

    def kill(self) -> None:
        """As if the machine failed: no process of the server ends in order."""
        first = int(self._server.data.joinpath("postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children")
        others = children.read_text().split() if children.exists() else []
        kill_orphan(first)  # before the others, which it would start again
        for process in map(int, others):
            with contextlib.suppress(ProcessLookupError):  # it ends when the first is gone
                kill_orphan(process)

    def stop(self) -> None:
        """Stops it at once, also in the middle of statements."""
        self._server.stop()

    def start(self) -> None:
        """Starts it again, as soon as nothing is left of a killed one."""
        program = str(self._server.programs / "pg_ctl")
        until = time.monotonic() + 60
        while as_its_user([program, "start", "-D", str(self._server.data), "-l", str(self._server.folder / "log"), "-w"]).returncode != 0:
            assert time.monotonic() < until, self._server.folder.joinpath("log").read_text()
            time.sleep(0.1)


def kill_orphan(process: int) -> None:
    """Kills a process whose parent has ended. This process may have adopted it, and else it would seem to run."""
    os.kill(process, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, 0)


@pytest.fixture(scope="module")
def own_server(_own_server: OwnServer) -> OwnServer:
    """A server that no other process uses, with a database that is empty for each module of tests."""
    _own_server.administer(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", f"CREATE DATABASE {NAME} TEMPLATE {_MIGRATED}", name="postgres")
    return _own_server


@pytest.fixture(scope="session")
def _own_server() -> Iterator[OwnServer]:
    folder = Path(tempfile.mkdtemp(prefix="own-", dir="/tmp"))  # a short path: that of TMPDIR may be long
    try:
        port = _free_port()
        try:
            settings = {
                "wal_level": "replica",
                "max_wal_senders": "4",
                "synchronous_commit": "on",
            }  # what it acknowledged is there when it is killed
            server = start(folder, listen_addresses="127.0.0.1", port=str(port), **settings)
        except NoServer as missing:
            if os.environ.get("CI"):
                pytest.fail(str(missing), pytrace=False)
            pytest.skip(str(missing))
        own = OwnServer(server, port)
        try:
            _protect(own, server)
            yield own
        finally:
            own.stop()
    finally:
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def _protect(own: OwnServer, server: Server) -> None:
    """Lets nobody in without a password, turns TLS on, and makes the database."""
    own_administrator = sa.create_engine(f"{server.url}&port={own.port}", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    certificate, key = _certificate()
    own.authority.write_bytes(certificate)
    as_files = {"server.crt": certificate, "server.key": key}
    for name, content in as_files.items():
        path = server.data / name
        path.write_bytes(content)
        path.chmod(0o600)
        owner = server.data.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
    server.data.joinpath("pg_hba.conf").write_text("host all,replication all 127.0.0.1/32 scram-sha-256\nlocal all all scram-sha-256\n")
    literal = PASSWORD.replace("%", "%%")
    with own_administrator.connect() as connection:
        for statement in (
            f"ALTER ROLE {USER} PASSWORD '{literal}'",
            f"CREATE DATABASE {_MIGRATED} ENCODING 'UTF8' TEMPLATE template0",
            "SELECT pg_reload_conf()",
        ):
            connection.exec_driver_sql(statement)
        with contextlib.suppress(sa.exc.DBAPIError):  # it is built without TLS
            connection.exec_driver_sql("ALTER SYSTEM SET ssl = on")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
    database = own.open(_MIGRATED)
    upgrade(database)
    database.close()


def _certificate() -> tuple[bytes, bytes]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM), private
