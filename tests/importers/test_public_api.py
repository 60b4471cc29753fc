"""The built-in importers only use the public API, as those of plugins do."""

import ast
import sys
from importlib.util import find_spec
from pathlib import Path

import sellerhealth.sources

OURS = "sellerhealth.importers"
PUBLIC = {"sellerhealth", "sellerhealth.facts", "sellerhealth.sources", "ijson", "orjson"}


def is_public(module: str) -> bool:
    return module in PUBLIC or module.startswith(OURS) or module.partition(".")[0] in sys.stdlib_module_names


def test_the_built_in_importers_import_only_what_is_public():
    package = find_spec(OURS)
    modules = list(Path(package.origin).parent.rglob("*.py"))
    assert len(modules) > 10
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import):
                assert all(is_public(name.name) for name in node.names), module.name
            if isinstance(node, ast.ImportFrom):
                assert not node.level, module.name
                assert is_public(node.module), (module.name, node.module)
            if isinstance(node, ast.ImportFrom) and node.module == "sellerhealth.sources":
                assert {name.name for name in node.names} <= set(sellerhealth.sources.__all__), module.name


def test_all_public_names_are_listed_in_order_and_exist():
    assert list(sellerhealth.sources.__all__) == sorted(sellerhealth.sources.__all__, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(sellerhealth.sources, name) for name in sellerhealth.sources.__all__)
