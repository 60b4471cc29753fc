"""SQL is laid out, and stays what it was."""

import re

import pytest

from sellerhealth.describe.sql_format import WIDTH, typeset


def test_what_fits_stays_on_one_line() -> None:
    assert typeset("SELECT count(*) AS n \nFROM orders \nWHERE orders.a = 1 AND orders.b BETWEEN 1 AND 2") == (
        "SELECT count(*) AS n FROM orders WHERE orders.a = 1 AND orders.b BETWEEN 1 AND 2"
    )


def test_clauses_columns_and_conditions_begin_lines_and_between_is_one_condition() -> None:
    columns = ", ".join(f"count(*) FILTER (WHERE orders.column_{n} = {n}) AS number_{n}" for n in range(2))
    text = typeset(f"SELECT {columns} FROM orders WHERE orders.placed_on BETWEEN :first AND :last AND orders.accepted GROUP BY x")
    assert text.splitlines() == [
        "SELECT",
        "  count(*) FILTER (WHERE orders.column_0 = 0) AS number_0,",
        "  count(*) FILTER (WHERE orders.column_1 = 1) AS number_1",
        "FROM orders",
        "WHERE orders.placed_on BETWEEN :first AND :last",
        "  AND orders.accepted",
        "GROUP BY x",
    ]


def test_and_stands_deeper_than_or_and_groups_are_opened() -> None:
    long = "orders.a_column_with_a_long_name = 'and a long text'"
    assert typeset(f"SELECT 1 FROM orders WHERE ({long} OR {long} AND {long})").splitlines() == [
        "SELECT 1",
        "FROM orders",
        "WHERE (",
        f"  {long}",
        f"    OR {long}",
        f"      AND {long}",
        ")",
    ]


def test_exists_needs_no_parentheses_of_its_own() -> None:
    assert typeset("SELECT 1 WHERE NOT (EXISTS (SELECT 1)) AND (a OR b)") == "SELECT 1 WHERE NOT EXISTS (SELECT 1) AND (a OR b)"


@pytest.mark.parametrize("literal", ["'it''s (a, b) AND FROM'", '"an ""odd"" column"', "'  two  spaces\n and a line  '"])
def test_what_stands_in_quotes_is_left_alone(literal: str) -> None:
    assert f"a = {literal}" in typeset(f"SELECT {'x' * WIDTH}, 1 FROM t WHERE (a = {literal})")


def test_only_space_changes() -> None:
    sql = (
        "SELECT CASE WHEN (a = 'x' AND b > 1) THEN 'one' ELSE 'two' END AS class, coalesce(sum(t.c) FILTER (WHERE d), 0) FROM t"
        + " AND e" * 30
    )
    assert re.sub(r"\s", "", typeset(sql)) == re.sub(r"\s", "", sql)
    assert len(typeset(sql).splitlines()) > 30
