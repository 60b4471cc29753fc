"""Rewrites a condition so that it is true or false, or null where that depends on an unknown cell.

SQL has the third truth value already, but also for what has a meaning: `removed_at > x` is null for feedback that nobody removed. So
each comparison is made two-valued first, and null only where a cell that it reads is unknown. AND, OR and NOT then do the rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql import elements, operators, visitors
from sqlalchemy.sql.util import ClauseAdapter

from sellerhealth.metrics.expressions import base_table, of_same
from sellerhealth.model.conjuncts import conjuncts
from sellerhealth.model.unknown_cells import any_unknown, unknown_cell

Bool = sa.ColumnElement[bool]


class _Question(NamedTuple):
    """What is asked about a condition: whether it is true, or false; or, negated, whether it is not. A null is neither."""

    truth: bool = True
    negated: bool = False

    @property
    def complement(self) -> "_Question":
        return self._replace(negated=not self.negated)

    @property
    def opposite(self) -> "_Question":
        return self._replace(truth=not self.truth)


def three_valued(condition: Any, counted: sa.Table) -> Bool:
    """A condition over the rows of a table, null where it depends on an unknown cell. For all other rows it is as true as before."""
    return _rewritten(condition, _Question(), (counted,))


def reads_unknown(expression: Any) -> bool:
    """Whether an expression reads any column whose cell can be unknown."""
    return any(True for _ in unknown_columns(expression))


def unknown_columns(expression: Any) -> "Iterator[sa.Column[Any]]":
    """The columns in an expression whose cell can be unknown, each of its table or of an alias of it."""
    for node in visitors.iterate(expression):
        if isinstance(node, sa.Column) and (base := base_table(node.table)) is not None and unknown_cell(base.c[node.key]) is not None:
            yield node


def _rewritten(node: Any, question: _Question, scope: Sequence[Any]) -> Bool:
    """The answer to a question about a condition. `scope` are the tables whose row is at hand, the counted one first."""
    match node:
        case elements.Grouping():
            return _rewritten(node.element, question, scope)
        case elements.BooleanClauseList():
            both = (node.operator is operators.and_) == (question.truth != question.negated)
            parts = [_rewritten(each, question, scope) for each in node.clauses]
            return sa.and_(*parts) if both else sa.or_(*parts)
        case sa.Exists():
            found = _found(node, scope)
            return found if question.truth != question.negated else sa.not_(found)
        case elements.UnaryExpression(operator=operators.inv | operators.is_false):
            return _rewritten(node.element, question.opposite, scope)
        case elements.UnaryExpression(operator=operators.is_true):
            return _rewritten(node.element, question, scope)
        case elements.BinaryExpression(operator=operators.is_ | operators.is_not, right=elements.True_() | elements.False_()):
            asked = _Question(isinstance(node.right, elements.True_), node.operator is operators.is_not)
            return _rewritten(node.left, asked if question.truth != question.negated else asked.complement, scope)
        case elements.BinaryExpression(
            operator=operators.eq | operators.ne, left=elements.Case(value=None), right=elements.BindParameter()
        ) if (is_class := _is_class(node.left, node.right.value, scope)) is not None:
            holds = (question.truth != question.negated) == (node.operator is operators.eq)
            return is_class if holds else sa.not_(is_class)
    return _compared(node, question, scope)


def _is_class(case: Any, name: object, scope: Sequence[Any]) -> Bool | None:
    """Whether a CASE has a value: its class is unknown if its own condition or an earlier one is. None if the values are no plain ones."""
    values = [value.value if isinstance(value, elements.BindParameter) else None for _, value in case.whens]
    rest = case.else_.value if isinstance(case.else_, elements.BindParameter) else None
    if rest is None or None in values:
        return None
    earlier: list[Bool] = []
    classes: list[Bool] = []
    for (condition, _), value in zip(case.whens, values, strict=True):
        if value == name:
            classes.append(sa.and_(*earlier, _rewritten(condition, _Question(), scope)))
        earlier.append(_rewritten(condition, _Question(negated=True), scope))
    if rest == name:
        classes.append(sa.and_(*earlier))
    return sa.or_(sa.false(), *classes)


def _found(exists: sa.Exists, scope: Sequence[Any]) -> Bool:
    """Whether related facts exist: null if none is sure to be one of them, but one may be."""
    select: Any = next(node for node in visitors.iterate(exists) if isinstance(node, sa.SelectBase))
    if not reads_unknown(exists):
        return exists
    if not _is_plain(select):
        return _null_where(_unknown_cells(exists, scope), exists)
    own = _own_tables(select, scope)
    within = (*scope, *own)
    conditions = [*conjuncts(sa.and_(sa.true(), *select._where_criteria))]
    known = [each for each in conditions if not any(True for _ in _unknown_cells(each, within))]
    perhaps = sa.and_(*(_rewritten(each, _Question(), within) for each in conditions if each not in known))
    maybe = sa.exists(sa.literal_column("1")).select_from(*own).where(*known, perhaps.is_(sa.null())).correlate(*scope)
    return sa.type_coerce(sa.case((exists, sa.true()), (maybe, sa.null()), else_=sa.false()), sa.Boolean())


def _is_plain(select: Any) -> bool:
    """Whether a statement has tables and conditions alone, so that each condition can be taken by itself."""
    if not isinstance(select, sa.Select) or select._group_by_clauses or select._having_criteria:
        return False
    return all(base_table(source) is not None for source in select.get_final_froms())


def _own_tables(select: Any, scope: Sequence[Any]) -> Sequence[Any]:
    """The tables that a statement looks through; the others are those of the rows at hand."""
    kept = select._correlate_except or ()
    return [table for table in select.get_final_froms() if table in kept or table not in scope]


def _compared(node: Any, question: _Question, scope: Sequence[Any]) -> Bool:
    """The answer for a condition that is not made of others."""
    answer: Bool = sa.func.coalesce(node if question.truth else sa.not_(node), sa.false())
    return _null_where(_unknown_cells(node, scope), sa.not_(answer) if question.negated else answer)


def _null_where(cells: Iterable[Bool], answer: Bool) -> Bool:
    """An answer, null where any of some cells is unknown."""
    unknown = list(cells)
    return sa.type_coerce(sa.case((sa.or_(*unknown), sa.null()), else_=answer), sa.Boolean()) if unknown else answer


def _unknown_cells(node: Any, scope: Sequence[Any]) -> Iterator[Bool]:
    """The conditions that a cell which an expression reads is unknown: of the rows at hand, or of any related one."""
    columns: dict[Any, set[str]] = {}
    for column in unknown_columns(node):
        columns.setdefault(column.table, set()).add(column.key)
    for table, names in columns.items():
        base = base_table(table)
        assert base is not None  # noqa: S101 - only columns of facts are found
        in_scope = table in scope
        cells = any_unknown(*(base.c[name] for name in sorted(names)))
        row = table if in_scope else base.alias()
        condition: Bool = cells if row is base else ClauseAdapter(row).traverse(cells)
        yield condition if in_scope else sa.exists().where(of_same(row, scope[0]), condition).correlate(scope[0])
