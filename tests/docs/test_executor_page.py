"""The functions on the page about the executor are those of the plan of its document."""

import json
import re
from pathlib import Path

from sellerhealth.access import OWNER
from sellerhealth.graphql.schema import make_schema
from sellerhealth.plugins.load import Loaded
from sellerhealth.testing import World
from tests.support.api import Execute

PAGE = Path(__file__).parents[2].joinpath("docs", "executor.md").read_text()


def block(language: str) -> str:
    """The first block in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0]


def test_the_plan_of_the_document_has_the_functions_on_the_page(execute: Execute, world: World, built_ins: Loaded) -> None:
    world.account()
    (variables,) = re.findall(r"^With `(.*)`,", PAGE, re.MULTILINE)
    schema, document = make_schema(built_ins), block("graphql")
    assert execute(document, schema=schema, **json.loads(variables)).errors == []
    (plan,) = schema.prepare(OWNER, document).plans
    assert plan.text == block("python")
