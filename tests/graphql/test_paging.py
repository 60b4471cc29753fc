import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellerhealth.access import OWNER, Viewer
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
    return [key for _, key in sorted((name, f"key-{number}") for number, name in enumerate(NAMES))]


def test_accounts_are_listed_by_name_then_key_twenty_at_a_time(keys, answer, database):
    page = answer(PAGE)["accounts"]
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
    assert len(answer(PAGE)["accounts"]["nodes"]) == 20


def test_an_empty_list_has_no_cursors(answer):
    page = answer(PAGE)["accounts"]
    assert page == {
        "edges": [],
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
        "totalCount": 0,
    }


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(size=st.integers(1, 10), from_end=st.booleans())
def test_pages_in_either_direction_are_the_list_without_gaps_or_overlaps(keys, answer, size, from_end):
    seen, cursor, more = [], None, True
    while more:
        page = answer(PAGE, **({"last": size, "before": cursor} if from_end else {"first": size, "after": cursor}))["accounts"]
        found, info = [node["key"] for node in page["nodes"]], page["pageInfo"]
        assert (info["hasNextPage"] if from_end else info["hasPreviousPage"]) == bool(seen)
        seen = found + seen if from_end else seen + found
        cursor, more = (info["startCursor"], info["hasPreviousPage"]) if from_end else (info["endCursor"], info["hasNextPage"])
    assert seen == keys


def test_a_page_lies_between_two_cursors(keys, answer):
    cursors = [edge["cursor"] for edge in answer(PAGE)["accounts"]["edges"]]
    page = answer(PAGE, after=cursors[1], before=cursors[4])["accounts"]
    assert [node["key"] for node in page["nodes"]] == keys[2:4]
    page = answer(PAGE, after=cursors[-1])["accounts"]
    assert (page["nodes"], page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]) == ([], True, False)


def test_a_cursor_still_names_its_place_when_its_account_is_gone(keys, answer, database):
    cursors = [edge["cursor"] for edge in answer(PAGE)["accounts"]["edges"]]
    with database.writing() as connection:
        connection.execute(sa.delete(Account).where(Account.key == keys[3]))
    assert [node["key"] for node in answer(PAGE, after=cursors[3], first=2)["accounts"]["nodes"]] == keys[4:6]


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
def test_a_page_that_cannot_be_is_refused(ask, arguments, message):
    result = ask(PAGE, **arguments)
    assert result.data == {"accounts": None}
    assert [(error["message"], error["extensions"]["code"]) for error in result.errors] == [(message, "BAD_USER_INPUT")]


def test_null_arguments_are_as_good_as_none(keys, answer):
    nulls = dict.fromkeys(["first", "last", "after", "before"])
    assert answer(PAGE, **nulls) == answer(PAGE)


class OnlySome(Viewer):
    """Sees the accounts with even numbers."""

    def accounts(self, *columns):
        return super().accounts(*columns).where(Account.key.in_(["key-0", "key-2", "key-4"]))


def test_what_a_viewer_may_not_see_is_on_no_page_and_is_not_counted(keys, answer):
    some = OnlySome(OWNER.name, OWNER.permissions)
    page = answer(PAGE, viewer=some, first=2)["accounts"]
    assert [node["key"] for node in page["nodes"]] == [key for key in keys if key in ("key-0", "key-2", "key-4")][:2]
    assert page["totalCount"] == 3
    document = '{ seen: account(key: "key-0") { key } hidden: account(key: "key-1") { key } }'
    assert answer(document, viewer=some) == {"seen": {"key": "key-0"}, "hidden": None}


def test_the_total_is_counted_only_when_asked_for(keys, answer, statements):
    answer("{ accounts { nodes { key } } }")
    assert not [statement for statement in statements if "count(" in statement.lower()]
    answer("{ accounts { totalCount } }")
    assert [statement for statement in statements if "count(" in statement.lower()]
