"""What the CSVs of our own have in common: one a fact, for what Amazon does not deliver, written by hand or by a program."""

from sellerhealth.sources import Column, FactKind, Importer, Sheet, key, marketplace

ORDER_ID = Column("order_id", "order_id", key, "Amazon's number of the order.", "123-4567890-1234567", required=True, filled=True)
MARKETPLACE = Column("marketplace", "told_marketplace", marketplace, "The marketplace by its id, country code or domain.", "US")


def own_csv(name: str, title: str, sheet: Sheet, *tells: FactKind) -> Importer:
    """The importer of such a CSV. It is believed before a report that observed the same instant."""
    return Importer(name=name, title=title, tells=frozenset(tells), rank=30, recognises=sheet, read=sheet.read, template=sheet.template)
