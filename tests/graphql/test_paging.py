import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellerhealth.access import Permission, Viewer
from sellerhealth.graphql import ids
from sellerhealth.model.records import Account
from sellerhealth.store import accounts

# Names that are equal, that differ only in case, that are not ASCII, and a key that sorts before its name's neighbours.
NAMES = ["Bärenhaus", "acme", "Acme", "acme", "Zeta", "Acme", "", "東京", "acme"]

PAGE = """
query ($first: Int, $last: Int, $after: String, $before: String) {
  accounts(first: $first, last: $last, after: $after, before: $before) {
    edges { cursor node { key } }
    nodes { key }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}
"""


@pytest.fixture
def keys(database):
    """The keys of nine accounts, in the order of their list."""
    with database.writing() as connection:
        for number, name in enumerate(NAMES):
            accounts.create(connection, f"key-{number}", name)
    return [key for _, key in sorted((name.casefold(), f"key-{number}") for number, name in enumerate(NAMES))]


def test_accounts_are_listed_by_name_then_key_twenty_at_a_time(keys, query, database):
    page = query(PAGE)["accounts"]
    assert [node["key"] for node in page["nodes"]] == keys
    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    assert page["totalCount"] == len(keys)
    assert page["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": page["edges"][0]["cursor"],
        "endCursor": page["edges"][-1]["cursor"],
    }
    with database.writing() as connection:
        for number in range(20):
            accounts.create(connection, f"more-{number}", "more")
    assert len(query(PAGE)["accounts"]["nodes"]) == 20


def test_an_empty_list_has_no_cursors(query):
    page = query(PAGE)["accounts"]
    assert page == {
        "edges": [],
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
        "totalCount": 0,
    }


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(size=st.integers(1, 10), from_end=st.booleans())
def test_pages_in_either_direction_are_the_list_without_gaps_or_overlaps(keys, query, size, from_end):
    seen, cursor, more = [], None, True
    while more:
        page = query(PAGE, **({"last": size, "before": cursor} if from_end else {"first": size, "after": cursor}))["accounts"]
        found, info = [node["key"] for node in page["nodes"]], page["pageInfo"]
        assert (info["hasNextPage"] if from_end else info["hasPreviousPage"]) == bool(seen)
        seen = found + seen if from_end else seen + found
        cursor, more = (info["startCursor"], info["hasPreviousPage"]) if from_end else (info["endCursor"], info["hasNextPage"])
    assert seen == keys


def test_a_page_lies_between_two_cursors(keys, query):
    cursors = [edge["cursor"] for edge in query(PAGE)["accounts"]["edges"]]
    page = query(PAGE, after=cursors[1], before=cursors[4])["accounts"]
    assert [node["key"] for node in page["nodes"]] == keys[2:4]
    page = query(PAGE, after=cursors[-1])["accounts"]
    assert (page["nodes"], page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]) == ([], True, False)


def test_a_cursor_keeps_its_position_when_its_account_is_gone(keys, query, database):
    cursors = [edge["cursor"] for edge in query(PAGE)["accounts"]["edges"]]
    with database.writing() as connection:
        connection.execute(sa.delete(Account).where(Account.key == keys[3]))
    assert [node["key"] for node in query(PAGE, after=cursors[3], first=2)["accounts"]["nodes"]] == keys[4:6]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": 0}, "`first` must be 1 to 100, found 0."),
        ({"first": 101}, "`first` must be 1 to 100, found 101."),
        ({"last": -1}, "`last` must be 1 to 100, found -1."),
        ({"first": 1, "last": 1}, "Give `first` or `last`, not both."),
        ({"after": "garbage"}, "`after` is not a cursor of this list: take one from `pageInfo` or `edges`."),
        ({"after": ""}, "`after` is not a cursor of this list: take one from `pageInfo` or `edges`."),
        ({"before": ids.write(["one"])}, "`before` is not a cursor of this list: take one from `pageInfo` or `edges`."),
        ({"before": ids.write(["one", 2])}, "`before` is not a cursor of this list: take one from `pageInfo` or `edges`."),
    ],
)
def test_invalid_arguments_are_refused(execute, arguments, message):
    result = execute(PAGE, **arguments)
    assert result.data == {"accounts": None}
    assert [(error["message"], error["extensions"]["code"]) for error in result.errors] == [(message, "BAD_USER_INPUT")]


def test_null_arguments_count_as_left_out(keys, query):
    nulls = dict.fromkeys(["first", "last", "after", "before"])
    assert query(PAGE, **nulls) == query(PAGE)


def test_accounts_that_the_viewer_may_not_see_are_neither_listed_nor_counted(keys, query):
    some = Viewer(
        "some", "some", frozenset({Permission.READ}), granted=frozenset(accounts.account_id_of(f"key-{number}") for number in (0, 2, 4))
    )
    page = query(PAGE, viewer=some, first=2)["accounts"]
    assert [node["key"] for node in page["nodes"]] == [key for key in keys if key in ("key-0", "key-2", "key-4")][:2]
    assert page["totalCount"] == 3
    document = '{ seen: account(key: "key-0") { key } hidden: account(key: "key-1") { key } }'
    assert query(document, viewer=some) == {"seen": {"key": "key-0"}, "hidden": None}


def test_the_total_is_counted_only_when_selected(keys, query, statements):
    query("{ accounts { nodes { key } } }")
    assert not [statement for statement in statements if "count(" in statement.lower()]
    query("{ accounts { totalCount } }")
    assert [statement for statement in statements if "count(" in statement.lower()]
