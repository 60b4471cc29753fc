"""Mistakes of authors: the source of a module, and what is to be said of it. Each is tried as an installed distribution."""

from collections.abc import Iterator
from dataclasses import dataclass, field

IMPORTS = """import datetime as dt
import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy import func
from sellerhealth import *
from sellerhealth.facts import *
from sellerhealth.sources import Importer
"""
HOOK = "@hookimpl\ndef register_metrics({}):\n    {}"


@dataclass(frozen=True)
class Mistake:
    """`at`: a part of the line that is to be named."""

    source: str
    said: tuple[str, ...]
    at: str | None = None
    value: str = "acme:acme"
    settings: dict[str, object] = field(default_factory=dict)


def metric(late: str = "Order.late_by > 0", before: str = "", on: str = "Order.placed_on", **words: str | None) -> str:
    """The source of a module with a metric, some of whose words are as given; None leaves one out."""
    written: dict[str, str | None] = {
        "key": "'acme_rate'",
        "title": "'Acme'",
        "description": "'Late orders.'",
        "section": "'acme'",
        "windows": "(Window(30),)",
        "measures": "{'orders': orders, 'late': late}",
        "value": "late / orders",
    }
    lines = [f"    {word}={text},\n" for word, text in {**written, **words}.items() if text is not None]
    return (
        f"{IMPORTS}{before}\norders = count(on={on}, where=Order.accepted, description='Orders.')\n"
        f"late = orders.where({late}, 'Late ones.')\nacme = Metric(\n{''.join(lines)})\n"
    )


def condition(late: str, *said: str, at: str | None = "late = ", before: str = "") -> Mistake:
    return Mistake(metric(late, before), said, at)


def word(*said: str, at: str | None = "acme = ", **words: str | None) -> Mistake:
    return Mistake(metric(**words), said, at)


def module(body: str, *said: str, at: str | None = None, value: str = "acme", **settings: object) -> Mistake:
    return Mistake(IMPORTS + body, said, at, value, settings)


def own(body: str, *said: str, at: str | None = None, **words: str) -> Mistake:
    """A value or a target of one's own."""
    return Mistake(metric(before=body, **words), said, at)


