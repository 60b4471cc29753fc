"""Alembic's entry: runs the migrations on the connection that `migrate.py` hands over."""

from alembic import context

from sellerhealth.facts import Order
from sellerhealth.model.records import Account

tables = Order.metadata
if Account.metadata is not tables:
    raise RuntimeError("facts and records must share one metadata")

context.configure(connection=context.config.attributes["connection"], target_metadata=tables, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
