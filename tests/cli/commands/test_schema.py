"""`schema` prints the schema, and names the changes between two schemas."""

from pathlib import Path

import pytest


def test_the_schema_is_printed_with_the_metrics(invoke):
    done = invoke("schema")
    assert "lateShipmentRate(" in done.out
    assert done.err == ""


def test_the_schema_says_the_limits_of_the_settings(invoke, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_DOCUMENT_LIMITS__PAGE_SIZE", "50")
    assert "from the start: 1 to 50." in invoke("schema").out
    invoke("schema", "--write")  # of the built-in plugins with default settings
    assert "from the start: 1 to 100." in Path("schema.graphql").read_text()


def test_a_schema_that_was_written_passes_the_check(invoke):
    assert "NOT_FOUND: " in invoke("schema", "--check").err
    assert invoke("schema", "--write").exit_code == 0
    assert invoke("schema", "--check").exit_code == 0


def test_the_check_names_each_change_and_what_it_breaks(invoke):
    invoke("schema", "--write")
    schema = Path("schema.graphql")
    schema.write_text(schema.read_text().replace("type Plugin {", "type Plugin {\n  colour: String\n"))
    done = invoke("schema", "--check")
    assert done.exit_code == 1
    assert "BREAKING: Field Plugin.colour was removed." in done.err
    assert "schema --write" in done.err


def test_the_difference_from_another_schema_names_what_breaks_and_what_may_surprise(invoke):
    path = Path("theirs.graphql")
    now = invoke("schema").out
    path.write_text(now)
    same = invoke("schema", "--diff", str(path))
    assert (same.exit_code, same.out, "Nothing breaks" in same.err) == (0, "", True)
    without = now.replace("WITHOUT_TARGET", "AIMLESS")  # theirs lacks a value of an enum, and has one that is gone
    path.write_text(without.replace("type Plugin {", "type Plugin {\n  colour: String\n"))
    done = invoke("schema", "--diff", str(path))
    assert done.exit_code == 1
    assert done.out.splitlines() == [
        "BREAKING: Enum value MetricStatus.AIMLESS was removed.",
        "BREAKING: Field Plugin.colour was removed.",
        "DANGEROUS: Enum value MetricStatus.WITHOUT_TARGET was added.",
    ]
    path.write_text(now.replace("  WITHOUT_TARGET\n", "").replace('  """The metric has no target."""\n', ""))
    surprising = invoke("schema", "--diff", str(path))
    assert (surprising.exit_code, surprising.out.split(":")[0]) == (0, "DANGEROUS")


@pytest.mark.parametrize("content", ["type Query {", "type Query { a: Nothing }", "not GraphQL", ""])
def test_a_file_that_is_no_schema_cannot_be_compared(invoke, content):
    Path("theirs.graphql").write_text(content)
    done = invoke("schema", "--diff", "theirs.graphql")
    assert done.exit_code == 1
    assert "theirs.graphql is not a GraphQL schema" in done.err
