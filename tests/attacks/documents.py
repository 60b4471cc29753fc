"""Documents that ask for too much, or are made to be slow to read: each is refused with one of these codes."""

import base64
import json
from typing import Any, NamedTuple

TOO_COMPLEX = frozenset({"QUERY_TOO_COMPLEX"})
PARSING = frozenset({"GRAPHQL_PARSE_FAILED"})
INVALID = frozenset({"GRAPHQL_VALIDATION_FAILED"})
INPUT = frozenset({"BAD_USER_INPUT"})


class Attack(NamedTuple):
    """A document with its variables, and the codes of which one must be its answer's."""

    query: str
    codes: frozenset[str]
    variables: Any = None


def repeated(text: str, number: int) -> str:
    """A text so many times, with numbers in the place of `#`."""
    return " ".join(text.replace("#", str(index)) for index in range(number))


def chain(body: str, number: int, kind: str) -> str:
    """Fragments each of which uses the next one in the place of `#`."""
    definitions = (f"fragment f{index} on {kind} {{ {body.replace('#', f'f{index + 1}')} }}" for index in range(number))
    return " ".join(definitions) + f" fragment f{number} on {kind} {{ __typename }}"


LONG_NAME = "a" * 90
DIGITS = "9" * 100_000
BIG_ID = base64.urlsafe_b64encode(json.dumps(["Account", "x" * 300_000]).encode()).decode()

