"""The tables of a store: all of them, because this module imports every module that declares some."""

import sqlalchemy as sa

from sellerhealth.facts import Order
from sellerhealth.model.records import Account

metadata: sa.MetaData = Order.metadata
if Account.metadata is not metadata:
    raise RuntimeError("facts and records are declared in two metadata, so migrations would miss some")
