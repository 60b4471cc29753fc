"""Finds Python operators that silently change a condition: while a plugin loads, they raise in its code.

`Order.status == "SHIPPED" and Order.accepted` is the first comparison alone: Python evaluates its truth, and SQLAlchemy
compares the objects for that. `~(Order.late_by > 0)` becomes `late_by <= 0`, which does not count the rows whose `late_by` is
null. The resulting expression does not show either mistake, so the guard replaces the operators while it is active.
"""

import linecache
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

from sqlalchemy.orm.attributes import QueryableAttribute
from sqlalchemy.sql import elements, operators

from sellerhealth.metrics.type_checks import describe_value

INTENDED = "# sound"  # marks a line that is right although it looks like a mistake
_NEGATED = "_sellerhealth_negated"  # set on the comparison that results from negating another
_ORDERINGS = (operators.lt, operators.le, operators.gt, operators.ge)
_TRUTH = (
    "Python decides here whether a condition is true, once for all rows, as `and`, `or`, `not`, `if`, `in` and chained comparisons do. "
    "Write & for `and`, | for `or`, measure.without(...) for `not`, sqlalchemy.case(...) for `if`, .in_([...]) for `in`, and two comparisons "
    f"in place of a chained one, each in parentheses. If the line is right as it is, end it with `{INTENDED}`"
)
_lock = threading.RLock()  # one plugin loads at a time: the operators are replaced for the whole process


@contextmanager
def guarded_operators(is_plugin_module: Callable[[str], bool]) -> Iterator[None]:
    """Makes operators that evaluate the truth of a condition raise TypeError, in the code of a plugin only."""

    def is_plugin_line(frame: FrameType) -> bool:
        if not is_plugin_module(frame.f_globals.get("__name__", "")):
            return False
        linecache.checkcache(frame.f_code.co_filename)
        return INTENDED not in linecache.getline(frame.f_code.co_filename, frame.f_lineno)

    def truth_of(original: Callable[[Any], bool]) -> Callable[[Any], bool]:
        def truth(expression: Any) -> bool:
            if is_plugin_line(sys._getframe(1)):
                raise TypeError(_TRUTH)
            return original(expression)

        return truth

    def refuse(expression: Any, left: object) -> Any:
        raise TypeError(
            f"& and | bind more closely than comparisons, and here they join {describe_value(left)} with a condition. "
            "Put each comparison in parentheses, as in (Order.late_by > 0) & Order.accepted"
        )

    original_negate = elements.BinaryExpression._negate

    def negate(expression: Any) -> Any:
        negated = original_negate(expression)  # type: ignore[no-untyped-call]  # SQLAlchemy does not say its type
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("sqlalchemy."):
            frame = frame.f_back
        if expression.operator in _ORDERINGS and is_plugin_line(frame):
            setattr(negated, _NEGATED, True)
        return negated

    with _lock, ExitStack() as replaced:
        for owner, name, function in (
            (elements.ClauseElement, "__bool__", truth_of(elements.ClauseElement.__bool__)),
            (elements.BinaryExpression, "__bool__", truth_of(elements.BinaryExpression.__bool__)),
            (QueryableAttribute, "__bool__", truth_of(lambda attribute: True)),
            (elements.BinaryExpression, "_negate", negate),
            (operators.Operators, "__rand__", refuse),
            (operators.Operators, "__ror__", refuse),
        ):
            replaced.enter_context(_replaced(owner, name, function))
        yield


def is_negated(comparison: Any) -> bool:
    """Whether a comparison such as `late_by <= 0` was written as `~(late_by > 0)` in a plugin."""
    return _NEGATED in getattr(comparison, "__dict__", ())


@contextmanager
def _replaced(owner: type, name: str, function: Callable[..., Any]) -> Iterator[None]:
    own = vars(owner).get(name)
    setattr(owner, name, function)
    try:
        yield
    finally:
        if own is None:
            delattr(owner, name)
        else:
            setattr(owner, name, own)
