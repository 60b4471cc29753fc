"""docs/operations.md is true: its commands run in the order of the page, on a server, and its proxies allow what the server allows."""

import os
import re
import shutil
import signal
import subprocess
import tomllib
from pathlib import Path

import pytest

from sellerhealth.settings import REQUEST_LIMITS, Settings
from sellerhealth.testing.empty_store import open_empty_store
from tests.store.filled import fill
from tests.support.own_server import OwnServer
from tests.support.running import COMMAND, environment, serving

PAGE = Path(__file__).parents[2].joinpath("docs", "operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SCRIPTS = [text for language, text in BLOCKS if language == "sh"]
START, MOVE, WATCH, BACK_UP, TRY, DUMP, RESTORE_DUMP, BASE_BACKUP, RESTORE, BEFORE, AFTER = SCRIPTS
SERVER = "postgresql://sellerhealth@db.example"


def block(language: str) -> str:
    (text,) = [text for each, text in BLOCKS if each == language]
    return text


def run(folder: Path, script: str, *programs: Path) -> str:
    """Runs a block of commands in a shell that ends with the first that fails, and returns what they print."""
    path = os.pathsep.join([str(Path(COMMAND).parent), *map(str, programs), os.environ["PATH"]])
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment(PATH=path),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, f"{script}\n{ran.stdout}{ran.stderr}"
    return ran.stdout


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="the commands are those of a shell, and curl")
def test_the_commands_run_in_the_order_of_the_page(tmp_path: Path) -> None:
    tmp_path.joinpath("sellerhealth.toml").write_text(block("toml"))
    assert START.endswith("sellerhealth serve\n")
    assert "shk_" in run(tmp_path, START.removesuffix("sellerhealth serve\n"))
    with serving(tmp_path, "serve", "--port", "0") as server:
        assert '"PROBLEM"' not in run(tmp_path, WATCH.replace("http://127.0.0.1:8000", server.address))
        run(tmp_path, BACK_UP)
        run(tmp_path, TRY)
        assert not tmp_path.joinpath("try.db").exists()
        assert server.stop(signal.SIGTERM) == 0
    run(tmp_path, RESTORE)
    assert len(list(tmp_path.glob("sellerhealth.db.replaced-*"))) == 1
    run(tmp_path, BEFORE)
    run(tmp_path, AFTER)
    assert sorted(path.name for path in tmp_path.joinpath("backups").iterdir())[-1] == "before-upgrade.db"


@pytest.mark.skipif(not shutil.which("bash"), reason="the commands are those of a shell")
def test_the_commands_for_postgresql_run_in_the_order_of_the_page(tmp_path: Path, own_server: OwnServer) -> None:
    own_server.administer("CREATE DATABASE sellerhealth", name="postgres")

    def run_here(script: str) -> str:
        assert SERVER in script
        return run(tmp_path, script.replace(SERVER, own_server.url("").partition("/?")[0]), own_server.programs)

    source = open_empty_store(tmp_path / "sellerhealth.db")
    fill(source, "shop")
    source.close()
    tmp_path.joinpath("backups").mkdir()
    assert "The same in both: the number of rows" in run_here(MOVE)
    run_here(DUMP)
    (dump,) = tmp_path.joinpath("backups").iterdir()
    assert dump.suffix == ".dump"
    restored = run_here(RESTORE_DUMP)
    assert "PROBLEM" not in restored
    assert "The same in both: the number of rows" in restored
    run_here(BASE_BACKUP)


def test_the_proxies_hand_requests_to_the_server_and_allow_what_it_allows() -> None:
    default = f"127.0.0.1:{Settings().port}"
    (host,) = tomllib.loads(block("toml"))["allowed_hosts"]
    nginx, caddy = block("nginx"), block("caddy")
    assert f"proxy_pass http://{default};" in nginx
    assert f"reverse_proxy {default} " in caddy
    assert f"server_name {host};" in nginx
    assert f"\n{host} {{" in caddy
    assert REQUEST_LIMITS.body_bytes == 1_000_000
    assert "client_max_body_size 1m;" in nginx  # 1,048,576 bytes: the server refuses what is between, with its code
    assert "max_size 1MB" in caddy
    assert REQUEST_LIMITS.query_string_bytes < 20_000
    assert "large_client_header_buffers 4 20k;" in nginx
    assert "max_header_size 20KB" in caddy
    assert f"client_body_timeout {REQUEST_LIMITS.seconds:g}s;" in nginx
    assert f"read_body {REQUEST_LIMITS.seconds:g}s" in caddy
    assert Settings().operation_timeout < 30
    assert "proxy_read_timeout 30s;" in nginx
    assert "response_header_timeout 30s" in caddy
