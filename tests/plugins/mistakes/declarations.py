"""Mistakes in the fields of a metric, and in its values and targets."""

from tests.plugins.mistakes.builders import declaration, module, own_class

FIELDS = {
    "a misspelt field": declaration("'titel'", "Did you mean title?", title=None, titel="'Acme'"),
    "a missing field": declaration("Add `section`: a text in quotes.", section=None),
    "an argument without its name": module("count(Order.placed_on, where=Order.accepted)", "Name the arguments", line="count("),
    "one window without a comma": declaration("windows is Window(days=30", "(Window(30),)", windows="(Window(30))"),
    "windows in a list": declaration("Metric: windows is [", windows="[Window(30)]"),
    "a number for a window": declaration("Metric: windows[0] is 30.", windows="(30,)"),
    "a negative window": declaration("Window(days=-3", line="windows", windows="(Window(-3),)"),
    "a negative lag": declaration("lag=-1", line="windows", windows="(Window(3, lag=-1),)"),
    "a half-life of nothing": declaration("half_life=0", line="windows", windows="(Window(30, half_life=0),)"),
    "a window of text": declaration("Window: days is '30'.", line="windows", windows="(Window('30'),)"),
    "a window of yes": declaration("Window: days is True.", line="windows", windows="(Window(True),)"),
    "no window": declaration("it has no window", windows="()"),
    "a window twice": declaration("the same window twice, 30 days with a lag of 0", windows="(Window(30), Window(30))"),
    "two windows that differ in judged": declaration("the same window twice", windows="(Window(30), Window(30, judged=True))"),
    "two windows that differ in weight": declaration("the same window twice", windows="(Window(30), Window(30, half_life=7))"),
    "a window of an age": declaration("Window(0) is a lifetime", line="windows", windows="(Window(10_000_000),)"),
    "a key in capitals": declaration("'AcmeRate' is not in snake_case", key="'AcmeRate'"),
    "a key that is a number": declaration("Metric: key is 5.", key="5"),
    "a measure in capitals": declaration("'lateOnes' is not in snake_case", measures="{'orders': orders, 'lateOnes': late}"),
    "no title": declaration("has no title", title="' '"),
    "no description": declaration("has no description", description="''"),
    "no section": declaration("has no section", section="''"),
    "a measure without description": declaration(
        "the measure 'all'", measures="{'orders': orders, 'late': late, 'all': orders.where(Order.accepted)}"
    ),
    "a figure without description": declaration("the figure 'other'", figures="{'other': Figure(late / orders, '')}"),
    "measures in a list": declaration("Metric: measures is a list", measures="[orders, late]"),
    "a condition for a measure": declaration(
        "measures['late'] is orders.late_by", measures="{'orders': orders, 'late': Order.late_by > 0}"
    ),
    "two of a name": declaration("'late' names two", figures="{'late': Figure(late / orders, 'Again.')}"),
    "an unknown figure in a ratio": declaration("'value' uses a measure", "(Late ones.)", measures="{'orders': orders}"),
    "a value that is a measure": declaration("Metric: value is a Measure", "Count(late)", value="late"),
    "a value that is a class": declaration("Metric: value is the class Count", value="Count"),
    "a value that is a lambda": declaration("Metric: value is a lambda", value="lambda numbers: 1"),
    "a figure that is a value": declaration("Metric: figures['other'] is a Ratio", "Figure(", figures="{'other': late / orders}"),
    "a minimum that is a number": declaration("Metric: minimum is 20", "Minimum(orders, 20)", minimum="20"),
    "a target that is a number": declaration("Metric: target is 0.04", "Below", target="0.04"),
    "a part that is a text": declaration("Metric: parts['status'] is 'status'", parts="{'status': 'status'}"),
    "a part of another fact": declaration("is a column of Package", parts="{'category': Package.category}"),
    "a part that may be null": declaration(
        "the part 'status' is status", "choose marketplace or channel", parts="{'status': Order.status}"
    ),
    "a part of yes and no": declaration("the part 'accepted'", parts="{'accepted': Order.accepted}"),
    "a part that takes a name of every result": declaration(
        "results can be split by their channel anyway: call it marketplace", parts="{'channel': Order.marketplace}"
    ),
    "a part that names each row": declaration(
        "the part 'order' is order_id", "choose marketplace or channel", parts="{'order': Order.order_id}"
    ),
    "a part of days": declaration("the part 'day' is placed_on", "choose marketplace or channel", parts="{'day': Order.placed_on}"),
    "a part of instants": declaration("the part 'at' is placed_at", parts="{'at': Order.placed_at}"),
    "a part of numbers": declaration("the part 'late_by' is late_by", parts="{'late_by': Order.late_by}"),
    "a part of a store column": declaration("the part 'versions' is versions", parts="{'versions': Order.versions}"),
    "a band in small letters": declaration("the band 'poor'", bands="Bands(poor=0)"),
    "bands without a score": declaration("bands grade a Score", bands="Bands(POOR=0)"),
    "two bands alike": declaration("POOR=0, GOOD=0", line="bands", bands="Bands(POOR=0, GOOD=0)"),
    "deprecated without a day": declaration("`deprecated` does not say when the metric is removed", deprecated="'Use another.'"),
    "at risk until another fact": declaration("until Package.deliver_by", at_risk="AtRisk(late, Package.deliver_by, 'Soon.')"),
}

