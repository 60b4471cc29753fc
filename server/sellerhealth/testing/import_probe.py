"""A script, run in a process of its own: imports modules and prints their side effects and the seconds each took, as JSON.

Each line that it reads is JSON too: a module's name and the import path. The libraries that every plugin uses are imported first, so
that only the plugin's own side effects are recorded. That takes longer than most modules, so it is done once: each module is imported
in a copy of the process. Where processes cannot be copied, it ends after the first module.
"""

import importlib.util
import json
import os
import sys
import time
import traceback
from typing import Any

SIDE_EFFECTS = {  # by audit event of Python
    "os.fork": "starts a process",
    "os.mkdir": "makes a folder",
    "os.posix_spawn": "starts a process",
    "os.remove": "removes a file",
    "os.system": "starts a process",
    "socket.__new__": "opens a network socket",
    "socket.connect": "connects to a host",
    "socket.getaddrinfo": "looks up a host",
    "sqlite3.connect": "opens a database",
    "subprocess.Popen": "starts a process",
}
IMPORT_SYSTEM_FILES = (".py", ".pyc", ".so", ".pyd", ".pth", "METADATA", "entry_points.txt", "PKG-INFO", "top_level.txt")
MAX_REPORTED = 5
KNOWN = (
    "pydantic",
    "sqlalchemy",
    "sellerhealth",
    "sellerhealth.facts",
    "sellerhealth.sources",
    "sellerhealth.checks.operator_guard",
    "importlib.metadata",
    "zoneinfo",
)


def record_side_effects(module: str, path: list[str]) -> list[str]:
    """Starts an audit hook. The list it returns fills up with side effects and their locations."""
    spec = importlib.util.find_spec(module.partition(".")[0])
    home = module if spec is None else next(iter(spec.submodule_search_locations or [str(spec.origin)]))
    side_effects: list[str] = []

    def record(event: str, arguments: tuple[Any, ...]) -> None:
        side_effect = SIDE_EFFECTS.get(event)
        if event == "open" and isinstance(file := arguments[0], str):
            # The import system opens modules, metadata of distributions and folders of the path; zoneinfo opens time zones.
            is_looked_up = file.endswith(IMPORT_SYSTEM_FILES) or file in path or "zoneinfo" in file
            side_effect = None if is_looked_up else f"opens the file {file}"
        if side_effect is not None and len(side_effects) < MAX_REPORTED:
            frames = [frame for frame in traceback.extract_stack()[:-1] if "importlib" not in frame.filename]
            *_, last = [frame for frame in frames if frame.filename.startswith(home)] or frames
            side_effects.append(f"{side_effect} ({last.filename}, line {last.lineno})")

    sys.addaudithook(record)
    return side_effects


def probe(module: str, path: list[str]) -> Any:
    """The side effects of importing a module and the seconds it took, or why it cannot be imported."""
    from sellerhealth.checks.operator_guard import guarded_operators

    sys.path[:] = path
    importlib.invalidate_caches()
    side_effects = record_side_effects(module, path)
    started = time.process_time()
    package = module.partition(".")[0]
    try:
        with guarded_operators(lambda name: name.partition(".")[0] == package):  # as a server does
            importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - a module may raise anything
        return traceback.format_exception_only(error)[-1].strip()
    return side_effects, time.process_time() - started


def in_a_copy(module: str, path: list[str]) -> str:
    """The result of `probe` as JSON, from a copy of this process. It is empty if the module ends the process."""
    reader, writer = os.pipe()
    if not (copy := os.fork()):
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1):  # our own requests and results, not the module's
            os.dup2(nothing, standard)
        os.write(writer, json.dumps(probe(module, path)).encode())
        os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as result:
        text = result.read()
    os.waitpid(copy, 0)
    return text


def main() -> None:
    """Imports one module after the other and prints the results."""
    for line in sys.stdin:
        module, path = json.loads(line)
        sys.path[:] = path
        for known in KNOWN:
            importlib.import_module(known)
        if not hasattr(os, "fork"):
            sys.stdout.write(f"{json.dumps(probe(module, path))}\n")
            return
        sys.stdout.write(f"{in_a_copy(module, path)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
