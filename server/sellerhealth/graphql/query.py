"""The query root."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from sellerhealth.access import Permission
from sellerhealth.errors import BadInput
from sellerhealth.graphql import paging
from sellerhealth.graphql.accounts.account import OF_METRICS, Account, account_of
from sellerhealth.graphql.accounts.portfolio import ACCOUNTS, AccountConnection, AsOf, Filter, OrderBy, list_accounts
from sellerhealth.graphql.arguments import select_metrics, unset_to_none
from sellerhealth.graphql.context import Info
from sellerhealth.graphql.cost import LIST, Cost
from sellerhealth.graphql.decorators import object_type, resolver
from sellerhealth.graphql.nodes import NODE, NODES, fetch
from sellerhealth.graphql.reading import Reading
from sellerhealth.graphql.types.catalog import MetricDefinition, Plugin, definition_of, plugin_of
from sellerhealth.graphql.types.enums import FeedbackClass
from sellerhealth.graphql.types.node import Node
from sellerhealth.graphql.types.viewer import Viewer

ACCOUNT = Cost(work=paging.READ)


@object_type
class Query:
    """Everything that can be read. Null stands for what does not exist and for what the viewer may not see.

    Each response has its cost and the maximum in `extensions.cost`.
    """

    @resolver(cost=ACCOUNT, requires=Permission.READ)
    def account(
        self, info: Info, key: Annotated[str, strawberry.argument(description="The seller's own id of the account.")]
    ) -> Reading[Account | None]:
        """One seller account. Null when it is unknown or not visible."""
        accounts = info.context.accounts_with_numbers if info.selected & OF_METRICS else info.context.accounts
        return accounts.reading(key, lambda row: account_of(row) if row else None)

    @resolver(cost=ACCOUNTS, requires=Permission.READ)
    def accounts(
        self,
        info: Info,
        after: paging.After = UNSET,
        before: paging.Before = UNSET,
        account_filter: Filter = UNSET,
        as_of: AsOf = UNSET,
        first: paging.First = UNSET,
        last: paging.Last = UNSET,
        order_by: OrderBy = UNSET,
    ) -> AccountConnection | None:
        """The accounts that the viewer may see."""
        return list_accounts(info.context, account_filter, order_by, as_of, paging.Arguments(first, last, after, before))

    @resolver(requires=Permission.READ)
    def classify_feedback(
        self,
        info: Info,
        rating: Annotated[int, strawberry.argument(description="The stars, 1 to 5.")],
        comment: Annotated[str | None, strawberry.argument(description="The buyer's comment.")] = UNSET,
    ) -> FeedbackClass | None:
        """The class that this server gives a piece of feedback. Stores nothing."""
        if not 1 <= rating <= 5:
            raise BadInput(f"`rating` must be 1 to 5, found {rating}.")
        info.context.deadline.check_may_wait()  # a plugin's code may wait for anything
        return info.context.loaded.classify(rating, unset_to_none(comment))

    @resolver(cost=LIST, requires=Permission.READ)
    def metric_definitions(
        self,
        info: Info,
        section: Annotated[
            str | None, strawberry.argument(description="Only metrics of this section, for example `account_health`.")
        ] = UNSET,
    ) -> list[MetricDefinition] | None:
        """The catalog: every metric that this server computes, ordered by section and key."""
        return [definition_of(metric) for metric in select_metrics(info.context.metrics, section=unset_to_none(section))]

    @resolver(cost=NODE, requires=Permission.READ)
    def node(
        self, info: Info, node_id: Annotated[strawberry.ID, strawberry.argument(name="id", description="The id of the object.")]
    ) -> Node | Reading[Node | None] | None:
        """Any object by its id. Null when the id is unknown, malformed or not visible."""
        return fetch(info, node_id)

    @resolver(cost=NODES, requires=Permission.READ)
    def nodes(
        self,
        info: Info,
        node_ids: Annotated[
            list[strawberry.ID], strawberry.argument(name="ids", description="The ids of the objects, at most {limits.ids}.")
        ],
    ) -> list[Node | None] | None:
        """Several objects by their ids, in the order of the ids, null where `node` would be null."""
        if len(node_ids) > (most := info.context.limits.ids):
            raise BadInput(f"At most {most} ids are allowed at once, found {len(node_ids)}.")
        return [fetch(info, node_id) for node_id in node_ids]  # type: ignore[misc]  # each item is read

    @resolver(cost=LIST, requires=Permission.READ)
    def plugins(self, info: Info) -> list[Plugin] | None:
        """The plugins found at start, including those that were refused."""
        return [plugin_of(plugin) for plugin in info.context.loaded.plugins]

    @resolver
    def viewer(self, info: Info) -> Viewer | None:
        """The viewer who sends the request."""
        viewer = info.context.viewer
        return Viewer(name=viewer.name, permissions=[each for each in sorted(Permission) if viewer.may(each)], expires_at=viewer.expires_at)
