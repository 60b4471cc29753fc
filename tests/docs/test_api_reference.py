"""The reference of the API is that of the schema, and leaves nothing out."""

import importlib.util
import re
from pathlib import Path

from graphql import build_schema

FOLDER = Path(__file__).parents[2] / "docs" / "api"


def test_the_reference_is_up_to_date_and_names_every_field():
    found = importlib.util.spec_from_file_location("generate", FOLDER / "generate.py")
    assert found is not None
    assert found.loader is not None
    generate = importlib.util.module_from_spec(found)
    found.loader.exec_module(generate)
    schema = build_schema(generate.SCHEMA.read_text())
    page = FOLDER.joinpath("reference.md").read_text()
    assert page == generate.reference(schema), "Run `make reference`."
    fields = {name for kind in schema.type_map.values() if not kind.name.startswith("__") for name in getattr(kind, "fields", {})}
    assert fields - set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) == set()
