"""Common parts of our own CSVs: one for each fact that Amazon does not report, written by hand or by a program."""

from dataclasses import replace

from sellerhealth.importers.account_column import ACCOUNT
from sellerhealth.sources import Column, FactKind, Importer, Sheet, key, marketplace

ORDER_ID = Column("order_id", "order_id", key, "Amazon's number of the order.", "123-4567890-1234567", required=True, filled=True)
MARKETPLACE = Column("marketplace", "reported_marketplace", marketplace, "The marketplace by its id, country code or domain.", "US")


def own_csv(name: str, title: str, sheet: Sheet, *covers: FactKind, adds: frozenset[FactKind] = frozenset()) -> Importer:
    """The importer of such a CSV. Its rank is higher than that of Amazon's reports."""
    of_accounts = replace(sheet, columns=(*sheet.columns, ACCOUNT))
    covered = frozenset(covers)
    return Importer(
        name,
        title,
        covered,
        rank=30,
        recognises=of_accounts,
        read=of_accounts.read,
        template=of_accounts.template,
        adds=adds,
        where="your own records, as a CSV from its template",
    )
