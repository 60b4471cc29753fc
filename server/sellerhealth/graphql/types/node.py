"""The interface of objects with an id."""

import strawberry

from sellerhealth.graphql.decorators import field, interface


@interface
class Node:
    """An object that can be fetched again by its `id`."""

    id: strawberry.ID = field(description="An opaque id, unique over all types. Do not take it apart: for Amazon's own numbers see `key`.")
