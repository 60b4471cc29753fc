import re
from pathlib import Path

import pytest
from graphql import GraphQLError, parse
from strawberry.types import ExecutionResult
from structlog.testing import capture_logs

from sellerhealth import Count, Metric, Window, count
from sellerhealth.access import Permission, Viewer
from sellerhealth.facts import Order
from sellerhealth.graphql.error_format import CLIENT_ERRORS, format_errors
from sellerhealth.graphql.operation_checks import RequestError
from sellerhealth.graphql.schema import make_schema
from sellerhealth.http.request import Refused

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")


class Broken(Count):
    """A value that cannot be computed."""

    def __call__(self, numbers):
        raise RuntimeError("the secret of the plugin")


def acme(key, value):
    return Metric(
        key=key, title="T", description="D.", section="acme", windows=(Window(30),), measures={"orders": orders}, value=value(orders)
    )


@pytest.fixture
def broken_schema(loaded_with):
    return make_schema(loaded_with(acme("acme_broken", Broken), acme("acme_sound", Count)))


def test_a_metric_that_fails_is_null_in_its_own_field_only(world, execute, broken_schema):
    world.account().order()
    result = execute(
        """
        { account(key: "seller-1") {
          key
          metrics { acmeBroken { value } acmeSound { value } lateShipmentRate { orders } }
        } }
        """,
        schema=broken_schema,
    )
    assert result.data["account"] == {
        "key": "seller-1",
        "metrics": {"acmeBroken": None, "acmeSound": {"value": 1.0}, "lateShipmentRate": {"orders": 1}},
    }
    (error,) = result.errors
    assert error["message"] == "The metric acme_broken could not be computed."
    assert error["path"] == ["account", "metrics", "acmeBroken"]
    error_id = error["extensions"].pop("errorId")
    assert error["extensions"] == {"code": "METRIC_FAILED", "metric": "acme_broken", "plugin": "acme"}
    assert len(error_id) == 32


def test_a_metric_that_fails_is_one_null_item_of_the_list(world, execute, broken_schema):
    world.account()
    result = execute('{ account(key: "seller-1") { metricResults(section: "acme") { definition { key } } } }', schema=broken_schema)
    assert result.data["account"]["metricResults"] == [None, {"definition": {"key": "acme_sound"}}]
    assert [error["path"] for error in result.errors] == [["account", "metricResults", 0]]


def test_one_failure_of_many_accounts_is_one_error_with_a_count_and_one_line_in_the_log(world, execute, broken_schema):
    for _ in range(5):
        world.account()
    with capture_logs() as logs:
        result = execute(
            '{ accounts { nodes { metrics { acmeBroken { value } } metricResults(keys: ["acme_broken"]) { value } } } }',
            schema=broken_schema,
        )
    assert len(result.data["accounts"]["nodes"]) == 5
    (error,) = result.errors
    assert error["extensions"]["count"] == 10
    (line,) = logs
    assert line["error_id"] == error["extensions"]["errorId"]


def test_the_same_mistake_for_many_accounts_is_one_error_with_a_count(world, execute):
    for _ in range(3):
        world.account()
    result = execute('{ accounts { nodes { key healthStatus(asOf: "2030-01-01") metricResults(days: -1) { value } } } }')
    assert [(error["extensions"], error["path"][-1]) for error in result.errors] == [
        ({"code": "BAD_USER_INPUT", "count": 3}, "healthStatus"),
        ({"code": "BAD_USER_INPUT", "count": 3}, "metricResults"),
    ]


class Faulty(Viewer):
    """Makes every read of the store fail."""

    @property
    def parameters(self):
        raise RuntimeError("password=hunter2")


def test_the_text_of_a_server_error_is_in_the_log_only(world, execute):
    with capture_logs() as logs:
        result = execute(
            '{ viewer { name } account(key: "seller-1") { key } accounts { totalCount } }',
            viewer=Faulty("x", "x", frozenset({Permission.READ}), granted=None),
        )
    assert result.data == {"viewer": {"name": "x"}, "account": None, "accounts": None}
    assert "hunter2" not in str(result.errors)
    assert [error["extensions"]["code"] for error in result.errors] == ["INTERNAL_SERVER_ERROR"] * 2
    assert [line["error_id"] for line in logs] == [error["extensions"]["errorId"] for error in result.errors]
    assert all(error["extensions"]["errorId"] in error["message"] for error in result.errors)
    assert {str(line["exc_info"]) for line in logs} == {"password=hunter2"}


def test_the_document_is_not_in_the_log(built_in_schema):
    field = parse('{ planted: account(key: "planted") { key } }').definitions[0].selection_set.selections[0]
    broken = GraphQLError("Cannot return null for non-nullable field.", [field], path=["planted"])
    assert "planted" in str(broken)
    with capture_logs() as logs:
        (error,) = format_errors(ExecutionResult(data={}, errors=[broken]), built_in_schema.loaded.registry)
    (line,) = logs
    assert (line["error_id"], line["field"]) == (error["extensions"]["errorId"], "account")
    assert str(line["exc_info"]) == "Cannot return null for non-nullable field."
    assert "planted" not in str(line)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ account(key: "x") { healthStatus(asOf: "31.3.2026") } }', "GRAPHQL_VALIDATION_FAILED"),
        ("query ($id: ID!) { node(id: $id) { id } }", "BAD_USER_INPUT"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("{" + " __typename" * 3_000 + " }", "GRAPHQL_PARSE_FAILED"),
        ("{" + " __typename" * 600 + " }", "QUERY_TOO_COMPLEX"),
    ],
)
def test_a_request_that_cannot_be_executed_says_why(execute, document, code):
    result = execute(document)
    assert result.data is None
    assert {error["extensions"]["code"] for error in result.errors} == {code}


def test_a_misspelt_field_gets_a_suggestion(execute):
    (error,) = execute('{ acount(key: "x") { key } }').errors
    assert "Did you mean 'account'" in error["message"]


def test_every_code_of_the_api_is_documented():
    page = Path(__file__).parents[2].joinpath("docs", "errors.md").read_text()
    documented = re.findall(r"^\| `([A-Z_]+)`", page.partition("## On the command line")[0], re.MULTILINE)
    codes = {kind.code for kind in (*RequestError.__subclasses__(), *CLIENT_ERRORS, *Refused.__subclasses__())}
    codes |= {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "INTERNAL_SERVER_ERROR", "MISDIRECTED_REQUEST", "TIMEOUT"}
    assert set(documented) == codes


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        ('key: "a\\u0000"', {}),
        ('key: "\\u{0}"', {}),
        ("key: $text", {"text": "a\0b"}),
    ],
)
def test_a_text_with_a_nul_character_is_bad_input(execute, arguments, variables):
    head = "query($text: String!)" if variables else ""
    (error,) = execute(f"{head} {{ account({arguments}) {{ key }} }}", **variables).errors
    assert error["message"].endswith(" has a text with the character NUL, which no name or key has.")
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_nul_character_is_found_in_lists_and_objects(execute):
    document = "query($keys: [String!], $where: AccountFilter) { accounts(filter: $where) { edges { node { key } } } }"
    for variables in ({"keys": ["a", "\0"]}, {"where": {"search": "\0"}}):
        (error,) = execute(document, **variables).errors
        assert error["message"] == f"The variable `${next(iter(variables))}` has a text with the character NUL, which no name or key has."


def test_the_letters_of_an_escape_are_no_nul_character(execute):
    assert execute('{ account(key: "\\\\u0000") { key } }').errors == []
