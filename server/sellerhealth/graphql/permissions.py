"""Permissions of fields: declared where a field is declared, shown in the schema as `@requires`, and enforced before a field reads anything."""

from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLSchema, is_object_type
from strawberry.schema_directive import Location

from sellerhealth.access import Permission
from sellerhealth.errors import Forbidden
from sellerhealth.graphql.declared import declaration_of


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requires",
    description="The permission that a viewer needs for this field: without it the field is null, with an error `FORBIDDEN`.",
)
class Requires:
    """The directive."""

    permission: Permission


def directives(permission: Permission | None) -> list[object]:
    """The directives of a StrawberryField that needs a permission, or none."""
    return [] if permission is None else [Requires(permission=permission)]


def required_permission(field: GraphQLField) -> Permission | None:
    """The permission that a field of a schema needs; None if every viewer may select it."""
    declared = declaration_of(field)
    return next((each.permission for each in declared.directives if isinstance(each, Requires)), None) if declared else None


def enforce_permissions(schema: GraphQLSchema) -> None:
    """Makes each field that needs a permission ask for it, before it is resolved."""
    for kind in schema.type_map.values():
        for field in kind.fields.values() if is_object_type(kind) else ():
            permission = required_permission(field)
            if permission is not None:
                field.resolve = Guarded(field.resolve, permission)


class Guarded:
    """Resolves a field for those who have a permission. `resolve`: as it is resolved for them."""

    def __init__(self, resolve: Any, permission: Permission) -> None:
        self.resolve, self._permission = resolve, permission

    def check(self, info: Any) -> None:
        """Raises Forbidden for a viewer without the permission."""
        if not info.context.viewer.may(self._permission):
            raise Forbidden(f"`{info.field_name}` needs the permission {self._permission}, which the API key does not have.")

    def __call__(self, source: Any, info: Any, **arguments: Any) -> Any:
        self.check(info)
        return self.resolve(source, info, **arguments)
