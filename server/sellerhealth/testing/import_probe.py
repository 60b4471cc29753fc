"""A script, run in a process of its own: imports a module and prints its side effects and the seconds it took, as JSON.

Its argument is JSON too: the module's name and the import path. The libraries that every plugin uses are imported first, so that
only the plugin's own side effects are recorded.
"""

import importlib.util
import json
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


def main() -> None:
    """Imports the module and prints the result."""
    module, path = json.loads(sys.argv[1])
    sys.path[:] = path
    for known in ("pydantic", "sqlalchemy", "sellerhealth", "sellerhealth.facts", "sellerhealth.sources", "importlib.metadata", "zoneinfo"):
        importlib.import_module(known)
    from sellerhealth.checks.operator_guard import guarded_operators  # with the modules above, once the path is set

    side_effects = record_side_effects(module, path)
    started = time.process_time()
    package = module.partition(".")[0]
    with guarded_operators(lambda name: name.partition(".")[0] == package):  # as a server does
        importlib.import_module(module)
    sys.stdout.write(json.dumps([side_effects, time.process_time() - started]))


if __name__ == "__main__":
    main()
