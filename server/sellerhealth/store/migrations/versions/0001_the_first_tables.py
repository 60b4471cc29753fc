"""The first tables."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds what this version needs."""
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="A number made of the account's key."),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False, comment="The seller's own id of the account."),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False, comment="The name shown to people."),
        sa.Column(
            "time_zone",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="The IANA zone in which days are cut where the marketplace has none of its own.",
        ),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="Grows with every import that changed a fact."),
        sa.Column(
            "updated_at",
            sqlmodel.sql.sqltypes.UTCDateTime(),
            nullable=True,
            comment="When the facts last changed. Null before the first import.",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "chargebacks",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column(
            "order_id", sqlmodel.sql.sqltypes.AutoString(), autoincrement=False, nullable=False, comment="Amazon's number of its order."
        ),
        sa.Column("filed_at", sqlmodel.sql.sqltypes.UTCDateTime(), autoincrement=False, nullable=False, comment="When it was filed."),
        sa.Column(
            "kind",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="What it is about: SERVICE, FRAUD or UNKNOWN. Null counts as UNKNOWN.",
        ),
        sa.Column(
            "told_marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="The marketplace that the source named; the order's own takes precedence once it is known.",
        ),
        sa.Column(
            "marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="The marketplace: that of its order, else the one that the source named, else UNKNOWN.",
        ),
        sa.Column("filed_on", sa.Date(), nullable=False, comment="The day of `filed_at`."),
        sa.Column(
            "told",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="Which telling its told columns come from: see store/merge.py.",
        ),
        sa.CheckConstraint("kind = 'SERVICE' OR kind = 'FRAUD' OR kind = 'UNKNOWN'", name=op.f("ck_chargebacks_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_chargebacks_accounts")),
        sa.PrimaryKeyConstraint("account_id", "order_id", "filed_at", name=op.f("pk_chargebacks")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("chargebacks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chargebacks_account_id_filed_on"), ["account_id", "filed_on"], unique=False)

    op.create_table(
        "claims",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column(
            "order_id", sqlmodel.sql.sqltypes.AutoString(), autoincrement=False, nullable=False, comment="Amazon's number of its order."
        ),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), autoincrement=False, nullable=False, comment="When it was opened."),
        sa.Column(
            "state", sqlmodel.sql.sqltypes.AutoString(), nullable=True, comment="Where it stands: see ClaimState. Null counts as OPEN."
        ),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="When it was decided."),
        sa.Column(
            "told_marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="The marketplace that the source named; the order's own takes precedence once it is known.",
        ),
        sa.Column(
            "marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="The marketplace: that of its order, else the one that the source named, else UNKNOWN.",
        ),
        sa.Column("opened_on", sa.Date(), nullable=False, comment="The day of `opened_at`."),
        sa.Column(
            "told",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="Which telling its told columns come from: see store/merge.py.",
        ),
        sa.CheckConstraint(
            "state = 'OPEN' OR state = 'GRANTED_SELLER' OR state = 'GRANTED_AMAZON' OR state = 'SELLER_REFUNDED' OR state = 'ORDER_CANCELLED' OR state = 'DENIED' OR state = 'WITHDRAWN'",
            name=op.f("ck_claims_state"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_claims_accounts")),
        sa.PrimaryKeyConstraint("account_id", "order_id", "opened_at", name=op.f("pk_claims")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claims_account_id_opened_on"), ["account_id", "opened_on"], unique=False)

    op.create_table(
        "data_notes",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column(
            "code",
            sqlmodel.sql.sqltypes.AutoString(),
            autoincrement=False,
            nullable=False,
            comment="What is wrong, for example `delivered_before_shipped`.",
        ),
        sa.Column(
            "fact_key",
            sqlmodel.sql.sqltypes.AutoString(),
            autoincrement=False,
            nullable=False,
            comment="The fact within the account: its kind and key.",
        ),
        sa.Column(
            "order_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True, comment="Its order, through which the note is found again."
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_data_notes_accounts")),
        sa.PrimaryKeyConstraint("account_id", "code", "fact_key", name=op.f("pk_data_notes")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("data_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_data_notes_account_id_order_id"), ["account_id", "order_id"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column(
            "order_id", sqlmodel.sql.sqltypes.AutoString(), autoincrement=False, nullable=False, comment="Amazon's number of its order."
        ),
        sa.Column(
            "left_at",
            sqlmodel.sql.sqltypes.UTCDateTime(),
            nullable=True,
            comment="When it was left. A source that knows only the day gives the start of that day.",
        ),
        sa.Column("rating", sa.Integer(), nullable=True, comment="The stars, 1 to 5."),
        sa.Column("comment", sqlmodel.sql.sqltypes.AutoString(), nullable=True, comment="The buyer's words."),
        sa.Column(
            "removed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="When the buyer removed it. It then counts nowhere."
        ),
        sa.Column("struck_through", sa.Boolean(), nullable=True, comment="Whether Amazon struck it through. It then counts nowhere."),
        sa.Column(
            "told_marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="The marketplace that the source named; the order's own takes precedence once it is known.",
        ),
        sa.Column(
            "marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="The marketplace: that of its order, else the one that the source named, else UNKNOWN.",
        ),
        sa.Column("left_on", sa.Date(), nullable=True, comment="The day of `left_at`."),
        sa.Column(
            "classification",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="Its class, as the classifier saw it when it was stored.",
        ),
        sa.Column(
            "told",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="Which telling its told columns come from: see store/merge.py.",
        ),
        sa.CheckConstraint(
            "classification = 'POSITIVE' OR classification = 'NEUTRAL' OR classification = 'NEGATIVE'",
            name=op.f("ck_feedback_classification"),
        ),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_feedback_rating")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_feedback_accounts")),
        sa.PrimaryKeyConstraint("account_id", "order_id", name=op.f("pk_feedback")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_account_id_left_on"), ["account_id", "left_on"], unique=False)

    op.create_table(
        "import_batches",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column(
            "batch_id",
            sqlmodel.sql.sqltypes.AutoString(),
            autoincrement=False,
            nullable=False,
            comment="A hash of the content, the format and the marketplace.",
        ),
        sa.Column("format", sqlmodel.sql.sqltypes.AutoString(), nullable=False, comment="The format."),
        sa.Column("file", sqlmodel.sql.sqltypes.AutoString(), nullable=False, comment="The file's name, without its folder."),
        sa.Column(
            "marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="The marketplace given for a format that does not name it.",
        ),
        sa.Column("observed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False, comment="The instant up to which the file knows."),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False, comment="When the import began."),
        sa.Column("finished_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="When it ended."),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False, comment="How far it is."),
        sa.Column("rows_read", sa.Integer(), nullable=False, comment="Rows read."),
        sa.Column("rows_new", sa.Integer(), nullable=False, comment="Rows that were new."),
        sa.Column("rows_changed", sa.Integer(), nullable=False, comment="Rows that changed what was known."),
        sa.Column("rows_unchanged", sa.Integer(), nullable=False, comment="Rows that were known already."),
        sa.Column("rows_rejected", sa.Integer(), nullable=False, comment="Rows that were refused."),
        sa.Column("errors", sa.JSON(), nullable=False, comment="Why rows were refused, the first 100."),
        sa.CheckConstraint("state = 'RUNNING' OR state = 'DONE' OR state = 'FAILED'", name=op.f("ck_import_batches_state")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_import_batches_accounts")),
        sa.PrimaryKeyConstraint("account_id", "batch_id", name=op.f("pk_import_batches")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "items",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column(
            "order_id", sqlmodel.sql.sqltypes.AutoString(), autoincrement=False, nullable=False, comment="Amazon's number of its order."
        ),
        sa.Column(
            "item_id",
            sqlmodel.sql.sqltypes.AutoString(),
            autoincrement=False,
            nullable=False,
            comment="Amazon's number of the line, or `*` for the whole order.",
        ),
        sa.Column("quantity", sa.Integer(), nullable=True, comment="How many units were ordered."),
        sa.Column("quantity_shipped", sa.Integer(), nullable=True, comment="How many units were confirmed as shipped."),
        sa.Column(
            "cancelled_by",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="Who cancelled it: BUYER, SELLER or AMAZON. Null while nobody did or nobody said.",
        ),
        sa.Column("cancelled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="When it was cancelled. Few sources know."),
        sa.Column("cancel_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True, comment="The reason in Amazon's word."),
        sa.Column("buyer_asked", sa.Boolean(), nullable=True, comment="Whether the buyer asked for the cancellation through Amazon."),
        sa.Column(
            "before_shipment", sa.Boolean(), nullable=False, comment="Whether it was cancelled, and before it was confirmed as shipped."
        ),
        sa.Column(
            "told",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="Which telling its told columns come from: see store/merge.py.",
        ),
        sa.CheckConstraint(
            "cancelled_by = 'BUYER' OR cancelled_by = 'SELLER' OR cancelled_by = 'AMAZON'", name=op.f("ck_items_cancelled_by")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_items_accounts")),
        sa.PrimaryKeyConstraint("account_id", "order_id", "item_id", name=op.f("pk_items")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "markets",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column(
            "marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            autoincrement=False,
            nullable=False,
            comment="Amazon's marketplace id, or the key that an importer gave.",
        ),
        sa.Column(
            "time_zone", sqlmodel.sql.sqltypes.AutoString(), nullable=False, comment="The IANA zone in which the days of its facts are cut."
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_markets_accounts")),
        sa.PrimaryKeyConstraint("account_id", "marketplace", name=op.f("pk_markets")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "messages",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column("message_id", sqlmodel.sql.sqltypes.AutoString(), autoincrement=False, nullable=False, comment="A key of the message."),
        sa.Column(
            "thread_id",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="The conversation: a reply answers every earlier message of it.",
        ),
        sa.Column(
            "order_id",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="Amazon's number of the order it is about. Null when there is none.",
        ),
        sa.Column("received_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="When it was received."),
        sa.Column("needs_answer", sa.Boolean(), nullable=True, comment="Whether it needs an answer. Null counts as yes."),
        sa.Column(
            "told_answered_at",
            sqlmodel.sql.sqltypes.UTCDateTime(),
            nullable=True,
            comment="When the seller answered, for sources that say so of the message itself.",
        ),
        sa.Column(
            "told_marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="The marketplace that the source named; the order's own takes precedence once it is known.",
        ),
        sa.Column(
            "marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="The marketplace: that of its order, else the one that the source named, else UNKNOWN.",
        ),
        sa.Column("received_on", sa.Date(), nullable=True, comment="The day of `received_at`."),
        sa.Column(
            "answered_at",
            sqlmodel.sql.sqltypes.UTCDateTime(),
            nullable=True,
            comment="When the seller first answered, automatic answers left out.",
        ),
        sa.Column(
            "answered_after", sa.Integer(), nullable=True, comment="Seconds from message to answer, rounded up. Null while there is none."
        ),
        sa.Column(
            "told",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="Which telling its told columns come from: see store/merge.py.",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_messages_accounts")),
        sa.PrimaryKeyConstraint("account_id", "message_id", name=op.f("pk_messages")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_account_id_order_id"), ["account_id", "order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_account_id_received_on"), ["account_id", "received_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_account_id_thread_id"), ["account_id", "thread_id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column(
            "order_id",
            sqlmodel.sql.sqltypes.AutoString(),
            autoincrement=False,
            nullable=False,
            comment="Amazon's number of the order, for example `702-1234567-1234567`.",
        ),
        sa.Column("placed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="When it was placed."),
        sa.Column(
            "marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="Amazon's marketplace id, or the key that an importer gave.",
        ),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False, comment="Who fulfils it: SELLER or AMAZON."),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=True, comment="Where it stands: see OrderStatus."),
        sa.Column("seen_accepted", sa.Boolean(), nullable=True, comment="Whether a source ever showed it as more than pending."),
        sa.Column(
            "item_cancelled",
            sa.Boolean(),
            nullable=True,
            comment="Whether an item of it was cancelled, for sources that do not say by whom.",
        ),
        sa.Column("buyer_asked", sa.Boolean(), nullable=True, comment="Whether the buyer asked for the cancellation through Amazon."),
        sa.Column("is_replacement", sa.Boolean(), nullable=True, comment="Whether it replaces another order."),
        sa.Column(
            "ship_by",
            sqlmodel.sql.sqltypes.UTCDateTime(),
            nullable=True,
            comment="The instant by which shipment must be confirmed. Null when Amazon sets none or no source said.",
        ),
        sa.Column("deliver_by", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="The instant by which it must be delivered."),
        sa.Column(
            "deliver_by_earliest",
            sqlmodel.sql.sqltypes.UTCDateTime(),
            nullable=True,
            comment="The earliest instant at which delivery was promised.",
        ),
        sa.Column("placed_on", sa.Date(), nullable=True, comment="The day of `placed_at`. Null while that is unknown."),
        sa.Column(
            "accepted",
            sa.Boolean(),
            nullable=False,
            comment="Whether it became an order of the seller: not pending, and not cancelled while it was.",
        ),
        sa.Column("confirmed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="When shipment was first confirmed."),
        sa.Column(
            "late_by",
            sa.Integer(),
            nullable=True,
            comment="Seconds from `ship_by` to the confirmation of the last unit, rounded up; negative when in time. Null while either is unknown.",
        ),
        sa.Column(
            "delivered_at",
            sqlmodel.sql.sqltypes.UTCDateTime(),
            nullable=True,
            comment="When its last package was delivered. Null while one is not.",
        ),
        sa.Column(
            "delivered_working_days",
            sa.Integer(),
            nullable=True,
            comment="Days from Monday to Friday after the day it was placed, up to the day of delivery.",
        ),
        sa.Column("cancelled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="When the first item was cancelled."),
        sa.Column(
            "cancelled_by",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="Who cancelled it, wholly or in part: SELLER before AMAZON before BUYER.",
        ),
        sa.Column(
            "buyer_cancelled", sa.Boolean(), nullable=False, comment="Whether the buyer cancelled it or asked for that through Amazon."
        ),
        sa.Column(
            "canceller_unknown", sa.Boolean(), nullable=False, comment="Whether something of it was cancelled and nobody said by whom."
        ),
        sa.Column(
            "told",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="Which telling its told columns come from: see store/merge.py.",
        ),
        sa.CheckConstraint(
            "cancelled_by = 'BUYER' OR cancelled_by = 'SELLER' OR cancelled_by = 'AMAZON'", name=op.f("ck_orders_cancelled_by")
        ),
        sa.CheckConstraint("channel = 'SELLER' OR channel = 'AMAZON' OR channel = 'UNKNOWN'", name=op.f("ck_orders_channel")),
        sa.CheckConstraint(
            "status = 'PENDING' OR status = 'UNSHIPPED' OR status = 'PARTIALLY_SHIPPED' OR status = 'SHIPPED' OR status = 'CANCELLED' OR status = 'UNFULFILLABLE'",
            name=op.f("ck_orders_status"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_orders_accounts")),
        sa.PrimaryKeyConstraint("account_id", "order_id", name=op.f("pk_orders")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_account_id_placed_on"), ["account_id", "placed_on"], unique=False)

    op.create_table(
        "packages",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column(
            "order_id", sqlmodel.sql.sqltypes.AutoString(), autoincrement=False, nullable=False, comment="Amazon's number of its order."
        ),
        sa.Column(
            "package_id",
            sqlmodel.sql.sqltypes.AutoString(),
            autoincrement=False,
            nullable=False,
            comment="A key of the package within the order.",
        ),
        sa.Column(
            "confirmed_at",
            sqlmodel.sql.sqltypes.UTCDateTime(),
            nullable=True,
            comment="When shipment was first confirmed to Amazon. A repeated confirmation does not move it.",
        ),
        sa.Column("carrier", sqlmodel.sql.sqltypes.AutoString(), nullable=True, comment="The carrier as the seller named it."),
        sa.Column("tracking_number", sqlmodel.sql.sqltypes.AutoString(), nullable=True, comment="The tracking number."),
        sa.Column("category", sqlmodel.sql.sqltypes.AutoString(), nullable=False, comment="The product category."),
        sa.Column("units", sa.Integer(), nullable=True, comment="How many units are in it. Null counts as 1."),
        sa.Column(
            "scanned", sa.Boolean(), nullable=True, comment="Whether a carrier was ever seen to scan it, for sources that give no instant."
        ),
        sa.Column(
            "first_scan_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="When a carrier physically scanned it first."
        ),
        sa.Column(
            "first_attempt_at",
            sqlmodel.sql.sqltypes.UTCDateTime(),
            nullable=True,
            comment="When delivery was first attempted, or the day the buyer moved it to.",
        ),
        sa.Column("delivered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="When it was delivered."),
        sa.Column(
            "exempt_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True, comment="Why tracking is not required. Null when it is."
        ),
        sa.Column("is_protected", sa.Boolean(), nullable=True, comment="Whether Amazon protects the seller when it arrives late."),
        sa.Column(
            "told_marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="The marketplace that the source named; the order's own takes precedence once it is known.",
        ),
        sa.Column(
            "marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="The marketplace: that of its order, else the one that the source named, else UNKNOWN.",
        ),
        sa.Column(
            "channel",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="The channel of its order; UNKNOWN while the order has not been imported.",
        ),
        sa.Column("deliver_by", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="The deliver-by instant of its order."),
        sa.Column("promised_on", sa.Date(), nullable=True, comment="The day of `deliver_by`. Null while that is unknown."),
        sa.Column("confirmed_on", sa.Date(), nullable=True, comment="The day of `confirmed_at`."),
        sa.Column(
            "attempted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="The first attempt at delivery, else the delivery."
        ),
        sa.Column("unit_count", sa.Integer(), nullable=False, comment="How many units it counts for: at least 1."),
        sa.Column(
            "tracked", sa.Boolean(), nullable=False, comment="Whether it has a tracking number that a carrier scanned: valid tracking."
        ),
        sa.Column(
            "told",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="Which telling its told columns come from: see store/merge.py.",
        ),
        sa.CheckConstraint("channel = 'SELLER' OR channel = 'AMAZON' OR channel = 'UNKNOWN'", name=op.f("ck_packages_channel")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_packages_accounts")),
        sa.PrimaryKeyConstraint("account_id", "order_id", "package_id", name=op.f("pk_packages")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("packages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_packages_account_id_confirmed_on"), ["account_id", "confirmed_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_packages_account_id_promised_on"), ["account_id", "promised_on"], unique=False)

    op.create_table(
        "refunds",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column(
            "order_id", sqlmodel.sql.sqltypes.AutoString(), autoincrement=False, nullable=False, comment="Amazon's number of its order."
        ),
        sa.Column("refunded_at", sqlmodel.sql.sqltypes.UTCDateTime(), autoincrement=False, nullable=False, comment="When it was granted."),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True, comment="The reason in the source's word."),
        sa.Column(
            "told_marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="The marketplace that the source named; the order's own takes precedence once it is known.",
        ),
        sa.Column(
            "marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="The marketplace: that of its order, else the one that the source named, else UNKNOWN.",
        ),
        sa.Column("refunded_on", sa.Date(), nullable=False, comment="The day of `refunded_at`."),
        sa.Column(
            "told",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="Which telling its told columns come from: see store/merge.py.",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_refunds_accounts")),
        sa.PrimaryKeyConstraint("account_id", "order_id", "refunded_at", name=op.f("pk_refunds")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refunds_account_id_refunded_on"), ["account_id", "refunded_on"], unique=False)

    op.create_table(
        "replies",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column("thread_id", sqlmodel.sql.sqltypes.AutoString(), autoincrement=False, nullable=False, comment="The conversation."),
        sa.Column("sent_at", sqlmodel.sql.sqltypes.UTCDateTime(), autoincrement=False, nullable=False, comment="When it was sent."),
        sa.Column("automatic", sa.Boolean(), nullable=True, comment="Whether a machine wrote it: it then answers nothing."),
        sa.Column(
            "told",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="Which telling its told columns come from: see store/merge.py.",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_replies_accounts")),
        sa.PrimaryKeyConstraint("account_id", "thread_id", "sent_at", name=op.f("pk_replies")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sources",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column("fact", sqlmodel.sql.sqltypes.AutoString(), autoincrement=False, nullable=False, comment="The kind of fact."),
        sa.Column(
            "format",
            sqlmodel.sql.sqltypes.AutoString(),
            autoincrement=False,
            nullable=False,
            comment="The format, for example `GET_SELLER_FEEDBACK_DATA`.",
        ),
        sa.Column("complete", sa.Boolean(), nullable=False, comment="Whether it tells of all such facts, not just of those that hurt."),
        sa.Column("through", sa.Date(), nullable=False, comment="The last day that it covers, in UTC."),
        sa.CheckConstraint(
            "fact = 'ORDER' OR fact = 'PACKAGE' OR fact = 'CLAIM' OR fact = 'CHARGEBACK' OR fact = 'FEEDBACK' OR fact = 'MESSAGE' OR fact = 'REFUND' OR fact = 'VIOLATION'",
            name=op.f("ck_sources_fact"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_sources_accounts")),
        sa.PrimaryKeyConstraint("account_id", "fact", "format", name=op.f("pk_sources")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "violations",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The account it belongs to."),
        sa.Column(
            "violation_id", sqlmodel.sql.sqltypes.AutoString(), autoincrement=False, nullable=False, comment="A key of the violation."
        ),
        sa.Column(
            "category",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="Amazon's category, for example `listingPolicyViolations`.",
        ),
        sa.Column(
            "severity",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="CRITICAL, HIGH, MEDIUM or LOW. Null where Amazon does not say; it then counts as medium.",
        ),
        sa.Column("asin", sqlmodel.sql.sqltypes.AutoString(), nullable=True, comment="The product. Null when it concerns none."),
        sa.Column(
            "order_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True, comment="Amazon's number of the order. Null when there is none."
        ),
        sa.Column("detected_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="When it was detected."),
        sa.Column(
            "resolved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True, comment="When it was resolved. Null while it is open."
        ),
        sa.Column(
            "told_marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=True,
            comment="The marketplace that the source named; the order's own takes precedence once it is known.",
        ),
        sa.Column(
            "marketplace",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="The marketplace: that of its order, else the one that the source named, else UNKNOWN.",
        ),
        sa.Column("detected_on", sa.Date(), nullable=True, comment="The day of `detected_at`."),
        sa.Column(
            "told",
            sqlmodel.sql.sqltypes.AutoString(),
            nullable=False,
            comment="Which telling its told columns come from: see store/merge.py.",
        ),
        sa.CheckConstraint(
            "severity = 'CRITICAL' OR severity = 'HIGH' OR severity = 'MEDIUM' OR severity = 'LOW'", name=op.f("ck_violations_severity")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_violations_accounts")),
        sa.PrimaryKeyConstraint("account_id", "violation_id", name=op.f("pk_violations")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("violations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_violations_account_id_detected_on"), ["account_id", "detected_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_violations_account_id_order_id"), ["account_id", "order_id"], unique=False)
