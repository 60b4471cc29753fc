"""The built-in plugins prove the public API: they use nothing that a third party cannot use."""

import ast
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import sellerhealth

PUBLIC = {"sellerhealth", "sellerhealth.facts", "pydantic", "sqlalchemy", *sys.stdlib_module_names}


def test_the_built_in_plugins_import_only_what_is_public():
    package = find_spec("sellerhealth_metrics")
    modules = list(Path(package.origin).parent.glob("*.py"))
    assert len(modules) > 10
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import):
                assert {name.name for name in node.names} <= PUBLIC, module.name
            if isinstance(node, ast.ImportFrom):
                assert not node.level, module.name
                assert node.module in PUBLIC, module.name


def test_each_public_name_is_imported_when_it_is_used_and_no_other_name_exists():
    assert [name for name in sellerhealth.__all__ if not hasattr(sellerhealth, name)] == []
    assert set(sellerhealth.__all__) <= set(dir(sellerhealth))
    with pytest.raises(AttributeError, match="module 'sellerhealth' has no attribute 'Missing'"):
        _ = sellerhealth.Missing
