"""gql: a client for Python that can ask the server for its schema, and check queries with it."""

import os
import re

import pytest
from gql import gql
from gql.transport.exceptions import TransportQueryError
from graphql import GraphQLError

from with_gql import connect, late_shipment

CLIENT = connect(f"{os.environ['DEMO']}/graphql")


def test_a_query_is_answered():
    assert re.fullmatch(r"Oak & Kettle: \d+ of \d+ late, \d\.\d\d %", late_shipment(CLIENT, "slipping"))


def test_a_mistake_is_found_by_the_schema_that_the_server_gave():
    with pytest.raises(GraphQLError, match="Cannot query field 'nmae'"):
        CLIENT.execute(gql('{ account(key: "slipping") { nmae } }'))


def test_an_error_has_its_code_and_the_rest_of_the_answer_is_there():
    with pytest.raises(TransportQueryError) as failed:
        CLIENT.execute(gql('{ account(key: "slipping") { name metricResults(keys: ["late"]) { id } } }'))
    assert [error["extensions"]["code"] for error in failed.value.errors] == ["BAD_USER_INPUT"]
    assert failed.value.data == {"account": {"name": "Oak & Kettle", "metricResults": None}}