VALUES = {
    "a float limit": declaration("write '0.04'", line="target", target="Below(0.04)"),
    "a limit of text": declaration("'4 %' is not a number", line="target", target="Below('4 %')"),
    "a limit in percent": declaration("'value' is a share of 0 to 1, so the limit 4", target="Below(4)"),
    "a goal of a percent as a share": declaration("so the limit 0.95", value="Percent(late, orders)", target="AtLeast('0.95')"),
    "a limit of a percent as a share": declaration("so the limit 0.04", value="Percent(late, orders)", target="Below('0.04')"),
    "a limit of nothing": declaration("the limit 0 can never be met", line="target", target="Below(0)"),
    "a warning too late": declaration("the warn line 0.05 lies above", line="target", target="Below('0.04', warn='0.05')"),
    "a ratio upside down": declaration("'value' is upside down", value="orders / late"),
    "a ratio of a number": declaration("Ratio: whole is 5", line="value", value="late / 5"),
    "a sum with a number": declaration("this is 5", line="value", value="(late + 5) / orders"),
    "a difference": declaration("count those rows with measure.without", line="value", value="(orders - late) / orders"),
    "a sum by sum()": declaration("not with sum(...)", line="value", value="sum([late, late]) / orders"),
    "a ratio times 100": declaration("Leave out the factor", line="value", value="late / orders * 100"),
    "a measure that is compared": module(
        "orders = count(on=Order.placed_on, where=Order.accepted)\nx = orders > 3", "say in `target`", line="x = "
    ),
    "a measure in a condition": module(
        "orders = count(on=Order.placed_on, where=Order.accepted)\nx = ~orders", ".where(...) or .without(...)", line="x = "
    ),
    "a score without the perfect one": declaration("`perfect` must be", line="value", value="Score({orders: 100}, perfect=late)"),
    "a score of fractions": declaration("points[a Measure] is 0.5", line="value", value="Score({orders: 0.5}, perfect=orders)"),
    "a mean in steps of nothing": declaration("not in steps of 0", line="value", value="Mean(late, orders, per=0)"),
    "a value of floats": own_class(
        "class V(Count):\n    def __call__(self, numbers):\n        return 0.5", "'value' is 0.5", value="V(late)"
    ),
    "a value in a unit of text": own_class(
        "class V(Count):\n    unit = 'fraction'\n    def __init__(self, term): object.__setattr__(self, 'term', term)",
        "value.unit is 'fraction', and no MetricUnit",
        value="V(late)",
    ),
    "a value of measures by name": own_class(
        "class V(Count):\n    measures = ('late',)", "value.measures[0] is 'late', and no tuple[Measure, ...]", value="V(late)"
    ),
    "a target of text": own_class(
        "class T(Below):\n    def __init__(self): vars(self).update(limit='1', warn=None, enforced=True, condition='below', measures=())",
        "target.condition is 'below', and no TargetCondition",
        target="T()",
    ),
    "a target of its own with a float": own_class(
        "class T(Below):\n    def __init__(self): vars(self).update(limit=0.1, warn=None, enforced=True, "
        "condition=TargetCondition.BELOW, measures=())",
        "target.limit is 0.1, and no int | str | Decimal | Fraction",
        target="T()",
    ),
    "a target of its own that warns with a text": own_class(
        "class T(Below):\n    def __init__(self): vars(self).update(limit='0.1', warn='soon', enforced=True, "
        "condition=TargetCondition.BELOW, measures=())",
        "'soon' is not a number",
        target="T()",
    ),
    "a target enforced with a text": own_class(
        "class T(Below):\n    def __init__(self): vars(self).update(limit='0.1', warn=None, enforced='yes', "
        "condition=TargetCondition.BELOW, measures=())",
        "target.enforced is 'yes', and no bool",
        target="T()",
    ),
    "a target that is displayed as a number": own_class(
        "class T(Below):\n    def display(self, value):\n        return 3", "the target of 'value' is displayed as 3", target="T('0.5')"
    ),
    "a value that fails on nothing": own_class(
        "class V(Count):\n    def __call__(self, numbers):\n        return 1 / self.term.of(numbers)",
        "ZeroDivisionError",
        "It happens when nothing was counted",
        line="1 / self",
        value="V(late)",
    ),
    "a value that is displayed as a number": own_class(
        "class V(Count):\n    def display(self, value):\n        return 3", "displayed as 3", value="V(late)"
    ),
    "a target that judges with a text": own_class(
        "class T(Below):\n    def judge(self, value, numbers):\n        return 'fine'", "judged 'fine'", target="T('0.5')"
    ),
    "a target with another headroom": own_class(
        "class T(Below):\n    def headroom(self, value, numbers):\n        return 3", "its headroom is 3", target="T('0.5')"
    ),
    "a target that lacks something": own_class(
        "class T:\n    limit = 3", "is a T, which lacks condition, warn", line="acme = ", target="T()"
    ),
}
