"""The column of formats whose files may hold the rows of several accounts. See docs/import.md#many-accounts."""

from sellerhealth.sources import Column, account

ACCOUNT = Column("account", "account", account, "The key of the account whose line it is, in a file of several accounts.", "SHOP-1")
