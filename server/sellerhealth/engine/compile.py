"""From asks to one statement. Pure: no connection, no clock.

One aggregate for each source of numbers, stacked with UNION ALL. Nothing is joined, so nothing can fan out. The accounts asked
for stand in one CTE, taken from what the viewer may see. Dates, scopes, accounts and the clock are parameters, so a statement
is built once for all requests of a shape. Their names begin with `ask_`, as no column's does: SQLAlchemy names the values of
conditions after the column, `channel_1`, and of two parameters of one name the last would win.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import sqlalchemy as sa

from sellerhealth.access import Viewer
from sellerhealth.engine.account_filter import Choice, chosen
from sellerhealth.engine.queries import Ask, Scope, SeriesAsk
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.expressions import clock_parameters, hours_of, table_of
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import UnavailableReason
from sellerhealth.model.records import Source

AnySelect: TypeAlias = "sa.Select[*tuple[Any, ...]]"
COVERAGE = -1  # the branch that tells which facts were ever imported


@dataclass(frozen=True)
class Question:
    """What is asked of every account alike: an ask without its account."""

    metric: Metric
    window: Window
    as_of: dt.date
    scope: Scope
    by: str | None
    since: dt.date | None = None  # with it, every as-of day from then on is asked about

    @classmethod
    def of(cls, ask: Ask | SeriesAsk) -> "Question":
        """The question of an ask."""
        if isinstance(ask, SeriesAsk):
            return cls(ask.metric, ask.window, ask.last, ask.scope, ask.part[0] if ask.part else None, ask.first)
        return cls(ask.metric, ask.window, ask.as_of, ask.scope, ask.by)

    def ask(self, account_id: int) -> Ask:
        """The question put about one account."""
        return Ask(account_id, self.metric, self.window, self.as_of, self.scope, self.by)

    @property
    def span(self) -> tuple[dt.date, dt.date]:
        """The first and the last day that have to be counted."""
        first, last = self.window.span(self.as_of)
        return first if self.since is None else self.window.span(self.since)[0], last

    @property
    def daily(self) -> bool:
        """Whether the number of each day is needed: to weigh it, or to slide the window over it."""
        return self.window.half_life is not None or self.since is not None


def unavailable_reason(question: Question) -> UnavailableReason | None:
    """Why a question cannot be put at all: facts without a channel were asked for one."""
    wants_channel = question.scope.channel is not None or question.by == "channel"
    if wants_channel and any("channel" not in table_of(m).c for m in question.metric.all_measures.values()):
        return UnavailableReason.WITHOUT_CHANNEL
    return None


@dataclass(frozen=True)
class _Shape:
    """A question with numbers in the place of its dates and scope, so that statements can be kept."""

    metric: Metric
    by: str | None
    daily: bool
    span: int
    scope: int
    given: tuple[str, ...]  # the columns that the scope restricts


@dataclass(frozen=True)
class _Branch:
    """One aggregate of the stack."""

    select: AnySelect
    numbers: Sequence[sa.ColumnElement[Any]]
    wanted: Sequence[tuple[int, str]]  # what each number is: the shape and the key of the measure
    spans: frozenset[int]
    scope: int


@dataclass(frozen=True)
class _Statement:
    text: sa.Executable
    branches: Sequence[_Branch]
    clock: frozenset[str]


@dataclass(frozen=True)
class Plan:
    """A statement with its parameters, and how to read its rows."""

    statement: sa.Executable
    parameters: Mapping[str, Any]
    wanted: Sequence[Sequence[tuple[Sequence[Question], str]]]  # by branch, what each number is, and whom it answers


def compile_asks(questions: Iterable[Question], choice: Choice, viewer: Viewer, clock: dt.datetime) -> Plan:
    """One statement that answers every question for every account of a choice, those left out that cannot be put.

    Its rows are (branch, account, part, day, numbers...); part and day are '' where they were not asked for. In the branch
    COVERAGE the part is a kind of fact, the day the last one covered, the number 1 if a source tells of all such facts.
    """
    spans: dict[tuple[dt.date, dt.date], int] = {}
    scopes: dict[Scope, int] = {}
    shapes: dict[_Shape, list[Question]] = {}
    for question in questions:
        if unavailable_reason(question) is not None:
            continue
        span = spans.setdefault(question.span, len(spans))
        scope = scopes.setdefault(question.scope, len(scopes))
        given = tuple(name for name in ("marketplace", "channel") if getattr(question.scope, name) is not None)
        shape = _Shape(question.metric, question.by, question.daily, span, scope, given)
        shapes.setdefault(shape, []).append(question)
    statement = _statement(tuple(shapes), choice.given, viewer)
    parameters: dict[str, Any] = {**choice.parameters}
    for (first, last), number in spans.items():
        parameters |= {f"ask_first_{number}": first, f"ask_last_{number}": last}
    for scope_value, number in scopes.items():
        parameters |= {f"ask_marketplace_{number}": scope_value.marketplace, f"ask_channel_{number}": scope_value.channel}
    days = list(spans)
    for number, branch in enumerate(statement.branches):
        parameters[f"ask_from_{number}"] = min(days[span][0] for span in branch.spans)
        parameters[f"ask_to_{number}"] = max(days[span][1] for span in branch.spans)
    parameters |= {name: clock - dt.timedelta(hours=hours_of(name)) for name in statement.clock}
    asked = list(shapes.values())
    wanted = [[(asked[shape], name) for shape, name in branch.wanted] for branch in statement.branches]
    return Plan(statement.text, parameters, wanted)


@lru_cache(maxsize=512)
def _statement(shapes: tuple[_Shape, ...], given: tuple[str, ...], viewer: Viewer) -> _Statement:
    asked = chosen(viewer, given).cte("asked")
    groups: defaultdict[tuple[Any, ...], list[tuple[int, str, Measure]]] = defaultdict(list)
    for number, shape in enumerate(shapes):
        for name, measure in shape.metric.all_measures.items():
            table, split_class = table_of(measure), measure.split_class if measure.summed is None else None
            part = None if shape.by is None else shape.metric.parts[shape.by].key if shape.by in shape.metric.parts else shape.by
            sorted_alike = None if split_class is None else id(split_class.class_name)
            groups[table, measure.on.key, part, shape.daily, shape.scope, shape.given, sorted_alike].append((number, name, measure))
    branches = [_branch(number, key, measures, shapes, asked) for number, (key, measures) in enumerate(groups.items())]
    width = max((len(branch.numbers) for branch in branches), default=1)
    text = sa.union_all(_coverage(asked, width), *(_filled(branch.select, branch.numbers, width) for branch in branches))
    return _Statement(text, branches, clock_parameters(text))


def _branch(
    number: int, key: tuple[Any, ...], measures: Sequence[tuple[int, str, Measure]], shapes: Sequence[_Shape], asked: sa.CTE
) -> _Branch:
    table, on, part_name, daily, scope, given, sorted_alike = key
    spans = frozenset(shapes[shape].span for shape, _, _ in measures)
    where = [
        table.c.account_id.in_(sa.select(asked.c.account_id)),
        table.c[on].between(sa.bindparam(f"ask_from_{number}", type_=sa.Date()), sa.bindparam(f"ask_to_{number}", type_=sa.Date())),
        *(table.c[name] == sa.bindparam(f"ask_{name}_{scope}", type_=sa.String()) for name in given),
    ]
    part = None if part_name is None else table.c[part_name]
    if sorted_alike is None:
        source, account, day = table, table.c.account_id, table.c[on]
        aggregates = [_aggregate(measure) for _, _, measure in measures]
    else:
        source, account, part, day, aggregates = _sorted_once(table, on, part, [measure for _, _, measure in measures], where)
    numbers = []
    for (shape, _, _), aggregate in zip(measures, aggregates, strict=True):
        span = shapes[shape].span
        within = (
            [day.between(sa.bindparam(f"ask_first_{span}", type_=sa.Date()), sa.bindparam(f"ask_last_{span}", type_=sa.Date()))]
            if len(spans) > 1
            else []
        )
        numbers.append(sa.func.coalesce(aggregate(*within), 0))
    blank: sa.ColumnElement[str] = sa.literal_column("''")
    grouped = [column for column in (account, part, day if daily else None) if column is not None]
    select: AnySelect = sa.select(
        sa.literal_column(str(number)).label("branch"),
        account.label("account_id"),
        (blank if part is None else sa.cast(part, sa.String)).label("part"),
        (sa.cast(day, sa.String) if daily else blank).label("day"),
    ).select_from(source)
    select = select.group_by(*grouped)
    return _Branch(
        select.where(*where) if sorted_alike is None else select, numbers, [(shape, name) for shape, name, _ in measures], spans, scope
    )


def _aggregate(measure: Measure) -> Callable[..., sa.ColumnElement[Any]]:
    def aggregate(*within: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
        counted: sa.Function[Any] = sa.func.count() if measure.summed is None else sa.func.sum(measure.summed)
        return counted.filter(sa.and_(*within, measure.condition))

    return aggregate


def _sorted_once(
    table: sa.Table, on: str, part: Any, measures: Sequence[Measure], where: Sequence[sa.ColumnElement[bool]]
) -> tuple[Any, Any, Any, Any, list[Callable[..., sa.ColumnElement[Any]]]]:
    """Classes of `Measure.split`: the rows are sorted once, in an inner GROUP BY. A CASE in every FILTER would be run for every class."""
    split_class = measures[0].split_class
    assert split_class is not None  # noqa: S101 - the caller grouped the measures by it
    columns = [table.c.account_id.label("of_account"), table.c[on].label("on_day"), *([] if part is None else [part.label("in_part")])]
    inner = (
        sa.select(*columns, split_class.class_name.label("in_class"), sa.func.count().label("counted"))
        .where(*where, split_class.rows)
        .group_by(*(column.name for column in columns), "in_class")
        .subquery()
    )

    def total_of(name: str) -> Callable[..., sa.ColumnElement[Any]]:
        return lambda *within: sa.func.sum(inner.c.counted).filter(sa.and_(*within, inner.c.in_class == name))

    sums = [total_of(measure.split_class.name) for measure in measures if measure.split_class is not None]
    return inner, inner.c.of_account, None if part is None else inner.c.in_part, inner.c.on_day, sums


def _coverage(asked: sa.CTE, width: int) -> AnySelect:
    select: AnySelect = (
        sa.select(
            sa.literal_column(str(COVERAGE)).label("branch"),
            Source.account_id.label("account_id"),
            Source.fact.label("part"),
            sa.cast(sa.func.max(Source.through), sa.String).label("day"),
        )
        .where(Source.account_id.in_(sa.select(asked.c.account_id)))
        .group_by(Source.account_id, Source.fact)
    )
    return _filled(select, [sa.func.max(sa.cast(Source.complete, sa.Integer))], width)


def _filled(select: AnySelect, numbers: Sequence[sa.ColumnElement[Any]], width: int) -> AnySelect:
    """A branch with as many numbers as the widest."""
    padding: list[sa.ColumnElement[Any]] = [sa.literal_column("0")] * (width - len(numbers))
    return select.add_columns(*(number.label(f"n{place}") for place, number in enumerate([*numbers, *padding])))
