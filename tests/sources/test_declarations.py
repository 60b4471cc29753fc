"""A declaration of a format that cannot work is refused when it is made."""

import dataclasses

import pytest

from sellerhealth.facts import Claim, Order, Refund
from sellerhealth.sources import Column, FactKind, Importer, Sample, Sheet, key

SHEET = Sheet((Column("order", "order_id", key, "The order.", required=True, filled=True),), lambda values: Refund)
IMPORTER = Importer("acme_claims", "Claims", frozenset({FactKind.CLAIM}), 10, SHEET, SHEET.read)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: Column("a", "order_id", "key", "A."), "column 'a': its reader is a str: use a function of a text, such as `key`"),
        (lambda: Sheet(Column("a", "a", key, "A."), lambda values: Order), "the columns of a sheet are a Column: use a tuple"),
        (lambda: Sheet((), lambda values: Order), "sheet of no columns: every file would be of this format"),
        (lambda: Sheet((Column("a", "a", key, "A."),), lambda values: Order), "sheet of a: every file would be of this format. Say which"),
        (
            lambda: Sheet((Column("a b", "a", key, "A.", required=True), Column("A_B", "b", key, "B.")), lambda values: Order),
            "sheet of a b, A_B: there are two columns 'ab'",
        ),
        (
            lambda: Sheet((Column("a", "order_id", key, "A.", required=True), Column("b", "order_id", key, "B.")), lambda values: Order),
            "there are two columns 'order_id'. Give each its own name and its own `into`",
        ),
    ],
)
def test_a_sheet_that_cannot_work_is_refused_when_it_is_made(declare, message):
    with pytest.raises((TypeError, ValueError)) as refusal:
        declare()
    assert message in str(refusal.value)


def test_marks_are_compared_like_column_names():
    marked = dataclasses.replace(SHEET, marks=frozenset({"Shop-ID"}))
    assert marked(Sample("x", b"", ("Order", "shop id")))
    assert not marked(Sample("x", b"", ("order",)))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "acme claims"}, "importer 'acme claims': a name is one word of letters, digits and underscores, such as 'acme_returns'"),
        ({"name": ""}, "importer '': a name is one word"),
        ({"name": None}, "importer None: a name is one word"),
        ({"title": " "}, "importer 'acme_claims': it has no title"),
        ({"covers": FactKind.CLAIM}, "covers is <FactKind.CLAIM: 'CLAIM'>: use a frozenset of FactKind"),
        ({"covers": frozenset({"claims"})}, "covers is frozenset({'claims'}): use a frozenset of FactKind"),
        ({"adds": [FactKind.CLAIM]}, "adds is [<FactKind.CLAIM: 'CLAIM'>]: use a frozenset of FactKind"),
        ({"where": ("menu",)}, "its where is a tuple: use a text, or None"),
        ({"lists": FactKind.ORDER}, "lists is <FactKind.ORDER: 'ORDER'>: use a frozenset with FactKind.ORDER, FactKind.FEEDBACK or both"),
        ({"lists": frozenset({FactKind.CLAIM})}, "use a frozenset with FactKind.ORDER, FactKind.FEEDBACK or both"),
        ({"covers": frozenset({Claim})}, "use a frozenset of FactKind, such as frozenset({FactKind.CLAIM})"),
        ({"rank": "10"}, "its rank is '10', not a whole number"),
        ({"rank": 100}, "its rank is 100, but it is from 0 to 99; that of Amazon's reports is 10"),
        ({"rank": -1}, "its rank is -1, but it is from 0 to 99"),
        ({"complete": "no"}, "complete is 'no': use True or False"),
        ({"template": b"a,b"}, "its template is a bytes: use a text, or None"),
        ({"recognises": "a,b"}, "recognises is a str: use a function of a Sample"),
        ({"recognises": lambda: True}, "recognises must be a function of a Sample, and of nothing else"),
        ({"read": lambda stream: iter(())}, "read must be a function of a binary stream and a FileContext, and of nothing else"),
        ({"read": None}, "read is a NoneType: use a function of a binary stream and a FileContext"),
    ],
)
def test_an_importer_that_cannot_work_is_refused_when_it_is_made(fields, message):
    with pytest.raises((TypeError, ValueError)) as refusal:
        dataclasses.replace(IMPORTER, **fields)
    assert message in str(refusal.value)
