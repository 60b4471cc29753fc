"""What a plugin's code raised, in sentences: what, where in its source, and, where the cause is known, the remedy."""

import builtins
import inspect
import linecache
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute, RelationshipProperty

from sellerhealth import facts
from sellerhealth.errors import SellerHealthError, did_you_mean
from sellerhealth.metrics.declaration import FIELD_HELP
from sellerhealth.metrics.type_checks import first_line
from sellerhealth.plugins.code import PluginCode

_OTHERWISE = "Mend the plugin, or leave it out with `disabled_plugins`."
_CONDITIONS = (
    "Write & for `and`, | for `or` and measure.without(...) for `not`, with each side in parentheses, "
    "and two comparisons in place of a chained one."
)
# What Python and SQLAlchemy say, and what it means to somebody who declares a metric.
_REMEDIES: Mapping[str, str] = {
    r"Boolean value of this clause is not defined": _CONDITIONS,
    r"for [&|]: '(?!Measure)": _CONDITIONS,
    r"for -: 'Measure'": "A difference is no measure: count those rows with measure.without(...).",
    r"for \+: 'int' and 'Measure'": "Add measures with +, and not with sum(...).",
    r"unary ~: 'Measure'|for [&|]: 'Measure'": "& and | and ~ are for conditions: of a measure take .where(...) or .without(...).",
    r"for (\*|%|//): 'Measure'|'[<>]=?' not supported between instances of 'Measure'": (
        "A measure is no number yet: divide it by another with /, and say in `target` what the value has to reach."
    ),
    r"got Measure\(": "A measure is neither a condition nor a number: of a measure take .where(...), or divide it by another with /.",
    r"operators can be used with None/True/False": "Nothing is more or less than None: say .is_(None) or .is_not(None).",
    r"'BinaryExpression' object is not callable|'(AsBoolean|BooleanClauseList)' object is not callable": (
        "Conditions and columns are no functions: write them without parentheses, as in Order.seller_fulfilled."
    ),
    r"'InstrumentedAttribute' object is not callable": (
        "Columns are no functions: write them without parentheses, and .any(...) behind the name of related facts."
    ),
    r"Textual \w+ expression": "Write a condition over the columns of the fact, such as Order.claims.any(Claim.state == 'OPEN').",
    r"'has\(\)' not implemented for collections|relationship comparison to object|compare a collection to an object": (
        "Related facts are asked with .any(...), as in Order.claims.any(Claim.state == 'OPEN')."
    ),
    r"IN expression list, .* expected, got (?!Measure)": "Give .in_(...) a list, as in .in_(['SHIPPED']).",
    r"for \*: '(Ratio|Percent)'|for \*: 'int' and '(Ratio|Percent)'": "A ratio is shown in percent by itself: leave out the factor.",
    r"^(?!Metric).*missing \d+ required": "Give it what is missing.",
    r"takes \d+ positional arguments? but": "Name the arguments, as in count(on=..., where=..., description=...).",
    r"attempted relative import": "A plugin file stands alone: put all into it, or install a package and name it in an entry point.",
    r"offset-naive and offset-aware": "Give every instant its zone, as in dt.datetime(2026, 1, 31, tzinfo=dt.UTC).",
}


def described(error: BaseException, code: PluginCode) -> str:
    """An exception: its kind and message, the last line of the plugin's own code on the way to it, and the remedy."""
    message = first_line(_said(error.msg if isinstance(error, SyntaxError) else str(error)))
    steps = list(traceback.walk_tb(error.__traceback__))
    own = [(frame, line) for frame, line in steps if code.owns(frame.f_globals.get("__name__", ""))]
    place = f" ({own[-1][0].f_code.co_filename}, line {own[-1][1]})" if own else ""
    if isinstance(error, SyntaxError) and error.filename is not None:
        place = f" ({error.filename}, line {error.lineno})"
    names = {**own[-1][0].f_globals, **own[-1][0].f_locals} if own else {}
    if isinstance(error, AttributeError) and message == error.name:
        message = f"no attribute {message!r}"
    told = message if isinstance(error, SellerHealthError) else f"{type(error).__name__}: {message or 'it says no more'}"
    told += "" if told.endswith("?") else "."
    noted = getattr(error, "__notes__", [])
    remedies = [_meant(error, names, code), *noted, *(remedy for pattern, remedy in _REMEDIES.items() if re.search(pattern, str(error)))]
    said = " ".join(remedy for remedy in remedies if remedy)
    ours = bool(steps) and steps[-1][0].f_globals.get("__name__", "").startswith("sellerhealth.")  # its message holds the remedy
    return f"{told[:-1]}{place}{told[-1]}" + (f" {said}" if said else "" if ours else f" {_OTHERWISE}")


