"""docs/api/reference.md is generated from the schema and leaves nothing out."""

import re
import runpy
from pathlib import Path
from types import SimpleNamespace

from graphql import build_schema

FOLDER = Path(__file__).parents[2] / "docs" / "api"


def test_the_reference_is_up_to_date_and_names_every_field():
    generate = SimpleNamespace(**runpy.run_path(str(FOLDER / "generate.py")))
    schema = build_schema(generate.SCHEMA.read_text())
    page = FOLDER.joinpath("reference.md").read_text()
    assert page == generate.reference(schema), "Run `make reference`."
    fields = {name for kind in schema.type_map.values() if not kind.name.startswith("__") for name in getattr(kind, "fields", {})}
    assert fields - set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) == set()
