"""Where the code of a plugin stands: in a module of an installed distribution, or in a file that its author tries out."""

import contextlib
import importlib
import importlib.util
import re
import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.metadata import EntryPoint
from pathlib import Path
from types import CodeType, ModuleType

from sellerhealth.errors import BadSettings, PluginError

_FILE = re.compile(r"(?P<path>.+\.py)(:(?P<name>[\w.]+))?")


@dataclass(frozen=True)
class PluginCode:
    """A module, and what in it is the plugin; without a `thing` it is the module itself."""

    plugin: str
    value: str  # as its author wrote it: `acme:metric`, `early.py:metric`
    module: str
    thing: str | None
    path: Path | None = None  # of a plugin file

    @classmethod
    def of_entry_point(cls, entry: EntryPoint) -> "PluginCode":
        """The code that an entry point names. What cannot be read as `module:thing` is told when it is imported."""
        module, _, thing = entry.value.partition("[")[0].strip().partition(":")
        return cls(entry.name, entry.value, module.strip(), thing.strip() or None)

    @classmethod
    def of_file(cls, given: str) -> "PluginCode":
        """The code of `FILE` or `FILE:NAME`. Raises BadSettings when there is no such file."""
        found = _FILE.fullmatch(given)
        path = Path(found["path"] if found else given)
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "does not exist"
            raise BadSettings(f"The plugin file {path} {what} (in {Path.cwd()}). Name a Python file, as FILE.py or FILE.py:NAME.")
        if not found:
            raise BadSettings(f"The plugin file {given} is no Python file. Name one that ends in .py, as FILE.py or FILE.py:NAME.")
        # No module that is imported can have a name with spaces, so `statistics.py` shadows none.
        return cls(path.stem, given, re.sub(r"\W+", " ", f"plugin file {path.resolve()}"), found["name"], path.resolve())

    @property
    def label(self) -> str:
        """The module as its author names it."""
        return self.module if self.path is None else self.value.partition(":")[0]

    def load(self) -> ModuleType:
        """The module, imported; that of a file is run anew. Raises whatever its code raises."""
        if self.path is None:
            if not re.fullmatch(r"\w+(\.\w+)*", self.module):
                raise PluginError(
                    f"the entry point {self.plugin} = {self.value!r} names no module. Write it as `package.module:name`, without `.py` and `/`."
                )
            return importlib.import_module(self.module)
        loader = _Uncached(self.module, str(self.path))
        spec = ModuleSpec(self.module, loader, origin=str(self.path))
        spec.has_location = True
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.module] = module  # where dataclasses and pydantic look for the annotations of its classes
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

    def files(self) -> tuple[Path, ...]:
        """The source files of the plugin that are known, the one that was named first. None when nothing can be found."""
        named = self.path or _file_of(self.module)
        imported = [getattr(module, "__file__", None) for name, module in sorted(sys.modules.items()) if self.owns(name)]
        return tuple(dict.fromkeys(Path(file) for file in (named, *imported) if file is not None and str(file).endswith(".py")))


class _Uncached(SourceFileLoader):
    """Reads the source each time: the cache knows files by second and size, and its author has just changed it."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _file_of(module: str) -> str | None:
    """The file of a module that perhaps could not be imported, or of the nearest package above it."""
    while module:
        with contextlib.suppress(Exception, SystemExit):  # looking for a module runs the packages above it, which may raise anything
            if (spec := importlib.util.find_spec(module)) is not None:
                return spec.origin
        module = module.rpartition(".")[0]
    return None
