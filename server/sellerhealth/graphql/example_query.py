"""Examples for one metric: the types that it adds to the schema, and a query to try."""

from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema, print_type

from sellerhealth.graphql_names import band_name, field_name, type_name
from sellerhealth.metrics.metric import Metric


def own_types(schema: str, metric: Metric) -> str:
    """The type of the metric in the schema definition language, without the fields of every result, and the enum of its bands."""
    types = build_schema(schema, assume_valid=True).type_map
    kind, result = types[type_name(metric.key)], types["MetricResult"]
    if not isinstance(kind, GraphQLObjectType) or not isinstance(result, GraphQLInterfaceType):
        raise TypeError(f"{kind} is not a type of results")
    own = {name: field for name, field in kind.fields.items() if name not in result.fields}
    printed = [print_type(GraphQLObjectType(kind.name, own, interfaces=kind.interfaces, description=kind.description))]
    if metric.bands is not None:
        printed.append(print_type(types[band_name(metric.key)]))
    return "\n\n".join(printed)


def sample_query(metric: Metric, account: str = "my-shop") -> str:
    """A query for everything that is specific to the metric, with the evidence of its last measure."""
    *_, last = metric.measures
    fields = [
        "display",
        "status",
        *(["band"] if metric.bands else []),
        *map(field_name, (*metric.measures, *metric.figures)),
        *(["headroom { allowed needed }"] if metric.target or metric.bands else []),
        f'evidence(measure: "{last}", first: 3) {{ totalCount nodes {{ label }} }}',
    ]
    selection = "\n".join(f"        {field}" for field in fields)
    return f"""{{
  account(key: "{account}") {{
    metrics {{
      {field_name(metric.key)} {{
{selection}
      }}
    }}
  }}
}}"""
