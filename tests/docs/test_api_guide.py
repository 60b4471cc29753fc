"""docs/api/README.md is true: its queries run on the demo, and its responses have the right shape."""

import json
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2].joinpath("docs", "api", "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
QUERIES = [index for index, (language, _) in enumerate(BLOCKS) if language == "graphql"]


def shape(value):
    """The shape of a response, which does not depend on the data: members, types and nulls."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    return [shape(part) for part in value] if isinstance(value, list) else type(value)


def following_json(index):
    """The JSON blocks right after a block."""
    for language, text in BLOCKS[index + 1 :]:
        if language != "json":
            return
        yield json.loads(text)


@pytest.mark.parametrize("index", QUERIES)
def test_every_query_of_the_guide_runs(demo, index):
    variables, documented, *_ = [*following_json(index), None, None]
    response = demo.post("/graphql", json={"query": BLOCKS[index][1], "variables": variables}).json()
    if documented is None:
        assert "errors" not in response
        assert None not in response["data"].values()
    else:
        assert shape(response) == shape(documented)


def test_the_command_of_the_guide_has_the_response_of_the_guide(demo):
    (index,) = [index for index, (language, _) in enumerate(BLOCKS) if language == "sh"]
    body = re.search(r"-d '(.*)'", BLOCKS[index][1]).group(1)
    (documented,) = following_json(index)
    response = demo.post("/graphql", json=json.loads(body)).json()
    assert response.pop("extensions").keys() == {"cost"}  # described in words below the response
    assert shape(response) == shape(documented)


def test_every_root_field_is_queried(built_in_schema):
    fields = set(built_in_schema._schema.query_type.fields)
    assert fields - {"nodes"} <= set(re.findall(r"\w+", " ".join(BLOCKS[index][1] for index in QUERIES)))


def test_every_listed_path_responds(demo):
    for path in re.findall(r"`(/[\w.]+)`", PAGE.split("```")[0]):
        assert demo.get(path, params={"query": "{ __typename }"} if path == "/graphql" else {}).status_code == 200
