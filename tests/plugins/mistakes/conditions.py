"""Mistakes in conditions and in what is counted."""

from tests.plugins.mistakes.builders import Mistake, condition, declaration, metric, warning

CONDITIONS = {
    "another fact in a lookup": condition(
        "Order.packages.any(Refund.reason == 'GOODWILL')",
        "looks up refunds of all accounts in a lookup of packages",
        "Order.refunds.any(...)",
    ),
    "another fact compared in a lookup": condition(
        "Order.messages.any(Message.received_at < Refund.refunded_at)",
        "looks up refunds",
        "put one lookup into the other: Order.refunds.any(",
    ),
    "another fact compared with the order": condition("Order.claims.any(Package.delivered_at > Order.deliver_by)", "looks up packages"),
    "another fact tested for null": condition("Order.items.any(Package.delivered_at.is_(None))", "looks up packages of all accounts"),
    "an alias in a lookup": condition("Order.claims.any(sa.orm.aliased(Refund).reason == 'X')", "looks up refunds of all accounts"),
    "another fact in a nested lookup": condition(
        "Order.claims.any(Order.items.any(Refund.reason == 'X'))", "looks up refunds of all accounts"
    ),
    "another fact in a negated lookup": condition("~Order.claims.any(Refund.reason == 'X')", "looks up refunds of all accounts"),
    "another fact by a list in a lookup": condition("Order.claims.any(Claim.order_id.in_(sa.select(Refund.order_id)))", "looks up refunds"),
    "a lookup that leads back": condition(
        "Order.claims.any(Claim.order.has(Order.late_by > 0))", "where the names of columns cannot say which row is meant"
    ),
    "a relationship of an alias": condition("sa.orm.aliased(Order).claims.any()", "looks up claims and orders of all accounts"),
    "an order or an account": condition(
        "sa.exists().where((Refund.order_id == Order.order_id) | (Refund.account_id == Order.account_id))",
        "looks up refunds of all accounts",
    ),
    "an exists over the account": condition(
        "sa.exists().where(Claim.account_id == Order.account_id)", "looks up claims of the whole account"
    ),
    "an exists two levels below": condition(
        "Order.refunds.any(sa.exists().where((Claim.account_id == Order.account_id) & (Claim.order_id == Order.order_id)))",
        "looks up claims and orders of all accounts",
    ),
    "replies of an order": condition("sa.exists().where(Reply.account_id == Order.account_id)", "as replies are reached through messages"),
    "a lookup on another fact than the order": Mistake(
        metric("Order.claims.any()", on="Package.promised_on").replace("where=Order.accepted", "where=Package.tracked"),
        ("looks up claims and orders of all accounts", "as in Package.claims.any(...)"),
        "late = ",
    ),
    "and of comparisons": condition(
        "Order.late_by > 0 and Order.accepted", "Python decides here whether a condition is true", "Write & for `and`"
    ),
    "and of equalities": condition("Order.channel == 'SELLER' and Order.late_by > 0", "Python decides here whether a condition is true"),
    "and of variables": condition(
        "is_own and Order.accepted", "Python decides here whether a condition is true", before="is_own = Order.channel == 'SELLER'"
    ),
    "or of equalities": condition(
        "(Order.channel == 'SELLER') or (Order.late_by > 0)", "Python decides here whether a condition is true", "| for `or`"
    ),
    "not in an argument": condition(
        "sa.true() if not Order.accepted else sa.false()",
        "Python decides here whether a condition is true",
        "measure.without(...) for `not`",
    ),
    "a chain of equalities": condition("Order.channel == Order.status == 'SELLER'", "Python decides here whether a condition is true"),
    "in inside an expression": condition(
        "sa.true() if Order.channel in ('SELLER',) else Order.accepted",
        "Python decides here whether a condition is true",
        ".in_([...]) for `in`",
    ),
    "is not inside an expression": warning(
        "sa.true() if Order.late_by is not None else Order.accepted",
        "`is` with a column has one value for all rows. Write .is_(None) or .is_not(None)",
    ),
    "if of a condition": condition(
        "Order.accepted",
        "Python decides here whether a condition is true",
        "sqlalchemy.case(...) for `if`",
        line="x = ",
        before="x = 1 if Order.channel == 'SELLER' else 2",
    ),
    "not": condition("not Order.is_replacement", "Python decides here whether a condition is true"),
    "in": condition("Order.channel in ('SELLER', 'AMAZON')", "Python decides here whether a condition is true"),
    "is None": condition("Order.late_by is None", "the condition is False", ".is_(None)"),
    "a chained comparison": condition("0 < Order.late_by < 3600", "two comparisons in place of a chained one"),
    "& without parentheses before a number": condition(
        "Order.late_by > 0 & Order.accepted", "here they join 0 with a condition. Put each comparison in parentheses"
    ),
    "& without parentheses": condition(
        "Order.accepted & Order.channel == 'SELLER'", "has channel, which is a text, for a condition", "put each comparison in parentheses"
    ),
    "& without parentheses between conditions": warning(
        "Order.accepted & Order.is_replacement == False", "so both sides are compared at once. Put each comparison in parentheses"
    ),
    "a number for a condition": condition("Order.late_by", "has late_by, which is a number, for a condition"),
    "a function that is not called": condition("passed", "is the function passed (did you mean to call it?)"),
    "any that is not called": condition("Order.claims.any", "is the function any (did you mean to call it?)"),
    "a measure for a condition": condition("orders", "is a measure: take a part of it with .where(...)."),
    "a text for a condition": condition("'late_by > 0'", "the condition is 'late_by > 0'"),
    "a lambda for a condition": condition("lambda: Order.accepted", "the condition is a lambda"),
    "an object for a condition": condition("object()", "the condition is an object, which is not an expression"),
    "a select for a condition": condition("sa.select(Order)", "the condition is a SELECT."),
    "in_ without a list": condition("Order.status.in_('SHIPPED')", "Order.status.in_(['SHIPPED'])"),
    "a misspelt value of an enum": condition("Order.channel == 'SELER'", "channel with 'SELER'", "Did you mean SELLER?"),
    "a value of an enum in small letters": condition("Order.channel == 'seller'", "channel with 'seller'", "Did you mean SELLER?"),
    "a misspelt value in a list": condition("Order.status.in_(['SHIPPED', 'CANCELED'])", "'CANCELED'", "Did you mean CANCELLED?"),
    "a misspelt value beside coalesce": condition("func.coalesce(Order.status, '') == 'SHIPED'", "'SHIPED'", "Did you mean SHIPPED"),
    "a misspelt value of a related fact": condition("Order.claims.any(Claim.state == 'OPENED')", "'OPENED'", "Did you mean OPEN"),
    "a value of another enum": condition("Order.status == Channel.SELLER", "status with 'SELLER', which it never is"),
    "an instant and a text": condition("Order.placed_at > '2026-01-01'", "placed_at, which is an instant, with '2026-01-01'"),
    "an instant and a day": condition("Order.placed_at > dt.date(2026, 1, 1)", "which is a day: compare like with like"),
    "a number and a text": condition("Order.late_by > '0'", "late_by, which is a number, with '0', which is a text"),
    "a text and a number": condition("Order.status == 3", "status, which is a text, with 3, which is a number"),
    "yes and 1": condition("Order.accepted == 1", "accepted, which is yes or no, with 1"),
    "a day that has passed": condition("passed(Order.placed_on)", "placed_on, which is a day", "which is an instant"),
    "None in a list": condition("Order.status.in_(['SHIPPED', None])", "status with None"),
    "a naive instant": condition("Order.placed_at > dt.datetime(2020, 1, 1)", "has no zone: write it with tzinfo=dt.UTC"),
    "bounds exchanged": condition("Order.late_by.between(3600, 0)", "between 3600 and 0"),
    "~ over a named condition": condition("~(Order.is_replacement & Order.accepted)", "negates a condition over is_replacement"),
    "~ over a comparison": condition(
        "~(Order.late_by > 0)", "negates a comparison of late_by, which may be null, and leaves out these rows: use Measure.without(...)"
    ),
    "not_ over a comparison": condition(
        "sa.not_(Order.late_by > 0)",
        "negates a comparison of late_by, which may be null, and leaves out these rows: use Measure.without(...)",
    ),
    "~ over a comparison of facts.Order": condition(
        "~(facts.Order.late_by > 0)",
        "negates a comparison of late_by, which may be null, and leaves out these rows: use Measure.without(...)",
        before="from sellerhealth import facts",
    ),
    "!= where null of another fact is tested": condition(
        "Order.cancelled_by.is_(None) & Order.items.any(Item.cancelled_by != 'SELLER')",
        "leaves out the rows whose cancelled_by is unknown",
    ),
    "~ over a variable": condition(
        "~is_late", "negates a comparison of late_by", before="is_late = Order.late_by > 0", line="late = orders"
    ),
    "!= over what may be null": condition("Order.status != 'CANCELLED'", "leaves out the rows whose status is unknown"),
    "not_in over what may be null": condition("Order.status.not_in(['CANCELLED'])", "leaves out the rows whose status"),
    "a column of another fact": condition("Package.tracked", "reads packages.tracked, which orders do not have"),
    "a relationship without any": condition("Order.claims", "reads claims.account_id and claims.order_id"),
    "a column of a relationship": condition("Order.claims.counts", "Order.claims.any(Claim.counts)"),
    "an alias of another fact": condition("Other.state == 'OPEN'", "reads claims.state", before="Other = sa.orm.aliased(Claim)"),
    "an exists of another fact": condition("sa.exists().where(Claim.counts)", "looks up claims of all accounts, because nothing ties them"),
    "an exists over all accounts": condition("sa.exists().where(Claim.order_id == Order.order_id)", "looks up claims of all accounts"),
    "now at import": warning(
        "Order.placed_at > dt.datetime.now(dt.UTC) - dt.timedelta(30)", "probably taken from the clock when the plugin was loaded"
    ),
    "today at import": warning(
        "Order.placed_on > dt.date.today() - dt.timedelta(30)", "probably taken from the clock when the plugin was loaded"
    ),
    "now in the database": condition("Order.ship_by < func.now()", "takes the present from the database with now()"),
    "passed in the future": condition("passed(Order.ship_by, hours=-24)", "-24 hours lie in the future"),
    "later by half an hour": condition(
        "Order.confirmed_at < later(Order.placed_at, hours=0.5)", "later: hours is 0.5. Write a whole number"
    ),
    "later in the past": condition("Order.confirmed_at < later(Order.placed_at, hours=-24)", "later: -24 hours. Write 1 to"),
    "a day made later": condition(
        "Order.confirmed_at < later(Order.placed_on, hours=24)", "placed_on later, which is a day: later(...) takes an instant."
    ),
    "passed by half an hour": condition("passed(Order.ship_by, hours=0.5)", "hours is 0.5. Write a whole number"),
    "instants subtracted": condition("(Order.delivered_at - Order.placed_at) > dt.timedelta(2)", "computes delivered_at - placed_at"),
    "a day and a number added": condition("Order.placed_on + 3 > Order.placed_on", "computes placed_on + 3"),
    "a function for dates": condition("func.julianday(Order.placed_at) > 1", "works with times by julianday()"),
    "the hour of an instant": condition("sa.extract('hour', Order.placed_at) > 12", "takes the hour of placed_at"),
    "a cast instant": condition("sa.cast(Order.placed_at, sa.Date) > Order.placed_on", "casts placed_at, an instant"),
    "random": condition("func.random() > 0", "calls random(), so that the same query has different results"),
    "an aggregate": condition("func.count(Order.order_id) > 1", "adds up rows with count() in a condition"),
    "an unknown function": condition("func.soundex(Order.status) == 'S'", "calls soundex()"),
    "SQL text": condition("sa.text('late_by > 0')", "holds SQL text"),
    "a literal column": condition("sa.literal_column('late_by') > 0", "holds the SQL text 'late_by'"),
    "a parameter": condition("Order.late_by > sa.bindparam('grace')", "has a parameter 'grace' without a value"),
    "a regular expression": condition("Order.cancelled_by.regexp_match('^SELL')", "in a way that differs between databases"),
    "an operator of one database": condition("Order.cancelled_by.op('~')('^SELL')", "in a way that differs between databases"),
    "distinct values": condition(
        "Order.placed_on.distinct()", "counts placed_on once however often", before="import warnings; warnings.simplefilter('ignore')"
    ),
    "a comparison with a measure": condition("Order.late_by > orders", "A measure is neither a condition nor a number"),
    "a comparison with an object": condition("Order.late_by > object()", "late_by with an object, which no row holds"),
    "a condition and a measure": condition("Order.accepted & orders", "A measure is neither a condition nor a number"),
    "more than None": condition("Order.late_by > None", "Order.late_by.is_(None)"),
    "a named condition that is called": condition("Order.seller_fulfilled()", "It is not a function: leave out the parentheses"),
    "a column that is called": condition("Order.accepted()", "It is not a function: leave out the parentheses"),
    "a text in any": condition("Order.claims.any('OPEN')", "not as SQL text", "Order.claims.any(Claim.state == 'OPEN')."),
    "has of a relationship": condition("Order.claims.has()", "Order.claims.any(Claim.state == 'OPEN')"),
    "capitals": condition("Order.cancelled_by.contains('SELL')", "is case-sensitive in cancelled_by", ".icontains(...)"),
}

