"""Describes what a plugin's code raised: the error, the last line of the plugin's own code, and a fix where the cause is known."""

import ast
import builtins
import inspect
import linecache
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any

from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.orm import InstrumentedAttribute, RelationshipProperty

from sellerhealth import facts
from sellerhealth.checks.source_lint import resolve, syntax_nodes
from sellerhealth.errors import SellerHealthError, did_you_mean
from sellerhealth.metrics.declaration import FIELD_HELP
from sellerhealth.metrics.type_checks import first_line
from sellerhealth.plugins.plugin_code import PluginCode

_ONE_FILE = "A plugin file is complete in itself: put everything into it, or install a package and name it in an entry point."
_CONDITIONS = (
    "Write conditions over columns, and not as SQL text, as in Order.channel == 'SELLER', Order.late_by.is_(None), Order.status.in_(['SHIPPED']) "
    "or Order.claims.any(Claim.state == 'OPEN')."
)
_LENGTH, _OUR_LENGTH = 200, 1000  # characters of a message: ours ends with the fix
_OTHERWISE = "Correct the plugin, or leave it out with `disabled_plugins`."


def describe_error(error: BaseException, code: PluginCode) -> str:
    """The kind and message of an error, where in the plugin it happened, and the fix."""
    steps = list(_steps(error))
    own = [step for step in steps if code.owns(_module_of(step))]
    is_ours = bool(steps) and _module_of(steps[-1]).startswith("sellerhealth.")  # then the message includes the fix
    message = first_line(error.msg if isinstance(error, SyntaxError) else error, _OUR_LENGTH if is_ours else _LENGTH)
    if isinstance(error, AttributeError) and message == error.name:
        message = f"no attribute {message!r}"
    if not isinstance(error, SellerHealthError):
        message = f"{type(error).__name__}: {message or 'no message'}"
    location = f" ({own[-1].tb_frame.f_code.co_filename}, line {own[-1].tb_lineno})" if own else ""
    if isinstance(error, SyntaxError) and error.filename is not None:
        location = f" ({error.filename}, line {error.lineno})"
    hints = [hint for hint in (_hint(error, own[-1] if own else None, code), *getattr(error, "__notes__", [])) if hint]
    fix = " ".join(hints or ([] if is_ours else [_OTHERWISE]))
    return f"{message.rstrip('?')}{location}{'?' if message.endswith('?') else '.'} {fix}".rstrip()


def _steps(error: BaseException) -> Iterator[TracebackType]:
    step = error.__traceback__
    while step is not None:
        yield step
        step = step.tb_next


def _module_of(step: TracebackType) -> str:
    return str(step.tb_frame.f_globals.get("__name__", ""))


def _hint(error: BaseException, step: TracebackType | None, code: PluginCode) -> str:
    """The probable fix. `step` is the last step of the traceback in the plugin's own code."""
    names = {} if step is None else {**step.tb_frame.f_globals, **step.tb_frame.f_locals}
    match error:
        case SyntaxError():
            return "Correct that line."
        case ModuleNotFoundError():
            return _module_hint(error.name or "", code)
        case ImportError():
            return _import_hint(error, step, code)
        case AttributeError(name=str(name)):
            return _attribute_hint(name, error.obj)
        case NameError(name=str(name)):
            for module in (sys.modules["sellerhealth"], facts):
                if name in (getattr(module, "__all__", None) or vars(module)):
                    return f"Import it: from {module.__name__} import {name}."
            return _suggest(name, [*names, *dir(builtins)])
        case TypeError() if step is not None and step.tb_next is None and isinstance(call := _failing_node(step), ast.Call):
            return _call_hint(call, names)
        case ArgumentError() | InvalidRequestError():
            return _CONDITIONS
    return ""


def _module_hint(name: str, code: PluginCode) -> str:
    if code.path is not None and code.path.with_name(f"{name.partition('.')[0]}.py").exists():
        return _ONE_FILE
    parent, _, last = name.rpartition(".")
    is_own = code.path is None and (code.module == name or code.module.startswith(f"{name}."))
    path = getattr(sys.modules.get(parent), "__path__", None)
    near = _suggest(last, [module.name for module in pkgutil.iter_modules(path)] if path is not None or is_own else [])
    if is_own:
        return f"Its entry point {code.plugin} = {code.value!r} names it. {near} Correct the entry point, or reinstall the distribution."
    return f"{near} Install it, and add it to the `dependencies` of the plugin."


def _import_hint(error: ImportError, step: TracebackType | None, code: PluginCode) -> str:
    module, statement = sys.modules.get(error.name or ""), None if step is None else _failing_node(step)
    if module is None:
        return "" if code.path is None else _ONE_FILE
    names = [alias.name for alias in statement.names] if isinstance(statement, ast.ImportFrom) else []
    known = getattr(module, "__all__", None) or dir(module)
    return " ".join(_suggest(name, known) for name in names if not hasattr(module, name))


def _attribute_hint(name: str, thing: object) -> str:
    if isinstance(thing, InstrumentedAttribute) and isinstance(thing.property, RelationshipProperty):
        other = thing.property.entity.class_.__name__
        if not thing.property.uselist:
            return f"{thing} is another fact: look at it with {thing}.has(...), for example {thing}.has({other}.{name})."
        return f"{thing} are other facts: look at them with {thing}.any(...), for example {thing}.any({other}.{name})."
    near = _suggest(name, [each for each in dir(thing) if not each.startswith("_")])
    if isinstance(thing, type) or inspect.ismodule(thing):
        return f"{thing.__name__} has no {name!r}. {near or '`sellerhealth docs plugins/metrics` names what there is.'}"
    return near


def _call_hint(call: ast.Call, names: Mapping[str, Any]) -> str:
    """The fix for the arguments of a call that Python refused."""
    function = resolve(call.func, names)
    if function is None:
        return ""
    if not callable(function):
        return "It is not a function: leave out the parentheses. Related facts are looked up with .any(...)."
    parameters = inspect.signature(function).parameters
    named = [keyword.arg for keyword in call.keywords if keyword.arg is not None]
    if unknown := [name for name in named if name not in parameters]:
        return f"{' '.join(_suggest(name, parameters) for name in unknown)} It takes {', '.join(parameters)}.".strip()
    missing = [each.name for each in parameters.values() if each.default is each.empty and each.name not in named]
    if call.args or not missing:
        return f"Name the arguments: it takes {', '.join(parameters)}."
    return " ".join(f"Add `{name}`{f': {FIELD_HELP[name]}' if name in FIELD_HELP else ''}." for name in missing)


def _failing_node(step: TracebackType) -> ast.AST | None:
    """The call or import at which an error was raised."""
    code = step.tb_frame.f_code
    position = list(code.co_positions())[step.tb_lasti // 2]
    linecache.checkcache(code.co_filename)
    for node in syntax_nodes("".join(linecache.getlines(code.co_filename))):
        if isinstance(node, ast.Call | ast.ImportFrom) and position == (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset):
            return node
    return None


def _suggest(name: str, known: Iterable[str]) -> str:
    return did_you_mean(name, known).strip()