REFUSED = {
    "fragments with 2^24 leaves": Attack(
        '{ account(key: "a") { metrics { sellerRating { ...f0 } } } } '
        + chain("a: account { metrics { sellerRating { ...# } } } b: account { metrics { sellerRating { ...# } } }", 24, "SellerRating"),
        TOO_COMPLEX,
    ),
    "fragments spread twice, 2^30 times": Attack("{ ...f0 } " + chain("...# ...#", 30, "Query"), TOO_COMPLEX | INVALID),
    "a chain of 200 fragments": Attack("{ ...f0 } " + chain("...#", 200, "Query"), TOO_COMPLEX),
    "fragments in a circle": Attack("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", INVALID),
    "a fragment in itself": Attack("{ ...A } fragment A on Query { ...A ...A }", INVALID),
    "300 fragments side by side": Attack(
        "{" + repeated("...f#", 150) + "}" + repeated("fragment f# on Query { viewer { name } }", 150), TOO_COMPLEX
    ),
    "10,000 aliases": Attack("{" + repeated("a#: viewer { name }", 10_000) + "}", INPUT),
    "300 aliases": Attack("{" + repeated("a#: viewer { name }", 300) + "}", TOO_COMPLEX),
    "1,000 lists": Attack("{" + repeated("a#: accounts(first: 100) { nodes { key } }", 1_000) + "}", PARSING),
    "60 lists": Attack("{" + repeated("a#: accounts(first: 100) { nodes { key } }", 60) + "}", TOO_COMPLEX),
    "the same field 480 times": Attack("{" + "viewer { name } " * 240 + "}", TOO_COMPLEX),
    "the same field with other arguments": Attack("{" + repeated("account(key: #) { key name }", 160) + "}", TOO_COMPLEX),
    "depth 100": Attack("{ account " * 100 + "{ key }" + "}" * 100, TOO_COMPLEX),
    "depth 1,000": Attack("{ a " * 900 + "{ key }" + "}" * 900, PARSING | TOO_COMPLEX),
    "20,000 nested fields": Attack("{ a " * 20_000 + "}" * 20_000, INPUT),
    "20,000 nested lists": Attack("{ nodes(ids: " + "[" * 20_000 + "]" * 20_000 + ") { id } }", PARSING),
    "900 nested lists": Attack("{ nodes(ids: " + "[" * 900 + "]" * 900 + ") { id } }", PARSING | INVALID),
    "900 nested objects": Attack("{ accounts(filter: " + "{a: " * 400 + "1" + "}" * 400 + ") { nodes { id } } }", PARSING | INVALID),
    "nested types of a variable": Attack("query ($a: " + "[" * 900 + "Int" + "]" * 900 + ") { viewer { name } }", PARSING | INVALID),
    "1,000 directives": Attack("{ viewer { name " + "@include(if: true) " * 1_000 + "} }", PARSING),
    "200 directives": Attack("{ viewer { name " + "@include(if: true) " * 200 + "} }", TOO_COMPLEX),
    "10,000 unknown directives": Attack("{ viewer " + "@x " * 10_000 + "{ name } }", PARSING),
    "5,000 operations": Attack(repeated("query q# { viewer { name } }", 5_000), INPUT),
    "300 operations": Attack(repeated("query q# { viewer { name } }", 240), frozenset({"OPERATION_RESOLUTION_FAILURE"})),
    "10,000 variables": Attack("query (" + repeated("$v#: Int", 10_000) + ") { viewer { name } }", INPUT),
    "400 unused variables": Attack("query (" + repeated("$v#: Int", 400) + ") { viewer { name } }", INVALID),
    "introspection 200 times": Attack("{" + repeated("a#: __schema { types { name } }", 200) + "}", TOO_COMPLEX),
    "introspection 11 times": Attack("{" + repeated("a#: __schema { types { name } }", 11) + "}", TOO_COMPLEX),
    "introspection in a circle": Attack(
        "{ __schema { types { " + "fields { type { " * 8 + "name" + " } }" * 8 + " } } }", TOO_COMPLEX | INVALID
    ),
    "490 unknown names": Attack("{ account(key: 1) {" + repeated(f"{LONG_NAME}#", 490) + "} }", INVALID),
    "490 names like others": Attack("{ metricDefinitions {" + repeated("descriptiom#", 490) + "} }", INVALID),
    "190 unknown arguments": Attack("{ account(" + repeated("keyy#: 1", 490) + ") { key } }", INVALID),
    "900 kB of a comment": Attack("#" * 900_000 + "\n{ nothing }", INPUT),
    "900 kB of spaces": Attack(" " * 900_000 + "{ nothing }", INPUT),
    "900 kB of a string": Attack('{ account(key: "' + "a" * 900_000 + '") { nothing } }', INPUT),
    "900 kB of escapes": Attack('{ account(key: "' + "\\u0061" * 140_000 + '") { nothing } }', INPUT),
    "900 kB of line ends": Attack('{ account(key: """' + " \n" * 200_000 + '""") { nothing } }', INPUT),
    "a string without an end": Attack('{ account(key: "' + "a" * 900_000, INPUT),
    "a name of 900 kB": Attack("{ " + "a" * 900_000 + " }", INPUT),
    "900 kB of tokens": Attack("{" + " a" * 450_000 + "}", INPUT),
    "900 kB of brackets": Attack("{" * 900_000, INPUT),
    "45 kB of a comment": Attack("#" * 45_000 + "\n{ nothing }", INVALID),
    "45 kB of a string": Attack('{ account(key: "' + "a" * 45_000 + '") { nothing } }', INVALID),
    "45 kB of escapes": Attack('{ account(key: "' + "\\u0061" * 7_500 + '") { nothing } }', INVALID),
    "45 kB of line ends": Attack('{ account(key: """' + " \n" * 22_000 + '""") { nothing } }', INVALID),
    "45 kB of brackets": Attack("{" * 45_000, PARSING),
    "a name of 45 kB": Attack("{ " + "a" * 45_000 + " }", INVALID),
    "45,000 digits": Attack("{ accounts(first: " + "9" * 45_000 + ") { nodes { key } } }", INVALID | PARSING | TOO_COMPLEX),
    "45,000 digits of a fraction": Attack("{ accounts(first: 1." + "9" * 45_000 + ") { nodes { key } } }", INVALID | TOO_COMPLEX),
    "100,000 digits": Attack("{ accounts(first: " + DIGITS + ") { nodes { key } } }", INPUT),
    "100,000 digits of a fraction": Attack("{ accounts(first: 1." + DIGITS + ") { nodes { key } } }", INPUT),
    "an exponent of 9,999": Attack("{ accounts(first: 1e9999) { nodes { key } } }", INVALID | TOO_COMPLEX),
    "10,000 ids": Attack("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", TOO_COMPLEX, {"ids": ["a"] * 10_000}),
    "101 ids": Attack("{ nodes(ids: [" + '"a" ' * 101 + "]) { id } }", INPUT),
    "ids in 900 lists": Attack("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", INPUT, {"ids": json.loads("[" * 900 + "]" * 900)}),
    "a page of 2^31": Attack("{ accounts(first: 2147483647) { nodes { key } } }", TOO_COMPLEX | INPUT),
    "a page of -1": Attack("query ($n: Int) { accounts(first: $n) { nodes { key } } }", INPUT, {"n": -1}),
    "30,000 variables": Attack(
        "query ($n: Int) { accounts(first: $n) { nodes { key } } }", TOO_COMPLEX, {f"v{n}": n for n in range(30_000)}
    ),
    "a list in the place of variables": Attack("{ viewer { name } }", INPUT, ["a"] * 1_000),
    "a cursor of 300 kB": Attack("query ($c: String) { accounts(after: $c) { nodes { key } } }", INPUT, {"c": BIG_ID}),
    "a date of 100,000 digits": Attack("query ($d: Date) { accounts { nodes { healthStatus(asOf: $d) } } }", INPUT, {"d": DIGITS}),
    "50,000 keys that do not exist": Attack(
        "query ($k: [String!]) { accounts { nodes { metricResults(keys: $k) { value } } } }",
        TOO_COMPLEX,
        {"k": [f"k{n}" for n in range(50_000)]},
    ),
    "a filter of 50,000 keys": Attack(
        "query ($k: [String!]) { accounts(filter: {keys: $k}) { nodes { key } } }", TOO_COMPLEX, {"k": [f"k{n}" for n in range(50_000)]}
    ),
    "a search of 60,000 wildcards": Attack(
        "query ($s: String) { accounts(filter: {search: $s}) { totalCount nodes { key } } }", INPUT, {"s": "%_" * 30_000}
    ),
    "10,000 changes": Attack(
        "query ($c: [MeasureChange!]!) { accounts { nodes { metrics { lateShipmentRate { whatIf(changes: $c) { value } } } } } }",
        TOO_COMPLEX,
        {"c": [{"measure": f"m{n}", "by": 2**31 - 1} for n in range(10_000)]},
    ),
    "a subscription": Attack("subscription { viewer { name } }", frozenset({"OPERATION_RESOLUTION_FAILURE"}) | INVALID),
}

