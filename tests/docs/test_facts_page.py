"""docs/spec/facts.md has the ranks of the importers, the merge rules and the conditions of packages as the code has them."""

import re
from pathlib import Path

from sellerhealth.facts import FACTS, Package
from sellerhealth.importers import cancellations, flat_orders, orders_api, seller_feedback
from sellerhealth.model.unknown_cells import unknown_cell
from sellerhealth.sources.importer import RANKS

PAGE = Path(__file__).parents[2].joinpath("docs", "spec", "facts.md").read_text()


def test_the_ranks_are_those_of_the_importers():
    own, api, reports, highest = map(int, re.search(r"our own CSVs (\d+), .* API (\d+), .* reports (\d+)\. .* 0 to (\d+)\.", PAGE).groups())
    assert (own, api, highest) == (cancellations.IMPORTER.rank, orders_api.IMPORTER.rank, RANKS - 1)
    assert {reports} == {seller_feedback.IMPORTER.rank, *(importer.rank for importer in flat_orders.IMPORTERS)}


def test_the_columns_with_a_rule_of_their_own_are_the_named_ones():
    rules = {rule: set() for rule in ("first", "ever")}
    for fact in FACTS:
        for column in fact.__table__.c:
            if column.info.get("merge") in rules:
                rules[column.info["merge"]].add(f"{fact.__name__}.{column.name}")
    assert rules == {"first": {"Order.shipped_at", "Package.confirmed_at"}, "ever": {"Order.seen_accepted", "Package.scanned"}}
    assert "| first | the confirmation of a package, and of an order as a whole |" in PAGE
    assert "| ever | whether an order was accepted, whether a package was scanned |" in PAGE


def test_the_columns_whose_empty_cell_is_unknown_are_the_named_ones():
    section = PAGE.partition("## Unknown cells")[2].partition("\n## ")[0]
    named: dict[str, set[str]] = {}
    for cell in re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE):
        fact, *columns = re.findall(r"\w+", cell)
        named.setdefault(fact, set()).update(columns)
    declared = {fact.__name__: {column.name for column in fact.__table__.c if unknown_cell(column) is not None} for fact in FACTS}
    assert named == {fact: columns for fact, columns in declared.items() if columns}


def test_the_named_columns_and_conditions_of_a_package_exist():
    section = PAGE.partition("## What a package counts for")[2].partition("\n## ")[0]
    named = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert len(named) > 5
    assert [name for name in named if not hasattr(Package, name)] == []
