"""SQL is formatted without changing what it means."""

import re

import pytest

from sellerhealth.describe.sql_format import WIDTH, format_sql


def test_what_fits_stays_on_one_line() -> None:
    assert format_sql("SELECT count(*) AS n \nFROM orders \nWHERE orders.a = 1 AND orders.b BETWEEN 1 AND 2") == (
        "SELECT count(*) AS n FROM orders WHERE orders.a = 1 AND orders.b BETWEEN 1 AND 2"
    )


def test_clauses_columns_and_conditions_get_their_own_lines_and_between_is_one_condition() -> None:
    columns = ", ".join(f"count(*) FILTER (WHERE orders.column_{n} = {n}) AS number_{n}" for n in range(2))
    text = format_sql(f"SELECT {columns} FROM orders WHERE orders.placed_on BETWEEN :first AND :last AND orders.accepted GROUP BY x")
    assert text.splitlines() == [
        "SELECT",
        "  count(*) FILTER (WHERE orders.column_0 = 0) AS number_0,",
        "  count(*) FILTER (WHERE orders.column_1 = 1) AS number_1",
        "FROM orders",
        "WHERE orders.placed_on BETWEEN :first AND :last",
        "  AND orders.accepted",
        "GROUP BY x",
    ]


def test_and_is_indented_deeper_than_or_and_groups_are_broken() -> None:
    long = "orders.a_column_with_a_long_name = 'and a long text'"
    assert format_sql(f"SELECT 1 FROM orders WHERE ({long} OR {long} AND {long})").splitlines() == [
        "SELECT 1",
        "FROM orders",
        "WHERE (",
        f"  {long}",
        f"    OR {long}",
        f"      AND {long}",
        ")",
    ]


def test_exists_needs_no_parentheses_of_its_own() -> None:
    assert format_sql("SELECT 1 WHERE NOT (EXISTS (SELECT 1)) AND (a OR b)") == "SELECT 1 WHERE NOT EXISTS (SELECT 1) AND (a OR b)"


@pytest.mark.parametrize("literal", ["'it''s (a, b) AND FROM'", '"an ""odd"" column"', "'  two  spaces\n and a line  '"])
def test_quoted_text_is_unchanged(literal: str) -> None:
    assert f"a = {literal}" in format_sql(f"SELECT {'x' * WIDTH}, 1 FROM t WHERE (a = {literal})")


def test_only_whitespace_changes() -> None:
    sql = (
        "SELECT CASE WHEN (a = 'x' AND b > 1) THEN 'one' ELSE 'two' END AS class, coalesce(sum(t.c) FILTER (WHERE d), 0) FROM t"
        + " AND e" * 30
    )
    assert re.sub(r"\s", "", format_sql(sql)) == re.sub(r"\s", "", sql)
    assert len(format_sql(sql).splitlines()) > 30