COUNTED = {
    "on a text": declaration("`on` is 'placed_on'", line="orders = ", on="'placed_on'"),
    "on a class": declaration("`on` is the class Order", line="orders = ", on="Order"),
    "on a relationship": declaration("`on` is Order.claims", line="orders = ", on="Order.claims"),
    "no day column": declaration("is counted on ship_by, which is not a day", "placed_on", line="orders = ", on="Order.ship_by"),
    "the instant in place of its day": declaration(
        "which is not a day: use a column of days, such as placed_on", line="orders = ", on="Order.placed_at"
    ),
    "a table of the store": Mistake(
        metric(before="from sellerhealth.model.records import ImportBatch", on="ImportBatch.started_at"),
        ("import_batches, which is not a fact",),
    ),
    "a total of texts": declaration(
        "adds up status, which is a text",
        line="measures=",
        measures="{'orders': orders, 'late': late, 'a': orders.total(Order.status, 'S.')}",
    ),
    "a total of yes and no": declaration(
        "count the rows with .where(...)",
        line="measures=",
        measures="{'orders': orders, 'late': late, 'a': orders.total(Order.accepted, 'S.')}",
    ),
    "another fact in a total": declaration(
        "looks up refunds of all accounts in a lookup of claims",
        line="measures=",
        measures="{'orders': orders, 'late': late, 'a': orders.total(sa.case((Order.claims.any(Refund.reason == 'X'), 1), else_=0), 'A.')}",
    ),
    "a misspelt value in a total": declaration(
        "'SHIPED', which it never is",
        line="measures=",
        measures="{'orders': orders, 'late': late, 'a': orders.total(sa.case((Order.status == 'SHIPED', 1), else_=0), 'A.')}",
    ),
    "a class named like the rest": declaration(
        "'bad' names both a class and the rest",
        line="measures=",
        measures="{'orders': orders, 'late': late, **orders.split({'bad': (Order.late_by > 0, 'B.')}, rest=('bad', 'R.'))}",
    ),
    "a rest without description": declaration(
        "split: rest is 'r'. Write the name and the description",
        line="measures=",
        measures="{'orders': orders, 'late': late, **orders.split({'bad': (Order.late_by > 0, 'B.')}, rest='r')}",
    ),
    "a class without description": declaration(
        "split: the class 'bad' is orders.late_by > :late_by_1. Write its condition and its description",
        line="measures=",
        measures="{'orders': orders, 'late': late, **orders.split({'bad': Order.late_by > 0}, rest=('r', 'R.'))}",
    ),
    "classes in a list": declaration(
        "split: the classes are ['bad']",
        line="measures=",
        measures="{'orders': orders, 'late': late, **orders.split(['bad'], rest=('r', 'R.'))}",
    ),
    "a total of fractions": declaration(
        "which is a number: add up a column of whole numbers",
        line="measures=",
        measures="{'orders': orders, 'late': late, 'a': orders.total(Order.late_by / 3600, 'S.')}",
    ),
    "a total of another fact": declaration(
        "adds up packages.unit_count, which orders do not have",
        "total(Package.unit_count, on=Package.promised_on or on=Package.confirmed_on or on=Package.delivered_on, where=...)",
        line="measures=",
        measures="{'orders': orders, 'late': late, 'a': orders.total(Package.unit_count, 'S.')}",
    ),
    "a total of a name": declaration(
        "the total is of 'late_by'", line="measures=", measures="{'orders': orders, 'late': orders.total('late_by', 'S.')}"
    ),
    "a type of its own": condition(
        "sa.type_coerce(Order.late_by, Hours()) > 3",
        "is made of the type Hours, which cannot be checked",
        before="class Hours(sa.types.TypeDecorator):\n    impl = sa.Integer\n",
    ),
    "a parameter with a value": condition(
        "Order.order_id == sa.bindparam('viewer_accounts', '[]')", "is made of the parameter 'viewer_accounts', which cannot be checked"
    ),
    "an outer join": condition(
        "sa.exists(sa.select(1).select_from(sa.outerjoin(Refund, Claim, (Claim.account_id == Refund.account_id) & (Claim.order_id == "
        "Refund.order_id) & (Claim.account_id == Order.account_id) & (Claim.order_id == Order.order_id))))",
        "is made of an outer join",
    ),
    "a function called wrongly": condition("func.lower(Order.status, 'x') == 'y'", "cannot be computed: ", "Error: (", "lower(", line=None),
}