CODE = {
    "an entry point to a missing module": module(
        "", "acme_nowhere", "Its entry point acme = 'acme_nowhere:acme'", value="acme_nowhere:acme"
    ),
    "a misspelt module": module("", "No module named 'acmee'", "Did you mean acme", value="acmee"),
    "an entry point that is a path": module("", "acme.py", "Write it as `package.module:name`", value="src/acme.py"),
    "a misspelt name": module("acme_rate = 1", "acme has no 'acme_rte'", "Did you mean acme_rate?", value="acme:acme_rte"),
    "an import of what is not installed": module("import acme_nowhere", "No module named 'acme_nowhere'", at="import acme_nowhere"),
    "a misspelt import": module("from sellerhealth.facts import Ordr", "'Ordr'", "Did you mean Order?", at="Ordr"),
    "a misspelt import of ours": module("from sellerhealth import Belw", "Did you mean Below?", at="Belw"),
    "a missing import": Mistake("orders = count(on=Order.placed_on)", ("Import it: from sellerhealth import count.",), "orders"),
    "a missing import of facts": Mistake("x = Order.placed_on", ("Import it: from sellerhealth.facts import Order.",), "Order"),
    "a misspelt variable": module("orders = 1\nx = order", "Did you mean orders", at="x = "),
    "a misspelt column": condition("Order.lateby > 0", "Order has no 'lateby'. Did you mean late_by?"),
    "a syntax error": module("def acme(:\n    pass", "Correct that line.", at="def acme("),
    "a wrong indentation": module("def acme():\npass", "IndentationError", "Correct that line.", at="pass"),
    "an exit": module("raise SystemExit('no licence')", "SystemExit: no licence", at="raise"),
    "an interruption": module("raise KeyboardInterrupt", "KeyboardInterrupt: it says no more", at="raise"),
    "a skip": module("import pytest\npytest.skip('why', allow_module_level=True)", "Skipped: why", at="pytest.skip"),
    "a function that raises": module("def acme():\n    return 1 / 0", "ZeroDivisionError", at="1 / 0", value="acme:acme"),
    "a hook that raises": module(HOOK.format("", "return 1 / 0"), "ZeroDivisionError", at="1 / 0"),
    "an empty module": module("", "acme has neither a Metric nor anything marked @hookimpl."),
    "a function without annotation": module("def rate():\n    pass", "Of its functions (rate) none is marked `-> Metric`"),
    "a module without hooks and with a metric": Mistake(metric(), ("Name its metric: acme:acme.",), value="acme"),
    "a text": module("acme = 'late'", "acme:acme, of the type str, has nothing marked", value="acme:acme"),
    "a class": module("class Acme: pass", "acme:Acme is a class", value="acme:Acme"),
    "a function that returns nothing": module("def acme():\n    pass", "acme:acme returns None", at="def acme", value="acme:acme"),
    "a function that returns a text": module("def acme():\n    return ['late']", "returns 'late', and no Metric", value="acme:acme"),
    "a function that returns a function": module(
        "def acme():\n    return acme", "returns the function acme (is it to be called?)", at="def acme", value="acme:acme"
    ),
    "a function that is async": module("async def acme():\n    pass", "acme:acme is an `async` function", at="async", value="acme:acme"),
    "a hook that returns nothing": module(HOOK.format("", "pass"), "register_metrics of acme returns None", at="def register"),
    "a hook that returns a number": module(
        HOOK.format("", "return 3").replace("metrics", "importers"), "returns 3, and no Importer", at="def"
    ),
}
HOOKS = {
    "a misspelt hook": module(HOOK.format("", "return []").replace("_metrics", "_metric"), "Did you mean register_metrics", at="def "),
    "a hook without a marker": module("def register_metrics():\n    return []", "acme has register_metrics without a marker", at="def "),
    "a hook beside one without a marker": module(
        HOOK.format("", "return []") + "\ndef classify_feedback(rating, comment):\n    pass",
        "acme has classify_feedback without",
        at="def cl",
    ),
    "a hook with a parameter": module(HOOK.format("settings", "return []"), "'settings'", "register_metrics takes nothing", at="def "),
    "a classifier with another parameter": module(
        "@hookimpl\ndef classify_feedback(rating, words):\n    pass", "'words'", "classify_feedback takes rating, comment", at="def "
    ),
    "a hook with a default": module("@hookimpl\ndef classify_feedback(rating, comment=None):\n    pass", "value for comment", at="def "),
    "a hook that wraps": module("@hookimpl(wrapper=True)\ndef register_metrics():\n    return (yield)", "wraps others", at="def "),
    "a hook that is async": module(
        f"@hookimpl\nasync {HOOK.format('', 'pass')[10:]}", "the hook register_metrics is an `async`", at="async"
    ),
}
WORDS = {
    "a misspelt word": word("'titel'", "Did you mean title?", title=None, titel="'Acme'"),
    "a missing word": word("Add `section`: a text in quotes.", section=None),
    "an argument without its name": module("count(Order.placed_on, where=Order.accepted)", "Name the arguments", at="count("),
    "one window without a comma": word("windows is Window(days=30", "(Window(30),)", windows="(Window(30))"),
    "windows in a list": word("Metric: windows is [", windows="[Window(30)]"),
    "a number for a window": word("Metric: windows[0] is 30.", windows="(30,)"),
    "a negative window": word("Window(days=-3", at="windows", windows="(Window(-3),)"),
    "a negative lag": word("lag=-1", at="windows", windows="(Window(3, lag=-1),)"),
    "a half-life of nothing": word("half_life=0", at="windows", windows="(Window(30, half_life=0),)"),
    "a window of words": word("Window: days is '30'.", at="windows", windows="(Window('30'),)"),
    "a window of yes": word("Window: days is True.", at="windows", windows="(Window(True),)"),
    "no window": word("it has no window", windows="()"),
    "a window twice": word("the same window twice, 30 days with a lag of 0", windows="(Window(30), Window(30))"),
    "two windows that differ in judged": word("the same window twice", windows="(Window(30), Window(30, judged=True))"),
    "two windows that differ in weight": word("the same window twice", windows="(Window(30), Window(30, half_life=7))"),
    "a window of an age": word("Window(0) is a lifetime", at="windows", windows="(Window(10_000_000),)"),
    "a key in capitals": word("'AcmeRate' is not in snake_case", key="'AcmeRate'"),
    "a key that is a number": word("Metric: key is 5.", key="5"),
    "a measure in capitals": word("'lateOnes' is not in snake_case", measures="{'orders': orders, 'lateOnes': late}"),
    "no title": word("has no title", at="title", title="' '"),
    "no description": word("has no description", at="acme_rate", description="''"),
    "no section": word("has no section", at="section", section="''"),
    "a measure without description": word(
        "the measure 'all'", measures="{'orders': orders, 'late': late, 'all': orders.where(Order.accepted)}"
    ),
    "a figure without description": word("the figure 'other'", at="figures", figures="{'other': Figure(late / orders, '')}"),
    "measures in a list": word("Metric: measures is a list", measures="[orders, late]"),
    "a condition for a measure": word("measures['late'] is orders.late_by", measures="{'orders': orders, 'late': Order.late_by > 0}"),
    "two of a name": word("'late' names two", figures="{'late': Figure(late / orders, 'Again.')}"),
    "an unknown figure in a ratio": word("'value' uses a measure", "(Late ones.)", measures="{'orders': orders}"),
    "a value that is a measure": word("Metric: value is a Measure", "Count(late)", value="late"),
    "a value that is a class": word("Metric: value is the class Count", value="Count"),
    "a value that is a lambda": word("Metric: value is a lambda", value="lambda numbers: 1"),
    "a figure that is a value": word("Metric: figures['other'] is a Ratio", "Figure(", figures="{'other': late / orders}"),
    "a minimum that is a number": word("Metric: minimum is 20", "Minimum(orders, 20)", minimum="20"),
    "a target that is a number": word("Metric: target is 0.04", "Below", target="0.04"),
    "a part that is a text": word("Metric: parts['status'] is 'status'", parts="{'status': 'status'}"),
    "a part of another fact": word("is a column of Package", parts="{'category': Package.category}"),
    "a part that may be null": word("the part 'status' is status", "choose marketplace or channel", parts="{'status': Order.status}"),
    "a part of yes and no": word("the part 'accepted'", parts="{'accepted': Order.accepted}"),
    "a part that takes a name of every result": word(
        "results can be split by their channel anyway: call it marketplace", parts="{'channel': Order.marketplace}"
    ),
    "a part that names each row": word("the part 'order' is order_id", "choose marketplace or channel", parts="{'order': Order.order_id}"),
    "a part of days": word("the part 'day' is placed_on", "choose marketplace or channel", parts="{'day': Order.placed_on}"),
    "a part of instants": word("the part 'at' is placed_at", parts="{'at': Order.placed_at}"),
    "a part of numbers": word("the part 'late_by' is late_by", parts="{'late_by': Order.late_by}"),
    "a part of the store's own": word("the part 'told' is told", parts="{'told': Order.told}"),
    "a band in small letters": word("the band 'poor'", bands="Bands(poor=0)"),
    "bands without a score": word("bands grade a Score", bands="Bands(POOR=0)"),
    "two bands alike": word("POOR=0, GOOD=0", at="bands", bands="Bands(POOR=0, GOOD=0)"),
    "deprecated without a day": word("`deprecated` does not say when the metric is removed", deprecated="'Use another.'"),
    "at risk until another fact": word("until Package.deliver_by", at_risk="AtRisk(late, Package.deliver_by, 'Soon.')"),
}
VALUES = {
    "a float limit": word("write '0.04'", at="target", target="Below(0.04)"),
    "a limit of words": word("'4 %' is no number", at="target", target="Below('4 %')"),
    "a limit in percent": word("'value' is a share of 0 to 1, so the limit 4", target="Below(4)"),
    "a goal of a percent as a share": word("so the limit 0.95", value="Percent(late, orders)", target="AtLeast('0.95')"),
    "a limit of a percent as a share": word("so the limit 0.04", value="Percent(late, orders)", target="Below('0.04')"),
    "a limit of nothing": word("the limit 0 can never be met", at="target", target="Below(0)"),
    "a warning too late": word("the warn line 0.05 lies above", at="target", target="Below('0.04', warn='0.05')"),
    "a ratio upside down": word("'value' is upside down", value="orders / late"),
    "a ratio of a number": word("Ratio: whole is 5", at="value", value="late / 5"),
    "a sum with a number": word("this is 5", at="value", value="(late + 5) / orders"),
    "a difference": word("count those rows with measure.without", at="value", value="(orders - late) / orders"),
    "a sum by sum()": word("not with sum(...)", at="value", value="sum([late, late]) / orders"),
    "a ratio times 100": word("Leave out the factor", at="value", value="late / orders * 100"),
    "a measure that is compared": module(
        "orders = count(on=Order.placed_on, where=Order.accepted)\nx = orders > 3", "say in `target`", at="x = "
    ),
    "a measure in a condition": module(
        "orders = count(on=Order.placed_on, where=Order.accepted)\nx = ~orders", ".where(...) or .without(...)", at="x = "
    ),
    "a score without the perfect one": word("`perfect` has to be", at="value", value="Score({orders: 100}, perfect=late)"),
    "a score of fractions": word("points[a Measure] is 0.5", at="value", value="Score({orders: 0.5}, perfect=orders)"),
    "a mean in steps of nothing": word("not in steps of 0", at="value", value="Mean(late, orders, per=0)"),
    "a value of floats": own("class V(Count):\n    def __call__(self, numbers):\n        return 0.5", "'value' is 0.5", value="V(late)"),
    "a value in a unit of words": own(
        "class V(Count):\n    unit = 'fraction'\n    def __init__(self, term): object.__setattr__(self, 'term', term)",
        "value.unit is 'fraction', and no MetricUnit",
        value="V(late)",
    ),
    "a value of measures by name": own(
        "class V(Count):\n    measures = ('late',)", "value.measures[0] is 'late', and no tuple[Measure, ...]", value="V(late)"
    ),
    "a target in words": own(
        "class T(Below):\n    def __init__(self): vars(self).update(limit='1', warn=None, enforced=True, condition='below', measures=())",
        "target.condition is 'below', and no TargetCondition",
        target="T()",
    ),
    "a target of one's own with a float": own(
        "class T(Below):\n    def __init__(self): vars(self).update(limit=0.1, warn=None, enforced=True, "
        "condition=TargetCondition.BELOW, measures=())",
        "target.limit is 0.1, and no int | str | Decimal | Fraction",
        target="T()",
    ),
    "a target of one's own that warns in words": own(
        "class T(Below):\n    def __init__(self): vars(self).update(limit='0.1', warn='soon', enforced=True, "
        "condition=TargetCondition.BELOW, measures=())",
        "'soon' is no number",
        target="T()",
    ),
    "a target enforced in words": own(
        "class T(Below):\n    def __init__(self): vars(self).update(limit='0.1', warn=None, enforced='yes', "
        "condition=TargetCondition.BELOW, measures=())",
        "target.enforced is 'yes', and no bool",
        target="T()",
    ),
    "a target that is shown as a number": own(
        "class T(Below):\n    def display(self, value):\n        return 3", "the target of 'value' is shown as 3", target="T('0.5')"
    ),
    "a value that fails on nothing": own(
        "class V(Count):\n    def __call__(self, numbers):\n        return 1 / self.term.of(numbers)",
        "ZeroDivisionError",
        "It happens when nothing was counted",
        at="1 / self",
        value="V(late)",
    ),
    "a value that is shown as a number": own(
        "class V(Count):\n    def display(self, value):\n        return 3", "shown as 3", value="V(late)"
    ),
    "a target that judges in words": own(
        "class T(Below):\n    def judge(self, value, numbers):\n        return 'fine'", "judged 'fine'", target="T('0.5')"
    ),
    "a target with another headroom": own(
        "class T(Below):\n    def headroom(self, value, numbers):\n        return 3", "its headroom is 3", target="T('0.5')"
    ),
    "a target that lacks something": own("class T:\n    limit = 3", "is a T, which lacks condition, warn", at="acme = ", target="T()"),
}
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
    "another fact asked for null": condition("Order.items.any(Package.delivered_at.is_(None))", "looks up packages of all accounts"),
    "an alias in a lookup": condition("Order.claims.any(sa.orm.aliased(Refund).reason == 'X')", "looks up refunds of all accounts"),
    "another fact in a nested lookup": condition(
        "Order.claims.any(Order.items.any(Refund.reason == 'X'))", "looks up refunds of all accounts"
    ),
    "another fact in a negated lookup": condition("~Order.claims.any(Refund.reason == 'X')", "looks up refunds of all accounts"),
    "another fact by a list in a lookup": condition("Order.claims.any(Claim.order_id.in_(sa.select(Refund.order_id)))", "looks up refunds"),
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
        ("looks up claims and orders of all accounts", "exists().where((Claim.account_id == Package.account_id) & (Claim.order_id == Pack"),
        "late = ",
    ),
    "and of comparisons": condition("Order.late_by > 0 and Order.accepted", "Write & for `and`"),
    "and of equalities": condition("Order.channel == 'SELLER' and Order.late_by > 0", "`and` between conditions", "Write &"),
    "and of variables": condition("is_own and Order.accepted", "`and` between", before="is_own = Order.channel == 'SELLER'"),
    "or of equalities": condition("(Order.channel == 'SELLER') or (Order.late_by > 0)", "`or` between conditions", "Write |"),
    "not in an argument": condition("sa.true() if not Order.accepted else sa.false()", "`not` before a condition"),
    "a chain of equalities": condition("Order.channel == Order.status == 'SELLER'", "a chained comparison keeps only one"),
    "in inside an expression": condition("sa.true() if Order.channel in ('SELLER',) else Order.accepted", "`in` is True or False"),
    "is not inside an expression": condition("sa.true() if Order.late_by is not None else Order.accepted", "`is not` is True or False"),
    "if of a condition": condition(
        "Order.accepted", "`if` asks a condition once", at="x = ", before="x = 1 if Order.channel == 'SELLER' else 2"
    ),
    "not": condition("not Order.is_replacement", "the condition is False", ".without(...)"),
    "in": condition("Order.channel in ('SELLER', 'AMAZON')", "the condition is False", ".in_([...])"),
    "is None": condition("Order.late_by is None", "the condition is False", ".is_(None)"),
    "a chained comparison": condition("0 < Order.late_by < 3600", "two comparisons in place of a chained one"),
    "& without parentheses before a number": condition("Order.late_by > 0 & Order.accepted", "with each side in parentheses"),
    "& without parentheses": condition("Order.accepted & Order.channel == 'SELLER'", "Put each comparison in parentheses"),
    "a number for a condition": condition("Order.late_by", "has late_by, which is a number, for a condition"),
    "a function that is not called": condition("passed", "is the function passed (is it to be called?)"),
    "any that is not called": condition("Order.claims.any", "is the function any (is it to be called?)"),
    "a measure for a condition": condition("orders", "is a measure: take a part of it with .where(...)."),
    "a text for a condition": condition("'late_by > 0'", "the condition is 'late_by > 0'"),
    "a lambda for a condition": condition("lambda: Order.accepted", "the condition is a lambda"),
    "an object for a condition": condition("object()", "the condition is an object, which is no expression"),
    "a select for a condition": condition("sa.select(Order)", "the condition is a SELECT."),
    "in_ without a list": condition("Order.status.in_('SHIPPED')", "Give .in_(...) a list"),
    "a misspelt word of an enum": condition("Order.channel == 'SELER'", "channel with 'SELER'", "Did you mean SELLER?"),
    "a word of an enum in small letters": condition("Order.channel == 'seller'", "channel with 'seller'", "Did you mean SELLER?"),
    "a misspelt word in a list": condition("Order.status.in_(['SHIPPED', 'CANCELED'])", "'CANCELED'", "Did you mean CANCELLED?"),
    "a misspelt word beside coalesce": condition("func.coalesce(Order.status, '') == 'SHIPED'", "'SHIPED'", "Did you mean SHIPPED"),
    "a misspelt word of a related fact": condition("Order.claims.any(Claim.state == 'OPENED')", "'OPENED'", "Did you mean OPEN"),
    "a word of another enum": condition("Order.status == Channel.SELLER", "status with 'SELLER', which it never is"),
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
    "~ over a comparison": condition("~(Order.late_by > 0)", "`~` leaves out the rows whose late_by is unknown"),
    "not_ over a comparison": condition("sa.not_(Order.late_by > 0)", "`not_` leaves out the rows whose late_by is unknown"),
    "~ over a comparison of facts.Order": condition(
        "~(facts.Order.late_by > 0)", "`~` leaves out the rows whose late_by is unknown", before="from sellerhealth import facts"
    ),
    "!= where null of another fact was asked about": condition(
        "Order.cancelled_by.is_(None) & Order.items.any(Item.cancelled_by != 'SELLER')",
        "leaves out the rows whose cancelled_by is unknown",
    ),
    "~ over a variable": condition("~is_late", "whose late_by is unknown", before="is_late = Order.late_by > 0", at="late = orders"),
    "!= over what may be null": condition("Order.status != 'CANCELLED'", "leaves out the rows whose status is unknown"),
    "not_in over what may be null": condition("Order.status.not_in(['CANCELLED'])", "leaves out the rows whose status"),
    "a column of another fact": condition("Package.tracked", "reads packages.tracked, which orders do not have"),
    "a relationship without any": condition("Order.claims", "reads claims.account_id and claims.order_id"),
    "a column of a relationship": condition("Order.claims.counts", "Order.claims.any(Claim.counts)"),
    "an alias of another fact": condition("Other.state == 'OPEN'", "reads claims.state", before="Other = sa.orm.aliased(Claim)"),
    "an exists of another fact": condition("sa.exists().where(Claim.counts)", "looks up claims of all accounts, for nothing ties them"),
    "an exists over all accounts": condition("sa.exists().where(Claim.order_id == Order.order_id)", "looks up claims of all accounts"),
    "now at import": condition("Order.placed_at > dt.datetime.now(dt.UTC) - dt.timedelta(30)", "taken from the clock at the start"),
    "today at import": condition("Order.placed_on > dt.date.today() - dt.timedelta(30)", "taken from the clock at the start"),
    "now in the database": condition("Order.ship_by < func.now()", "asks the database for the present with now()"),
    "passed in the future": condition("passed(Order.ship_by, hours=-24)", "-24 hours lie in the future"),
    "passed by half an hour": condition("passed(Order.ship_by, hours=0.5)", "hours is 0.5. Write a whole number"),
    "instants subtracted": condition("(Order.delivered_at - Order.placed_at) > dt.timedelta(2)", "works out delivered_at - placed_at"),
    "a day and a number added": condition("Order.placed_on + 3 > Order.placed_on", "works out placed_on + 3"),
    "a function for dates": condition("func.julianday(Order.placed_at) > 1", "works with times by julianday()"),
    "the hour of an instant": condition("sa.extract('hour', Order.placed_at) > 12", "takes the hour of placed_at"),
    "a cast instant": condition("sa.cast(Order.placed_at, sa.Date) > Order.placed_on", "casts placed_at, an instant"),
    "random": condition("func.random() > 0", "throws dice with random()"),
    "an aggregate": condition("func.count(Order.order_id) > 1", "adds up rows with count() in a condition"),
    "an unknown function": condition("func.soundex(Order.status) == 'S'", "calls soundex()"),
    "SQL text": condition("sa.text('late_by > 0')", "holds SQL text"),
    "a literal column": condition("sa.literal_column('late_by') > 0", "holds the SQL text 'late_by'"),
    "a parameter": condition("Order.late_by > sa.bindparam('grace')", "has a parameter 'grace' that nobody fills"),
    "a regular expression": condition("Order.cancelled_by.regexp_match('^SELL')", "in a way that databases do not do alike"),
    "an operator of one database": condition("Order.cancelled_by.op('~')('^SELL')", "in a way that databases do not do alike"),
    "distinct values": condition(
        "Order.placed_on.distinct()", "counts placed_on once however often", before="import warnings; warnings.simplefilter('ignore')"
    ),
    "a comparison with a measure": condition("Order.late_by > orders", "A measure is neither a condition nor a number"),
    "a comparison with an object": condition("Order.late_by > object()", "late_by with an object, which no row holds"),
    "a condition and a measure": condition("Order.accepted & orders", "A measure is neither a condition nor a number"),
    "more than None": condition("Order.late_by > None", "Nothing is more or less than None: say .is_(None)"),
    "a named condition that is called": condition(
        "Order.seller_fulfilled()", "write them without parentheses, as in Order.seller_fulfilled."
    ),
    "a column that is called": condition("Order.accepted()", "Columns are no functions"),
    "a word in any": condition(
        "Order.claims.any('OPEN')", "'OPEN' is a text, and no expression", "Order.claims.any(Claim.state == 'OPEN')."
    ),
    "has of a relationship": condition("Order.claims.has()", "Related facts are asked with .any(...)"),
    "capitals": condition("Order.cancelled_by.contains('SELL')", "heeds capitals in cancelled_by", ".icontains(...)"),
}
COUNTED = {
    "on a text": word("`on` is 'placed_on'", at="orders = ", on="'placed_on'"),
    "on a class": word("`on` is the class Order", at="orders = ", on="Order"),
    "on a relationship": word("`on` is Order.claims", at="orders = ", on="Order.claims"),
    "no day column": word("is counted on ship_by, which is no day", "placed_on", at="orders = ", on="Order.ship_by"),
    "the instant in place of its day": word(
        "which is no day: use a column of days, such as placed_on", at="orders = ", on="Order.placed_at"
    ),
    "a table of the store": Mistake(
        metric(before="from sellerhealth.model.records import ImportBatch", on="ImportBatch.started_at"),
        ("import_batches, which is no fact",),
    ),
    "a total of words": word(
        "adds up status, which is a text",
        at="measures=",
        measures="{'orders': orders, 'late': late, 'a': orders.total(Order.status, 'S.')}",
    ),
    "a total of yes and no": word(
        "count the rows with .where(...)",
        at="measures=",
        measures="{'orders': orders, 'late': late, 'a': orders.total(Order.accepted, 'S.')}",
    ),
    "another fact in a total": word(
        "looks up refunds of all accounts in a lookup of claims",
        at="measures=",
        measures="{'orders': orders, 'late': late, 'a': orders.total(sa.case((Order.claims.any(Refund.reason == 'X'), 1), else_=0), 'A.')}",
    ),
    "a misspelt word in a total": word(
        "'SHIPED', which it never is",
        at="measures=",
        measures="{'orders': orders, 'late': late, 'a': orders.total(sa.case((Order.status == 'SHIPED', 1), else_=0), 'A.')}",
    ),
    "a class named like the rest": word(
        "'bad' names both a class and the rest",
        at="measures=",
        measures="{'orders': orders, 'late': late, **orders.split({'bad': (Order.late_by > 0, 'B.')}, rest=('bad', 'R.'))}",
    ),
    "a rest without description": word(
        "split: rest is 'r'. Write the name and the description",
        at="measures=",
        measures="{'orders': orders, 'late': late, **orders.split({'bad': (Order.late_by > 0, 'B.')}, rest='r')}",
    ),
    "a class without description": word(
        "split: the class 'bad' is orders.late_by > :late_by_1. Write its condition and its description",
        at="measures=",
        measures="{'orders': orders, 'late': late, **orders.split({'bad': Order.late_by > 0}, rest=('r', 'R.'))}",
    ),
    "classes in a list": word(
        "split: the classes are ['bad']",
        at="measures=",
        measures="{'orders': orders, 'late': late, **orders.split(['bad'], rest=('r', 'R.'))}",
    ),
    "a total of fractions": word(
        "which is a number: add up a column of whole numbers",
        at="measures=",
        measures="{'orders': orders, 'late': late, 'a': orders.total(Order.late_by / 3600, 'S.')}",
    ),
    "a total of another fact": word(
        "adds up packages.unit_count, which orders do not have",
        "total(Package.unit_count, on=Package.promised_on or on=Package.confirmed_on, where=...)",
        at="measures=",
        measures="{'orders': orders, 'late': late, 'a': orders.total(Package.unit_count, 'S.')}",
    ),
    "a total of a name": word(
        "the total is of 'late_by'", at="measures=", measures="{'orders': orders, 'late': orders.total('late_by', 'S.')}"
    ),
    "a type that SQLAlchemy warns of": condition(
        "sa.type_coerce(Order.late_by, Hours()) > 3",
        "SQLAlchemy warns of its statement: TypeDecorator Hours()",
        before="class Hours(sa.types.TypeDecorator):\n    impl = sa.Integer\n",
        at=None,
    ),
    "a function called wrongly": condition(
        "func.lower(Order.status, 'x') == 'y'", "cannot be computed: OperationalError", "wrong number", at=None
    ),
}
NAMES = {
    "the type of the core": word("the GraphQL type PageInfo, which the core has", at="key=", key="'page_info'"),
    "the field of every result": word(
        "every result has a field overallStatus", at="measures=", measures="{'orders': orders, 'overall_status': late}"
    ),
    "names that differ in underscores": word("has 'orders' and 'or_ders'", at="measures=", measures="{'orders': orders, 'or_ders': late}"),
    "a newer version of the API": word("version 2 of the plugin API, not for 1. Install a newer sellerhealth.", at="key=", api="2"),
    "an older version of the API": word("version 0 of the plugin API", "Install a newer acme-dispatch.", at="key=", api="0"),
    "two metrics of one key": Mistake(metric() + HOOK.format("", "return [acme, acme]"), ("it brings two of a name",), value="acme"),
}
_MODEL = "class Settings(BaseModel):\n    days: int = 30\ndef acme(settings: Settings):\n    raise ValueError('too many')"
SETTINGS = {
    "a misspelt setting": module(_MODEL, "no setting dayz", "Did you mean days?", value="acme:acme", dayz=7),
    "a wrong setting": module(_MODEL, "its setting days is 'many': input should be a valid integer", value="acme:acme", days="many"),
    "a wrong secret": module(
        "from pydantic import Field, SecretStr\n" + _MODEL.replace("days: int = 30", "token: SecretStr = Field(min_length=9)"),
        "its setting token: value should have at least 9 items",  # and not which one it has
        value="acme:acme",
        token="hunter2",
    ),
    "a missing setting": module(_MODEL.replace(" = 30", ""), "its setting days is missing", value="acme:acme"),
    "a setting that the plugin refuses": module(_MODEL, "it cannot work with its settings: too many", value="acme:acme", days=7),
    "settings for none": Mistake(metric(), ("has some for it: days",), settings={"days": 7}),
    "a function of two": module("def acme(a, b):\n    pass", "acme:acme must take nothing", "It takes a, b.", at="def", value="acme:acme"),
    "a function of a number": module("def acme(days: int):\n    pass", "annotated with a pydantic model", at="def", value="acme:acme"),
}


def mistakes() -> Iterator[tuple[str, Mistake]]:
    for group in (CODE, HOOKS, WORDS, VALUES, CONDITIONS, COUNTED, NAMES, SETTINGS):
        yield from group.items()
