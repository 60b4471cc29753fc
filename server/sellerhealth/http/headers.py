"""The headers of a request by their names, read once for everything that looks at one: each search through all of them takes as long."""

from collections import Counter

from starlette.types import Scope

_READ = "sellerhealth.headers"  # in the scope


class Headers(dict[bytes, bytes]):
    """The headers of a request by their names in lower case: the first of each name. `repeated`: the names that more than one has."""

    repeated: frozenset[bytes] = frozenset()

    def only(self, name: bytes) -> bytes | None:
        """The header of a name. None if there is none, or more than one."""
        return None if name in self.repeated else self.get(name)


def headers_of(scope: Scope) -> Headers:
    """The headers of a request."""
    headers: Headers | None = scope.get(_READ)
    if headers is None:
        sent = scope["headers"]
        headers = scope[_READ] = Headers(reversed(sent))
        if len(headers) < len(sent):
            headers.repeated = frozenset(name for name, number in Counter(name for name, _ in sent).items() if number > 1)
    return headers
