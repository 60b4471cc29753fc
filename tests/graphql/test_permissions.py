"""Permissions of fields: shown in the schema, and asked for before anything is read."""

from collections.abc import Callable
from typing import Any

import pytest
from graphql import is_non_null_type, is_object_type

from sellerhealth.access import Permission, Viewer
from sellerhealth.graphql.permissions import required_permission
from sellerhealth.graphql.schema import Schema
from sellerhealth.testing import World
from tests.support.api import Execute

READER, WRITER, ADMIN, NOBODY = (
    Viewer(name, name, frozenset(permissions), granted=None)
    for name, permissions in {"reader": [Permission.READ], "writer": [Permission.WRITE], "admin": [Permission.ADMIN], "nobody": []}.items()
)
EVERY_ROOT = {
    "account": '{ account(key: "seller-1") { key } }',
    "accounts": "{ accounts { totalCount } }",
    "classifyFeedback": "{ classifyFeedback(rating: 1) }",
    "metricDefinitions": "{ metricDefinitions { key } }",
    "node": '{ node(id: "x") { id } }',
    "nodes": '{ nodes(ids: ["x"]) { id } }',
    "plugins": "{ plugins { name } }",
}


def permissions_of(schema: Schema) -> dict[str, Permission]:
    """The permissions that fields need, by the coordinate of the field."""
    kinds = [kind for kind in schema._schema.type_map.values() if is_object_type(kind)]
    needed = {f"{kind.name}.{name}": required_permission(field) for kind in kinds for name, field in kind.fields.items()}
    return {coordinate: permission for coordinate, permission in needed.items() if permission is not None}


def test_every_field_of_the_root_but_the_viewer_needs_a_permission(built_in_schema: Schema) -> None:
    roots = {f"Query.{name}" for name in EVERY_ROOT}
    assert permissions_of(built_in_schema) == {
        **dict.fromkeys(roots, Permission.READ),
        "Plugin.reason": Permission.ADMIN,
        "Plugin.warning": Permission.ADMIN,
    }
    query_type = built_in_schema._schema.query_type
    assert query_type is not None
    assert {f"Query.{name}" for name in query_type.fields} - roots == {"Query.viewer"}


def test_a_field_that_needs_a_permission_can_be_null(built_in_schema: Schema) -> None:
    for coordinate in permissions_of(built_in_schema):
        kind, name = coordinate.split(".")
        assert not is_non_null_type(built_in_schema._schema.type_map[kind].fields[name].type), coordinate  # type: ignore[attr-defined]  # an object


def test_the_schema_shows_the_permissions(built_in_schema: Schema) -> None:
    text = built_in_schema.as_text()
    assert "directive @requires(permission: Permission!) on FIELD_DEFINITION" in text
    assert text.count("@requires(permission: READ)") == len(EVERY_ROOT)
    assert text.count("@requires(permission: ADMIN)") == 2


@pytest.mark.parametrize("viewer", [WRITER, NOBODY], ids=lambda viewer: viewer.name)
@pytest.mark.parametrize("name", EVERY_ROOT)
def test_without_the_permission_a_field_is_null_and_reads_nothing(
    world: World, execute: Execute, statements: list[str], viewer: Viewer, name: str
) -> None:
    world.account()
    result = execute(EVERY_ROOT[name], viewer=viewer)
    assert result.data == {name: None}
    (error,) = result.errors
    assert error["path"] == [name]
    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert error["message"] == f"`{name}` needs the permission READ, which the API key does not have."
    assert statements == []


@pytest.mark.parametrize("viewer", [READER, ADMIN], ids=lambda viewer: viewer.name)
@pytest.mark.parametrize("name", EVERY_ROOT)
def test_with_the_permission_or_one_that_includes_it_a_field_is_read(world: World, execute: Execute, viewer: Viewer, name: str) -> None:
    world.account()
    assert execute(EVERY_ROOT[name], viewer=viewer).errors == []


def test_a_field_below_the_root_has_its_own_permission(world: World, execute: Execute) -> None:
    document = "{ plugins { name reason } viewer { name } }"
    result = execute(document, viewer=READER)
    assert [error["path"] for error in result.errors] == [["plugins", 0, "reason"]]
    assert result.errors[0]["extensions"]["code"] == "FORBIDDEN"
    assert result.errors[0]["extensions"]["count"] == len(result.data["plugins"])
    assert result.data["viewer"] == {"name": "reader"}
    assert execute(document, viewer=ADMIN).errors == []


@pytest.mark.parametrize("viewer", [READER, WRITER, ADMIN, NOBODY], ids=lambda viewer: viewer.name)
def test_every_viewer_may_ask_who_it_is_and_what_the_schema_is(query: Callable[..., Any], statements: list[str], viewer: Viewer) -> None:
    document = '{ __typename viewer { name permissions } __schema { queryType { name } } __type(name: "Account") { name } }'
    assert query(document, viewer=viewer) == {
        "__typename": "Query",
        "viewer": {"name": viewer.name, "permissions": [each for each in sorted(Permission) if viewer.may(each)]},
        "__schema": {"queryType": {"name": "Query"}},
        "__type": {"name": "Account"},
    }
    assert statements == []
