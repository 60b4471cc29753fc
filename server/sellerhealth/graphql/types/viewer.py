"""The viewer: who sends a request."""

import datetime as dt

from sellerhealth.graphql.decorators import field, object_type
from sellerhealth.graphql.types.enums import Permission


@object_type
class Viewer:
    """The viewer who sends the request, and their permissions."""

    name: str = field(description="The name of the key or the person.")
    permissions: list[Permission] = field(description="What the viewer may do.")
    expires_at: dt.datetime | None = field(description="From when the key is refused. Null when it does not expire.")
