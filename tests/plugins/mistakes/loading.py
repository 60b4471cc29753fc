"""Mistakes in code, hooks, names and settings."""

from tests.plugins.mistakes.builders import HOOK, Mistake, condition, declaration, metric, module

CODE = {
    "an entry point to a missing module": module(
        "", "acme_nowhere", "Its entry point acme = 'acme_nowhere:acme'", value="acme_nowhere:acme"
    ),
    "a misspelt module": module("", "No module named 'acmee'", "Did you mean acme", value="acmee"),
    "an entry point that is a path": module("", "acme.py", "Write it as `package.module:name`", value="src/acme.py"),
    "a misspelt name": module("acme_rate = 1", "acme has no 'acme_rte'", "Did you mean acme_rate?", value="acme:acme_rte"),
    "an import of what is not installed": module("import acme_nowhere", "No module named 'acme_nowhere'", line="import acme_nowhere"),
    "a misspelt import": module("from sellerhealth.facts import Ordr", "'Ordr'", "Did you mean Order?", line="Ordr"),
    "a misspelt import of ours": module("from sellerhealth import Belw", "Did you mean Below?", line="Belw"),
    "a missing import": Mistake("orders = count(on=Order.placed_on)", ("Import it: from sellerhealth import count.",), "orders"),
    "a missing import of facts": Mistake("x = Order.placed_on", ("Import it: from sellerhealth.facts import Order.",), "Order"),
    "a misspelt variable": module("orders = 1\nx = order", "Did you mean orders", line="x = "),
    "a misspelt column": condition("Order.lateby > 0", "Order has no 'lateby'. Did you mean late_by?"),
    "a syntax error": module("def acme(:\n    pass", "Correct that line.", line="def acme("),
    "a wrong indentation": module("def acme():\npass", "IndentationError", "Correct that line.", line="pass"),
    "an exit": module("raise SystemExit('no licence')", "SystemExit: no licence", line="raise"),
    "an interruption": module("raise KeyboardInterrupt", "KeyboardInterrupt: no message", line="raise"),
    "a skip": module("import pytest\npytest.skip('why', allow_module_level=True)", "Skipped: why", line="pytest.skip"),
    "a function that raises": module("def acme():\n    return 1 / 0", "ZeroDivisionError", line="1 / 0", value="acme:acme"),
    "a hook that raises": module(HOOK.format("", "return 1 / 0"), "ZeroDivisionError", line="1 / 0"),
    "an empty module": module("", "acme has neither a Metric nor anything marked @hookimpl."),
    "a function without annotation": module("def rate():\n    pass", "Of its functions (rate) none is marked `-> Metric`"),
    "a module without hooks and with a metric": Mistake(metric(), ("Name its metric: acme:acme.",), value="acme"),
    "a text": module("acme = 'late'", "acme:acme, of the type str, has nothing marked", value="acme:acme"),
    "a class": module("class Acme: pass", "acme:Acme is a class", value="acme:Acme"),
    "a function that returns nothing": module("def acme():\n    pass", "acme:acme returns None", line="def acme", value="acme:acme"),
    "a function that returns a text": module("def acme():\n    return ['late']", "returns 'late', and no Metric", value="acme:acme"),
    "a function that returns a function": module(
        "def acme():\n    return acme", "returns the function acme (did you mean to call it?)", line="def acme", value="acme:acme"
    ),
    "a function that is async": module("async def acme():\n    pass", "acme:acme is an `async` function", line="async", value="acme:acme"),
    "a hook that returns nothing": module(HOOK.format("", "pass"), "register_metrics of acme returns None", line="@hookimpl"),
    "a hook that returns a number": module(
        HOOK.format("", "return 3").replace("metrics", "importers"), "returns 3, and no Importer", line="@hookimpl"
    ),
}

HOOKS = {
    "a misspelt hook": module(
        HOOK.format("", "return []").replace("_metrics", "_metric"), "Did you mean register_metrics", line="@hookimpl"
    ),
    "a hook without a marker": module("def register_metrics():\n    return []", "acme has register_metrics without a marker", line="def "),
    "a hook beside one without a marker": module(
        HOOK.format("", "return []") + "\ndef classify_feedback(rating, comment):\n    pass",
        "acme has classify_feedback without",
        line="def cl",
    ),
    "a hook with a parameter": module(
        HOOK.format("settings", "return []"), "'settings'", "register_metrics takes nothing", line="@hookimpl"
    ),
    "a classifier with another parameter": module(
        "@hookimpl\ndef classify_feedback(rating, words):\n    pass", "'words'", "classify_feedback takes rating, comment", line="@hookimpl"
    ),
    "a hook with a default": module(
        "@hookimpl\ndef classify_feedback(rating, comment=None):\n    pass", "value for comment", line="@hookimpl"
    ),
    "a hook that wraps": module("@hookimpl(wrapper=True)\ndef register_metrics():\n    return (yield)", "is a wrapper", line="@hookimpl"),
    "a hook that is async": module(
        f"@hookimpl\nasync {HOOK.format('', 'pass')[10:]}", "the hook register_metrics is an `async`", line="@hookimpl"
    ),
}

NAMES = {
    "the type of the core": declaration("the GraphQL type PageInfo, which the core has", key="'page_info'"),
    "the field of every result": declaration(
        "every result has a field overallStatus", measures="{'orders': orders, 'overall_status': late}"
    ),
    "names that differ in underscores": declaration("has 'orders' and 'or_ders'", measures="{'orders': orders, 'or_ders': late}"),
    "a newer version of the API": declaration("version 2 of the plugin API, not for 1. Install a newer sellerhealth.", api="2"),
    "an older version of the API": declaration("version 0 of the plugin API", "Install a newer acme-dispatch.", api="0"),
    "two metrics of one key": Mistake(metric() + HOOK.format("", "return [acme, acme]"), ("it uses one name twice",), value="acme"),
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
    "a function of two": module(
        "def acme(a, b):\n    pass", "acme:acme must take nothing", "It takes a, b.", line="def", value="acme:acme"
    ),
    "a function of a number": module("def acme(days: int):\n    pass", "annotated with a pydantic model", line="def", value="acme:acme"),
}
