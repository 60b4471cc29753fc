"""A program of its own: imports a module and prints as JSON what it did besides, and how many seconds that took.

It is run with the module and the path of imports as JSON. What a plugin is built on is imported first, so that only its own
doing is seen.
"""

import importlib.util
import json
import sys
import time
import traceback
from typing import Any

DONE = {
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
PARTS_OF_MODULES = (".py", ".pyc", ".so", ".pyd", ".pth", "METADATA", "entry_points.txt", "PKG-INFO", "top_level.txt")
ENOUGH = 5  # things that are told


def watch(module: str, path: list[str]) -> list[str]:
    """Begins to note what is done on behalf of a module."""
    spec = importlib.util.find_spec(module.partition(".")[0])
    home = module if spec is None else next(iter(spec.submodule_search_locations or [str(spec.origin)]))
    found: list[str] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        what = DONE.get(event)
        if event == "open" and isinstance(file := arguments[0], str):
            # Modules, what is known of distributions, and time zones are looked up; places to find modules in are looked through.
            is_looked_up = file.endswith(PARTS_OF_MODULES) or file in path or "zoneinfo" in file
            what = None if is_looked_up else f"opens the file {file}"
        if what is not None and len(found) < ENOUGH:
            frames = [frame for frame in traceback.extract_stack()[:-1] if "importlib" not in frame.filename]
            *_, last = [frame for frame in frames if frame.filename.startswith(home)] or frames
            found.append(f"{what} ({last.filename}, line {last.lineno})")

    sys.addaudithook(note)
    return found


def main() -> None:
    """Imports the module."""
    module, path = json.loads(sys.argv[1])
    sys.path[:] = path
    for known in ("pydantic", "sqlalchemy", "sellerhealth", "sellerhealth.facts", "sellerhealth.sources", "importlib.metadata", "zoneinfo"):
        importlib.import_module(known)
    found = watch(module, path)
    started = time.perf_counter()
    importlib.import_module(module)
    sys.stdout.write(json.dumps([found, time.perf_counter() - started]))


if __name__ == "__main__":
    main()