# As measured before costs followed the work: cost of some hundreds to 50,000, and 6 to 35 seconds.
DAYS = [f"2026-{1 + day // 28:02}-{1 + day % 28:02}" for day in range(84)]
EXPENSIVE = {
    "the health of 50 days": "{ accounts { nodes {"
    + " ".join(f'h{n}: healthStatus(asOf: "{day}")' for n, day in enumerate(DAYS[:50]))
    + "} } }",
    "45 counts of evidence": "{ accounts { nodes { metrics { orderDefectRate {"
    + repeated('e#: evidence(measure: "orders") { totalCount }', 45)
    + "} } } } }",
    "45 timelines of 1,100 days": "{ accounts { nodes {"
    + " ".join(f't{n}: timeline(from: "2023-{1 + n // 28:02}-{1 + n % 28:02}") {{ series {{ values statuses }} }}' for n in range(45))
    + "} } }",
}


class Shape(NamedTuple):
    """A document of many parts. In a part, `#` is its number and `@` a day."""

    before: str
    part: str
    after: str
    most: int = 50  # parts: as many as a document may have aliases

    def document(self, parts: int) -> str:
        """With so many parts."""
        return self.before + " ".join(self.part.replace("#", str(n)).replace("@", day) for n, day in enumerate(DAYS[:parts])) + self.after


def _of_metric(metric: str, part: str) -> Shape:
    return Shape(f"{{ accounts(first: 4) {{ nodes {{ metrics {{ {metric} {{", part, "} } } } }")


def _of_account(part: str) -> Shape:
    return Shape("{ accounts(first: 4) { nodes {", part, "} } }")


# Each is allowed with as many parts as its cost lets it have.
SHAPES = {
    "the health of days": _of_account('h#: healthStatus(asOf: "@")'),
    "results of days": _of_account('r#: metricResults(asOf: "@") { value display windows { value status } figures { key value } }'),
    "results of years": _of_account('r#: metricResults(asOf: "@", days: 365) { value overallStatus }'),
    "breakdowns": _of_account('m#: metrics(asOf: "@") { orderDefectRate(days: 365) { breakdown(by: "marketplace") { value status } } }'),
    "timelines": _of_account('t#: timeline(from: "2025-01-01", to: "@") { series { values statuses } }'),
    "histories": _of_metric("sellerRating", 'h#: history(from: "2025-01-01", to: "@") { date value status }'),
    "evidence": _of_metric("orderDefectRate", 'e#: evidence(measure: "orders", first: 100) { totalCount nodes { id } }'),
    "pages of orders": _of_account('o#: orders(first: 100, filter: {to: "@"}) { totalCount nodes { id packages { id } claims { id } } }'),
    "accounts by health": Shape(
        "{", 'a#: accounts(first: 1, filter: {search: "#"}, orderBy: {field: HEALTH, direction: DESC}) { nodes { key } }', "}", 30
    ),
}