def raised_by_a_statement(error: BaseException) -> bool:
    """Whether the source says `raise`, so that it was not a signal."""
    frame, line = list(traceback.walk_tb(error.__traceback__))[-1]
    return re.search(r"\braise\b", linecache.getline(frame.f_code.co_filename, line)) is not None


def _said(message: str) -> str:
    """What was said, without what would mislead: a proposal to write SQL text, and the inside of objects."""
    message = re.sub(
        r"Textual \w+ expression (.*) should be explicitly declared as .*", r"\1 is a text, and no expression over columns", message
    )
    return re.sub(r"\bgot (\w+)\(.*", r"got a \1", message, flags=re.DOTALL)


def _meant(error: BaseException, names: Mapping[str, Any], code: PluginCode) -> str:
    """What was perhaps meant by a name that is not there."""
    message = str(error)
    if isinstance(error, SyntaxError):
        return "Correct that line."
    if isinstance(error, ModuleNotFoundError):
        return _module_meant(error.name or "", code)
    if isinstance(error, ImportError) and (found := re.search(r"cannot import name '(\w+)' from '([\w.]+)'", message)):
        module = sys.modules.get(found[2])
        return _offer(found[1], getattr(module, "__all__", None) or dir(module))
    if isinstance(error, AttributeError) and error.name is not None:
        return _attribute_meant(error.name, error.obj)
    if isinstance(error, NameError) and error.name is not None:
        for module in (sys.modules["sellerhealth"], facts):
            if error.name in (getattr(module, "__all__", None) or vars(module)):
                return f"Import it: from {module.__name__} import {error.name}."
        return _offer(error.name, [*names, *dir(builtins)])
    if found := re.search(r"Metric\.__init__\(\) missing .*?: (.*)", message):
        missing = [word for word in FIELD_HELP if f"'{word}'" in found[1]]
        return " ".join(f"Add `{word}`: {FIELD_HELP[word]}." for word in missing)
    if found := re.search(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'", message):
        function = names.get(found[1])
        known = list(inspect.signature(function).parameters) if callable(function) else []
        return f"{_offer(found[2], known)} It takes {', '.join(known)}.".strip() if known else ""
    return ""


def _module_meant(name: str, code: PluginCode) -> str:
    if code.path is not None and code.path.with_name(f"{name.partition('.')[0]}.py").exists():
        return "A plugin file stands alone: put all into it, or install both files as a package and name it in an entry point."
    parent, _, last = name.rpartition(".")
    is_own = code.path is None and (code.module == name or code.module.startswith(f"{name}."))
    path = getattr(sys.modules.get(parent), "__path__", None)
    near = _offer(last, [module.name for module in pkgutil.iter_modules(path)] if path is not None or is_own else [])
    if is_own:
        return f"Its entry point {code.plugin} = {code.value!r} names it.{f' {near}' if near else ''} Correct the entry point, or install the distribution anew."
    return f"{near} Install it, and add it to the `dependencies` of the plugin.".strip()


def _attribute_meant(name: str, thing: object) -> str:
    if isinstance(thing, InstrumentedAttribute) and isinstance(thing.property, RelationshipProperty):
        other = thing.property.entity.class_.__name__
        return f"{thing} are other facts: look at them with {thing}.any(...), for example {thing}.any({other}.{name})."
    if isinstance(thing, type) or inspect.ismodule(thing):
        near = _offer(name, [word for word in dir(thing) if not word.startswith("_")])
        return f"{thing.__name__} has no {name!r}.{f' {near}' if near else ' docs/plugins/metrics.md names what there is.'}"
    return _offer(name, [word for word in dir(thing) if not word.startswith("_")])


def _offer(word: str, known: Iterable[str]) -> str:
    return did_you_mean(word, known).strip()
