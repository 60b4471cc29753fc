"""Slips that Python lets pass and that change a condition in silence: found in the source of a plugin, each with its line.

`Order.status == "SHIPPED" and Order.accepted` is the first comparison alone: Python asks it whether it is true, and SQLAlchemy
answers by comparing the objects. Nothing of that is left in the expression, so it has to be seen in the source.
"""

import ast
from collections import Counter
from collections.abc import Iterator

from sellerhealth.facts import FACTS
from sellerhealth.tables import Fact

_FACTS = {fact.__name__: fact for fact in FACTS}
_ALL = {name: name for name in _FACTS}
_IN = {ast.In: ".in_([...])", ast.NotIn: "measure.without(column.in_([...]))", ast.Is: ".is_(None) or ==", ast.IsNot: ".is_not(None)"}
_WORDS = {ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not"}


def slips(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The slips in a module: its line, and what is wrong with the remedy."""
    source = _Source(tree)
    for node in ast.walk(tree):
        for problem in source.problems(node):
            yield getattr(node, "lineno", 1), problem


def clock_calls(tree: ast.Module) -> list[int]:
    """The lines on which a module asks for the present day or instant."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call.lineno for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in ("now", "today", "utcnow")]


class _Source:
    """What is an SQL expression in a source file: the columns of facts, and what is made of them, by whatever name."""

    def __init__(self, tree: ast.Module) -> None:
        names = dict(_imported(tree))
        self.modules = {name for name, what in names.items() if what == "sellerhealth.facts"} | {"sellerhealth.facts"}
        facts = {name: what.removeprefix("sellerhealth.facts.") for name, what in names.items() if what.startswith("sellerhealth.facts.")}
        self.facts = {name: _FACTS[fact] for name, fact in (facts | (_ALL if "*" in facts else {})).items() if fact in _FACTS}
        self.asked_about = {name for node in ast.walk(tree) if (name := _asked_for_null(node))}
        self.named: dict[str, ast.expr] = {}  # variables that hold an expression, and never anything else
        others = Counter(_bound(tree))
        for assignment in (node for node in ast.walk(tree) if isinstance(node, ast.Assign)):
            if self.is_expression(assignment.value):
                held = {target.id: assignment.value for target in assignment.targets if isinstance(target, ast.Name)}
                self.named |= held
                others -= Counter(held.keys())
        self.named = {name: expression for name, expression in self.named.items() if not others[name]}

    def is_expression(self, node: ast.expr) -> bool:
        match node:
            case ast.Name():
                return node.id in self.named
            case ast.Attribute():  # a column, or a method of an expression, as in Order.late_by.is_
                return self._fact(node.value) is not None or self.is_expression(node.value)
            case ast.Call():
                return isinstance(node.func, ast.Attribute) and self.is_expression(node.func)
            case ast.Compare():
                return any(map(self.is_expression, (node.left, *node.comparators))) and not isinstance(node.ops[0], tuple(_IN))
            case ast.BinOp():
                return self.is_expression(node.left) or self.is_expression(node.right)
            case ast.UnaryOp(op=ast.Invert()):
                return self.is_expression(node.operand)
        return False

    def problems(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.BoolOp() if any(map(self.is_expression, node.values)):
                word, sign = ("and", "&") if isinstance(node.op, ast.And) else ("or", "|")
                yield f"`{word}` between conditions leaves one of them out. Write {sign}, with each side in parentheses"
            case ast.UnaryOp(op=ast.Not()) if self.is_expression(node.operand):
                yield "`not` before a condition is True or False for all rows alike. Write measure.without(...)"
            case ast.UnaryOp(op=ast.Invert()):
                yield from self._of_inversion("~", node.operand)
            case ast.Call(func=ast.Name(id="not_") | ast.Attribute(attr="not_"), args=[operand]):
                yield from self._of_inversion("not_", operand)
            case ast.IfExp() | ast.If() | ast.While() if self.is_expression(node.test):
                yield "`if` asks a condition once, at the start, and not of each row. Write sqlalchemy.case(...), or .where(...)"
            case ast.Compare() if any(map(self.is_expression, (node.left, *node.comparators))):
                yield from self._of_comparison(node)

    def _of_comparison(self, node: ast.Compare) -> Iterator[str]:
        operator = type(node.ops[0])
        if len(node.ops) > 1:
            yield "a chained comparison keeps only one of its halves. Write two, joined with &, each in parentheses"
        elif operator in _IN:
            yield f"`{_WORDS[operator]}` is True or False for all rows alike. Write {_IN[operator]}"
        elif any(isinstance(side, ast.BinOp) and isinstance(side.op, ast.BitAnd | ast.BitOr) for side in (node.left, *node.comparators)):
            yield "& and | bind more closely than comparisons. Put each comparison in parentheses"

    def _of_inversion(self, sign: str, node: ast.expr) -> Iterator[str]:
        """SQLAlchemy makes `x <= 0` of `~(x > 0)`, in which nothing tells any more that what is unknown was to be in it."""
        node = self.named.get(node.id, node) if isinstance(node, ast.Name) else node
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        unknown = sorted({name for side in sides if (name := self._may_be_null(side))} - self.asked_about)
        if unknown:
            yield f"`{sign}` leaves out the rows whose {' or '.join(unknown)} is unknown. Write measure.without(...)"

    def _may_be_null(self, node: ast.expr) -> str | None:
        match node:
            case ast.Attribute(value=owner, attr=column) if fact := self._fact(owner):
                columns = fact.__table__.c  # type: ignore[attr-defined]  # SQLModel hides it
                return column if column in columns and columns[column].nullable else None
        return None

    def _fact(self, node: ast.expr) -> type[Fact] | None:
        """The fact that a name stands for: `Order`, by whatever name, or `facts.Order`."""
        match node:
            case ast.Name():
                return self.facts.get(node.id)
            case ast.Attribute() if ast.unparse(node.value) in self.modules:
                return _FACTS.get(node.attr)
        return None


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The names that a module imports, each with what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.asname or name.name, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((name.asname or name.name, f"{node.module}.{name.name}") for name in node.names)


def _bound(tree: ast.Module) -> Iterator[str]:
    """Every place in which a name is given a value, parameters of functions included: one name may stand for many things."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name


def _asked_for_null(node: ast.AST) -> str | None:
    match node:
        case ast.Attribute(attr="is_" | "is_not", value=ast.Attribute(attr=column)):
            return column
    return None
