"""A script: a process that has imported all commands. For each request that it reads it starts a copy of itself, which runs one command.

To import them takes longer than most commands. The copy is not a child of this process, but of the one that has started it and adopts
orphans, and which gets the id of its process.
"""

import gc
import importlib
import json
import os
import sys
from typing import Any

IMPORTED = (
    "sellerhealth.cli",
    "sellerhealth.app",
    "sellerhealth.doctor",
    "sellerhealth.demo.load",
    "sellerhealth.store.migrate",
    "sellerhealth.cli.server",
    "uvloop",
)


def copy() -> bool:
    """Copies this process, and prints the number of the copy. Whether this is the copy."""
    reader, writer = os.pipe()
    if not (between := os.fork()):
        if number := os.fork():
            os.write(writer, f"{number}\n".encode())
            os._exit(0)
        os.close(reader)
        os.close(writer)
        return True
    os.close(writer)
    with open(reader, encoding="ascii") as numbers:
        number = numbers.read()
    os.waitpid(between, 0)  # from now on the copy is an orphan
    sys.stdout.write(number)
    sys.stdout.flush()
    return False


def become(arguments: list[str], folder: str, variables: dict[str, str], files: tuple[str, str, str]) -> None:
    """Makes this process one that was started with these arguments, variables and files for its input and output."""
    for standard, name in enumerate(files):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), standard)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.path[:0] = [path for path in variables.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.argv[:] = arguments


def main() -> Any:
    for module in IMPORTED:
        importlib.import_module(module)
    gc.freeze()
    for line in sys.stdin:
        if copy():
            become(*json.loads(line))
            from sellerhealth.cli import main

            return main()
    return 0


if __name__ == "__main__":
    main()
