"""gql: a client for Python that fetches the schema from the server and checks queries with it."""

import os
import re

import pytest
from gql import gql
from gql.transport.exceptions import TransportQueryError
from graphql import GraphQLError

from with_gql import connect, late_shipment

ADDRESS = f"{os.environ['SERVER']}/graphql"
CLIENT = connect(ADDRESS, os.environ["KEY"])


def test_a_query_has_a_result():
    assert re.fullmatch(r"Oak & Kettle: \d+ of \d+ late, \d\.\d\d %", late_shipment(CLIENT, "slipping"))


def test_a_mistake_is_found_with_the_schema_of_the_server():
    with pytest.raises(GraphQLError, match="Cannot query field 'nmae'"):
        CLIENT.execute(gql('{ account(key: "slipping") { nmae } }'))


def test_an_error_has_its_code_and_the_other_fields_have_data():
    with pytest.raises(TransportQueryError) as failed:
        CLIENT.execute(gql('{ account(key: "slipping") { name metricResults(keys: ["late"]) { id } } }'))
    assert [error["extensions"]["code"] for error in failed.value.errors] == ["BAD_USER_INPUT"]
    assert failed.value.data == {"account": {"name": "Oak & Kettle", "metricResults": None}}


def test_a_key_that_is_not_valid_is_an_error_with_its_code():
    client = connect(ADDRESS, "nonsense")
    client.fetch_schema_from_transport = False
    with pytest.raises(TransportQueryError) as failed:
        client.execute(gql("{ viewer { name } }"))
    assert failed.value.errors[0]["extensions"]["code"] == "UNAUTHENTICATED"
