"""Creates a new plugin as a distribution with code and tests, from the templates in this folder: a metric, an importer or a classifier."""

import importlib.util
import keyword
import re
import tempfile
from enum import StrEnum
from importlib import metadata, resources
from pathlib import Path
from string import Template

from sellerhealth.errors import BadInput
from sellerhealth.graphql_names import CORE_TYPES, field_name, fold
from sellerhealth.metrics.metric import API_VERSION
from sellerhealth.plugins.discover import BUILT_IN_DISTRIBUTION
from sellerhealth.plugins.load import Loaded

# The files of the distribution and their templates. The paths are templates too; `$kind` is the folder of a kind of plugin.
FILES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "$kind/README.md",
    ".gitignore": "gitignore",
    "src/$package/__init__.py": "$kind/code.py",
    "src/$package/py.typed": "py.typed",
    "tests/test_$package.py": "$kind/test.py",
}


class PluginKind(StrEnum):
    """What the plugin of a distribution provides."""

    METRIC = "metric"
    IMPORTER = "importer"
    CLASSIFIER = "classifier"


# What differs in the project file.
_PROJECT = {
    PluginKind.METRIC: {"what": "a metric", "object_in_it": " and the metric in it", "entry_point": "$package:$package"},
    PluginKind.IMPORTER: {"what": "a format", "object_in_it": "", "entry_point": "$package"},
    PluginKind.CLASSIFIER: {"what": "a classifier of feedback", "object_in_it": "", "entry_point": "$package"},
}
_LINT = 'ignore = ["RUF012"] # `expected` of a conformance class is never changed\n'
_FOLDERS = {"dist", *(path.partition("/")[0] for path in FILES if "/" in path)}  # a package with such a name would be ignored or shadowed
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_MAX_LENGTH = 30  # of a name, so that the lines with it stay short


def create(name: str, into: Path, loaded: Loaded, kind: PluginKind = PluginKind.METRIC) -> Path:
    """Writes the distribution into a new folder and returns the folder. Raises BadInput, and writes nothing, if the name cannot be used."""
    _check_name(name)
    distribution, package = name.replace("_", "-"), name.replace("-", "_")
    folder = into / distribution
    if folder.exists():
        raise BadInput(f"{folder} exists already. Choose another name or another folder.", argument="into")
    _check_available(package, distribution, loaded)
    substitutions = {
        "distribution": distribution,
        "package": package,
        "title": distribution.replace("-", " ").capitalize(),
        "field": field_name(package),
        "version": metadata.version(BUILT_IN_DISTRIBUTION),
        "api": str(API_VERSION),
        "kind": kind.value,
        "lint": "" if kind is PluginKind.CLASSIFIER else _LINT,
    }
    substitutions |= {name: Template(text).substitute(substitutions) for name, text in _PROJECT[kind].items()}
    # Written to a temporary folder and moved in one step, so that it is never there in part.
    with tempfile.TemporaryDirectory(prefix=f".{distribution}-", dir=into) as temporary:
        draft = Path(temporary) / distribution
        for path, template in FILES.items():
            file = draft / Template(path).substitute(substitutions)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(Template(_template(Template(template).substitute(substitutions))).substitute(substitutions), encoding="utf-8")
        draft.rename(folder)
    return folder


def _template(name: str) -> str:
    return resources.files(__name__).joinpath("templates", *f"{name}.template".split("/")).read_text(encoding="utf-8")


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) and len(name) <= _MAX_LENGTH:
        return
    suggestion = (
        re.sub(r"[^a-z0-9]+", "-", re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name).lower()).strip("-0123456789")[:_MAX_LENGTH].rstrip("-")
    )
    raise BadInput(
        f"{name!r} cannot be the name of a plugin. Use at most {_MAX_LENGTH} lower-case letters, digits and dashes, and begin with a letter. "
        "It is best to begin with the name of your shop or company, as in acme-dispatch."
        + (f" Did you mean {suggestion}?" if suggestion else "")
    )


def _check_available(package: str, distribution: str, loaded: Loaded) -> None:
    """Raises BadInput if the name of the plugin, distribution or module is taken, or that of a metric or its type."""
    taken = {
        **{folder: f"the folder {folder} of the distribution" for folder in _FOLDERS},
        "metrics": "the field `metrics`, which has the fields of all metrics",
        **{fold(each.name): f"the distribution {each.name} {each.version}, which is installed" for each in metadata.distributions()},
        **{fold(name): f"the GraphQL type {name} of the core" for name in CORE_TYPES},
        **{fold(plugin.name): f"the plugin {plugin}" for plugin in loaded.plugins},
        **{fold(name): f"the format {name}" for name in loaded.importers},
        **{fold(key): f"the metric {key} of the plugin {loaded.registry.origin(key)}" for key in loaded.registry},
    }
    owner = taken.get(fold(package))
    if owner is None and keyword.iskeyword(package):
        owner = f"the Python keyword {package}"
    if owner is None and importlib.util.find_spec(package) is not None:
        owner = f"the Python module {package}"
    if owner is not None:
        raise BadInput(f"The name {distribution} is that of {owner}. Choose another, for example acme-{distribution} if you are Acme.")
