"""gql: a client for Python that fetches the schema from the server and checks queries with it."""

import os
import re

import pytest
from gql import gql
from gql.transport.exceptions import TransportQueryError
from graphql import GraphQLError

from with_gql import connect, late_shipment

CLIENT = connect(f"{os.environ['DEMO']}/graphql")


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
