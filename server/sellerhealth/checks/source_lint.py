"""Slips that Python lets pass and that change a condition in silence: found in the source of a plugin, each with its line.

`Order.status == "SHIPPED" and Order.accepted` is the first comparison alone: Python asks it whether it is true, and SQLAlchemy
answers by comparing the objects. Nothing of that is left in the expression, so it has to be seen in the source.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from sellerhealth.facts import FACTS
from sellerhealth.model.tables import Fact

_FACTS = {fact.__name__: fact for fact in FACTS}
_ALL = {name: name for name in _FACTS}
_IN = {ast.In: ".in_([...])", ast.NotIn: "measure.without(column.in_([...]))", ast.Is: ".is_(None) or ==", ast.IsNot: ".is_not(None)"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_MAKERS = frozenset({"Metric", "count", "total", "where", "without", "split"})
_CLOCKS = ("now", "today", "utcnow")
_WORDS = {ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not"}


def slips(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The slips in a module: its line, and what is wrong with the remedy."""
    source = _Source(tree)
    for node in ast.walk(tree):
        for problem in source.problems(node):
            yield getattr(node, "lineno", 1), problem


def clock_calls(trees: Iterable[ast.Module]) -> Iterator[tuple[ast.Module, int]]:
    """Where modules ask for the present day or instant while they are loaded: the module and the line.

    What runs then is what stands in no function, the functions that make measures, and those that are called from there.
    """
    waiting = {(tree, function) for tree in trees for function in ast.walk(tree) if isinstance(function, _FUNCTIONS)}
    running = [(tree, node) for tree in trees for node in _outside_of_functions(tree)]
    called: set[str] = set()
    while True:
        called |= {name for _, node in running if isinstance(node, ast.Call) and (name := _called(node))}
        now = {(tree, each) for tree, each in waiting if each.name in called or _makes_measures(each)}
        if not now:
            break
        waiting -= now
        running += [(tree, node) for tree, function in now for node in _outside_of_functions(function)]
    yield from ((tree, node.lineno) for tree, node in running if isinstance(node, ast.Call) and _called(node) in _CLOCKS)


def _outside_of_functions(tree: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module, or the body of a function, runs: not the functions that it defines."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, _FUNCTIONS):
            yield child
            yield from _outside_of_functions(child)


def _makes_measures(function: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) and _called(node) in _MAKERS for node in _outside_of_functions(function))


def _called(call: ast.Call) -> str | None:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None


class _Source:
    """What is an SQL expression in a source file: the columns of facts, and what is made of them, by whatever name."""

    def __init__(self, tree: ast.Module) -> None:
        names = dict(_imported(tree))
        self.modules = {name for name, what in names.items() if what == "sellerhealth.facts"} | {"sellerhealth.facts"}
        facts = {name: what.removeprefix("sellerhealth.facts.") for name, what in names.items() if what.startswith("sellerhealth.facts.")}
        self.facts = {name: _FACTS[fact] for name, fact in (facts | (_ALL if "*" in facts else {})).items() if fact in _FACTS}
        self.statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and not hasattr(node, "body")]
        self.statement_of = {node: statement for statement in self.statements for node in ast.walk(statement)}
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
            case ast.Attribute():
                return self._fact(node.value) is not None and not node.attr.startswith("__")
            case ast.Call(func=ast.Attribute(value=of)):  # a method of an expression, as in Order.late_by.is_(None)
                return self.is_expression(of)
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
                yield from self._of_inversion("~", node.operand, self._asked_about(node))
            case ast.Call(func=ast.Name(id="not_") | ast.Attribute(attr="not_"), args=[operand]):
                yield from self._of_inversion("not_", operand, self._asked_about(node))
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

    def _of_inversion(self, sign: str, node: ast.expr, asked_about: set[str]) -> Iterator[str]:
        """SQLAlchemy makes `x <= 0` of `~(x > 0)`, in which nothing tells any more that what is unknown was to be in it."""
        node = self.named.get(node.id, node) if isinstance(node, ast.Name) else node
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        unknown = sorted({name for side in sides if (name := self._may_be_null(side)) and ast.unparse(side) not in asked_about})
        if unknown:
            yield f"`{sign}` leaves out the rows whose {' or '.join(unknown)} is unknown. Write measure.without(...)"

    def _asked_about(self, node: ast.AST) -> set[str]:
        """The columns of which the statement around a node asks whether they are known.

        So do those that give it its names, and those that all use what it names.
        """
        here = self.statement_of.get(node)
        if here is None:
            return set()
        used, bound = _names(here, ast.Load), _names(here, ast.Store)
        givers = [each for each in self.statements if _names(each, ast.Store) & used]
        users = [each for each in self.statements if _names(each, ast.Load) & bound and each is not here]
        asked = set().union(*(_asked_for_null(each) for each in (here, *givers)))
        return asked | (set.intersection(*map(_asked_for_null, users)) if users else set())

    def _may_be_null(self, node: ast.expr) -> str | None:
        match node:
            case ast.Attribute(value=owner, attr=column) if fact := self._fact(owner):
                columns = fact.__table__.c
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


def _names(statement: ast.AST, context: type[ast.expr_context]) -> set[str]:
    """The names that a statement uses, or those that it gives a value."""
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, context)}


def _asked_for_null(statement: ast.AST) -> set[str]:
    """The columns, as they are written, that a statement compares with null."""
    asked = [node for node in ast.walk(statement) if isinstance(node, ast.Attribute) and node.attr in ("is_", "is_not")]
    return {ast.unparse(node.value) for node in asked}
