"""The cost of a field, declared where the field is declared, like the directives @cost and @listSize, and kept in its extensions.

A field costs 1 plus the cost of the fields selected below it. A list multiplies that by the number of its items, which `Cost`
estimates from the arguments. A field for which metrics are measured or rows are read costs that work too: see engine/work.py.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLSchema, ValueNode, get_named_type, is_interface_type, is_object_type, value_from_ast_untyped

from sellerhealth.engine.work import MetricWork, Work
from sellerhealth.graphql.declared import declaration_of
from sellerhealth.metrics.metric import Metric
from sellerhealth.settings import DocumentLimits

ASSUMED_SIZE = 10  # of a list whose length no argument sets: metrics, figures, marketplaces
MAX_WINDOW = 3650  # days

_KEY = "cost"  # in the metadata of a StrawberryField, and in the extensions of a GraphQLField

# What the objects that a field is selected on may be results of: metrics, each over a window of so many days.
Measured: TypeAlias = tuple[tuple[Metric, int], ...]


@dataclass(frozen=True)
class FieldArguments:
    """The arguments of a field as a document gives them, which need not be valid, and what the field is selected on."""

    nodes: Mapping[str, ValueNode]
    variables: dict[str, Any]
    today: dt.date
    metrics: Mapping[str, Metric]  # of the server, by key
    limits: DocumentLimits
    work: MetricWork
    measured: Measured = ()

    def get(self, name: str) -> Any:
        """The value of an argument; None when it is left out."""
        node = self.nodes.get(name)
        return None if node is None else value_from_ast_untyped(node, self.variables)


Size: TypeAlias = int | Callable[[FieldArguments], int]
WorkSize: TypeAlias = Work | int | Callable[[FieldArguments], Work]


def size_of(size: Size, arguments: FieldArguments) -> int:
    """A size for certain arguments."""
    return size if isinstance(size, int) else size(arguments)


def work_of(work: WorkSize, arguments: FieldArguments) -> Work:
    """The work for certain arguments."""
    found = work(arguments) if callable(work) else work
    return Work(found) if isinstance(found, int) else found


def mean_work(arguments: FieldArguments, work: Callable[[Metric, int], Work]) -> Work:
    """The mean work over the metrics that the field may be selected on: all of the server where nothing is known."""
    measured = arguments.measured or own_windows(arguments.metrics.values())
    whole = Work.total(work(metric, days) for metric, days in measured)
    return Work(*(math.ceil(part / max(len(measured), 1)) for part in whole))


def own_windows(metrics: Iterable[Metric]) -> Measured:
    """Each metric over its default window."""
    return tuple((metric, metric.windows[0].days) for metric in metrics)


def metrics_named(arguments: FieldArguments, name: str) -> Iterable[Metric]:
    """The metrics whose keys are in this argument; all of the server without it."""
    keys = arguments.get(name)
    if keys is None:
        return arguments.metrics.values()
    listed = keys if isinstance(keys, list) else [keys]
    return [arguments.metrics[key] for key in dict.fromkeys(each for each in listed if isinstance(each, str)) if key in arguments.metrics]


def window_days(days: int) -> int:
    """The length of a window as a document states it, which need not be allowed. 0 is the lifetime."""
    return days and min(max(days, 1), MAX_WINDOW)


def over(days: Any, metrics: Iterable[Metric]) -> Measured:
    """Metrics over the window that the argument `days` says, or each over its default window."""
    if isinstance(days, int):
        return tuple((metric, window_days(days)) for metric in metrics)
    return own_windows(metrics)


@dataclass(frozen=True)
class Cost:
    """What a field adds to the cost of an operation, in addition to 1 for itself."""

    items: Size = 1  # the number of objects that the field returns
    page: Size = 1  # the number of items on a page of the connection that it returns
    sized_fields: tuple[str, ...] = ()  # the fields of that connection that hold the items
    work: WorkSize = 0  # apart from the fields
    measures: Callable[[FieldArguments], Measured] | None = None  # what is selected below it is selected on; None: on the same as the field
    once_per_path: bool = False  # whether the field may not be selected below itself
    is_item: bool = False  # whether it is one of the sized fields of a connection


LIST = Cost(items=ASSUMED_SIZE)
SHORT_LIST = Cost(items=3, work=25)  # what belongs to one order: found with those of the other orders, and resolved by itself
_ITEM = Cost(is_item=True, work=4)  # a row is read and becomes an object


def metadata(cost: Cost | None) -> dict[str, Cost]:
    """The metadata of a StrawberryField with that cost."""
    return {} if cost is None else {_KEY: cost}


def attach_costs(schema: GraphQLSchema) -> None:
    """Copies the declared costs from Strawberry's fields to the extensions of the schema's, where `cost_of` finds them."""
    for kind in schema.type_map.values():
        if is_object_type(kind) or is_interface_type(kind):
            for field in kind.fields.values():
                _attach(field)


def cost_of(field: GraphQLField) -> Cost | None:
    """The declared cost of a field of a schema. None if the field declares none."""
    cost: Cost | None = field.extensions.get(_KEY)
    return cost


def _attach(field: GraphQLField) -> None:
    declared = declaration_of(field)
    cost: Cost | None = declared.metadata.get(_KEY) if declared else None
    if cost is None:
        return
    field.extensions[_KEY] = cost
    connection = get_named_type(field.type)
    if cost.sized_fields and is_object_type(connection):
        for name in cost.sized_fields:
            connection.fields[name].extensions[_KEY] = _ITEM
