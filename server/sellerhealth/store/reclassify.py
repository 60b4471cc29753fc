"""Classifies stored feedback again, after the classifier has changed."""

import sqlalchemy as sa

from sellerhealth.access import Viewer
from sellerhealth.facts import Feedback
from sellerhealth.store.database import Database
from sellerhealth.store.derive import Classify
from sellerhealth.store.writing import note_change, writing_into


def reclassify(database: Database, viewer: Viewer, account_id: int, classify: Classify) -> int:
    """Runs the classifier over an account's stored feedback, and returns how many changed their class."""
    feedback: sa.Table = Feedback.__table__
    rated = sa.select(feedback.c.order_id, feedback.c.rating, feedback.c.comment, feedback.c.classification).where(
        feedback.c.account_id == account_id, feedback.c.rating.is_not(None)
    )
    with writing_into(database, viewer, account_id) as connection:
        changed = [
            {"of_order": order_id, "now": str(now)}
            for order_id, rating, comment, before in connection.execute(rated)
            if (now := classify(rating, comment)) != before
        ]
        if changed:
            one = sa.update(feedback).where(feedback.c.account_id == account_id, feedback.c.order_id == sa.bindparam("of_order"))
            connection.execute(one.values(classification=sa.bindparam("now")), changed)
            note_change(connection, account_id, of_facts=True)
    return len(changed)
