"""The guide to the API is true: its queries run on the demo, and what it shows of answers has the form that they have."""

import json
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2].joinpath("docs", "api", "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
QUERIES = [place for place, (language, _) in enumerate(BLOCKS) if language == "graphql"]


def form(value):
    """What does not change with the data: members, types, and whether something is there."""
    if isinstance(value, dict):
        return {name: form(part) for name, part in value.items()}
    return [form(part) for part in value] if isinstance(value, list) else type(value)


def following_json(place):
    """The JSON blocks right after a block."""
    for language, text in BLOCKS[place + 1 :]:
        if language != "json":
            return
        yield json.loads(text)


@pytest.mark.parametrize("place", QUERIES)
def test_every_query_of_the_guide_runs(demo, place):
    variables, documented, *_ = [*following_json(place), None, None]
    answer = demo.post("/graphql", json={"query": BLOCKS[place][1], "variables": variables}).json()
    if documented is None:
        assert "errors" not in answer
        assert None not in answer["data"].values()
    else:
        assert form(answer) == form(documented)


def test_the_command_of_the_guide_is_answered_as_it_says(demo):
    (place,) = [place for place, (language, _) in enumerate(BLOCKS) if language == "sh"]
    body = re.search(r"-d '(.*)'", BLOCKS[place][1]).group(1)
    (documented,) = following_json(place)
    assert form(demo.post("/graphql", json=json.loads(body)).json()) == form(documented)


def test_every_root_field_is_shown(built_in_schema):
    types = {each["name"]: each for each in built_in_schema.introspect()["__schema"]["types"]}
    fields = {field["name"] for field in types["Query"]["fields"]}
    assert fields - {"nodes"} <= set(re.findall(r"\w+", " ".join(BLOCKS[place][1] for place in QUERIES)))


def test_every_path_is_listed_and_answers(demo):
    for path in re.findall(r"`(/[\w.]+)`", PAGE.split("```")[0]):
        assert demo.get(path, params={"query": "{ __typename }"} if path == "/graphql" else {}).status_code == 200
