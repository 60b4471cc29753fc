"""A new metric as a distribution of its own: code, tests and all, made from the templates beside this file."""

import importlib.util
import keyword
import re
import tempfile
from importlib import metadata, resources
from pathlib import Path
from string import Template

from sellerhealth.errors import BadInput
from sellerhealth.graphql_names import CORE_TYPES, field_name, fold
from sellerhealth.metrics.metric import API_VERSION
from sellerhealth.plugins.load import OWN, Loaded

# What is written, by path, and from which template; the paths are templates themselves.
FILES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    ".gitignore": "gitignore",
    "src/$package/__init__.py": "metric.py",
    "src/$package/py.typed": "py.typed",
    "tests/test_$package.py": "test_metric.py",
}
_FOLDERS = {"dist", *(path.partition("/")[0] for path in FILES if "/" in path)}  # a package of such a name is ignored or shadowed
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_LONGEST = 30  # characters of a name, so that the lines that hold it stay short


def create(name: str, into: Path, loaded: Loaded) -> Path:
    """Writes the distribution into a new folder and returns it. Raises BadInput, and has written nothing, when the name will not do."""
    _check_form(name)
    distribution, package = name.replace("_", "-"), name.replace("-", "_")
    folder = into / distribution
    if folder.exists():
        raise BadInput(f"{folder} exists already. Choose another name or another folder.", argument="into")
    _check_free(package, distribution, loaded)
    words = {
        "distribution": distribution,
        "package": package,
        "title": distribution.replace("-", " ").capitalize(),
        "field": field_name(package),
        "version": metadata.version(OWN),
        "api": str(API_VERSION),
    }
    # Written beside its place and moved there in one step, so that nobody ever meets half of it.
    with tempfile.TemporaryDirectory(prefix=f".{distribution}-", dir=into) as draft:
        made = Path(draft) / distribution
        for path, template in FILES.items():
            file = made / Template(path).substitute(words)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(Template(_template(template)).substitute(words), encoding="utf-8")
        made.rename(folder)
    return folder


def _template(name: str) -> str:
    return resources.files(__name__).joinpath("templates", f"{name}.template").read_text(encoding="utf-8")


def _check_form(name: str) -> None:
    if _NAME.fullmatch(name) and len(name) <= _LONGEST:
        return
    near = re.sub(r"[^a-z0-9]+", "-", re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name).lower()).strip("-0123456789")[:_LONGEST].rstrip("-")
    raise BadInput(
        f"{name!r} cannot be the name of a metric. Write one of at most {_LONGEST} characters in lower-case letters, digits and dashes "
        "that begins with a letter, best with the name of your shop or company, as in acme-dispatch."
        + (f" Did you mean {near}?" if near else "")
    )


def _check_free(package: str, distribution: str, loaded: Loaded) -> None:
    """Raises BadInput when the metric, its type, its plugin, its distribution or its module would take the name of another."""
    taken = {
        **{folder: f"the folder {folder} of the distribution" for folder in _FOLDERS},
        "metrics": "the field `metrics`, which has those of all metrics",
        **{fold(each.name): f"the distribution {each.name} {each.version}, which is installed" for each in metadata.distributions()},
        **{fold(name): f"the GraphQL type {name} of the core" for name in CORE_TYPES},
        **{fold(plugin.name): f"the plugin {plugin}" for plugin in loaded.plugins},
        **{fold(key): f"the metric {key} of the plugin {loaded.registry.origin(key)}" for key in loaded.registry},
    }
    owner = taken.get(fold(package))
    if owner is None and keyword.iskeyword(package):
        owner = f"the Python keyword {package}"
    if owner is None and importlib.util.find_spec(package) is not None:
        owner = f"the Python module {package}"
    if owner is not None:
        raise BadInput(f"The name {distribution} is that of {owner}. Choose another, for example acme-{distribution} if you are Acme.")
