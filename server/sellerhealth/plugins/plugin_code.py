"""The code of a plugin: a module of an installed distribution, or a plugin file."""

import importlib
import importlib.util
import inspect
import re
import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.metadata import EntryPoint
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from sellerhealth.errors import BadSettings, PluginError

_FILE = re.compile(r"(?P<path>.+\.py)(:(?P<name>[\w.]+))?")


@dataclass(frozen=True)
class PluginCode:
    """A module, and the name in it that is the plugin; without one it is the module itself."""

    plugin: str
    value: str  # as its author wrote it: `acme:metric`, `early.py:metric`
    module: str
    name: str | None
    path: Path | None = None  # of a plugin file

    @classmethod
    def of_entry_point(cls, entry: EntryPoint) -> "PluginCode":
        """The code that an entry point names. An entry point of another form is reported when it is loaded."""
        module, _, name = entry.value.partition("[")[0].strip().partition(":")
        return cls(entry.name, entry.value, module.strip(), name.strip() or None)

    @classmethod
    def of_file(cls, value: str) -> "PluginCode":
        """The code of `FILE` or `FILE:NAME`. Raises BadSettings when there is no such file."""
        match = _FILE.fullmatch(value)
        path = Path(match["path"] if match else value)
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "does not exist"
            raise BadSettings(f"The plugin file {path} {what} (in {Path.cwd()}). Name a Python file, as FILE.py or FILE.py:NAME.")
        if not match:
            raise BadSettings(f"The plugin file {value} is not a Python file. Name one that ends in .py, as FILE.py or FILE.py:NAME.")
        # No importable module has spaces in its name, so that a file `statistics.py` shadows none.
        return cls(path.stem, value, re.sub(r"\W+", " ", f"plugin file {path.resolve()}"), match["name"], path.resolve())

    @property
    def label(self) -> str:
        """The module as its author names it."""
        return self.module if self.path is None else self.value.partition(":")[0]

    def load(self) -> ModuleType:
        """Imports the module; a file is run again each time. Raises what its code raises."""
        if self.path is None:
            if not re.fullmatch(r"\w+(\.\w+)*", self.module):
                raise PluginError(
                    f"the entry point {self.plugin} = {self.value!r} does not name a module. Write it as `package.module:name`, without `.py` and `/`."
                )
            return importlib.import_module(self.module)
        loader = _Uncached(self.module, str(self.path))
        spec = ModuleSpec(self.module, loader, origin=str(self.path))
        spec.has_location = True
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.module] = module  # dataclasses and pydantic look up annotations there
        try:
            loader.exec_module(module)
        except BaseException:
            del sys.modules[self.module]
            raise
        return module

    def owns(self, module: str) -> bool:
        """Whether a module is part of the plugin: the file, or any of the package that the entry point names."""
        package = self.module if self.path else self.module.partition(".")[0]
        return module == package or module.startswith(f"{package}.")

    @property
    def file(self) -> str | None:
        """The source file, if it is known."""
        return str(self.path) if self.path else getattr(sys.modules.get(self.module), "__file__", None)

    def modules(self) -> list[ModuleType]:
        """The modules of the plugin that are imported, in the order of their names."""
        return [module for name, module in sorted(sys.modules.items()) if self.owns(name)]


def location_of(function: Any) -> str:
    """The file and line of a function, for messages."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return str(function.__module__) if code is None else f"{code.co_filename}, line {code.co_firstlineno}"


class _Uncached(SourceFileLoader):
    """Reads the source each time: the bytecode cache compares seconds and sizes, so it can miss a recent change."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)
