"""Checks that the numbers of an account do not depend on other accounts, nor the numbers of an order on other orders."""

from collections.abc import Iterable, Iterator, Mapping

from sellerhealth.facts import Order
from sellerhealth.metrics.expressions import fact_of
from sellerhealth.sources import Row
from sellerhealth.testing.clock import DAY
from sellerhealth.testing.fact_states import LINK_COLUMNS, facts_in_every_state
from sellerhealth.testing.metric_subject import LIFETIME, NEXT_YEAR, MetricSubject
from sellerhealth.testing.world import Account, World, new_world

_FIX = (
    "Find related facts by a relationship, as in Order.claims.any(...), with columns of that fact alone in it. A second related fact "
    "takes a relationship of its own: Order.claims.any(...) & Order.refunds.any(...)."
)


def check_other_accounts(subject: MetricSubject) -> Iterator[str]:
    """The numbers stay the same beside an account that has the same order ids, and every kind of fact in every state."""
    base = _rows(subject)
    orders = [row.values["order_id"] for row in base if row.fact is Order]
    others = [*base, *_foreign_facts(subject), *_foreign_facts(subject, orders)]
    reported = set[str]()
    for variant, rows in _variants(subject, base).items():
        with new_world() as world:
            account = _account(world, subject, rows)
            alone = _numbers(world, subject, account)
            _account(world, subject, others)
            beside = _numbers(world, subject, account)
        for name in _new_differences(beside, alone, reported):
            yield (
                f"the measure {name!r} is {alone[name]} for an account alone, but {beside[name]} beside another account with the same "
                f"order ids{variant}: it reads facts of all accounts. {_FIX}"
            )


def check_other_orders(subject: MetricSubject) -> Iterator[str]:
    """The numbers of some orders of an account and of its other orders add up to those of all."""
    base = _rows(subject)
    others = [*_renamed(base), *_foreign_facts(subject)]
    with new_world() as world:
        of_others = _numbers(world, subject, _account(world, subject, others))
    reported = set[str]()
    for variant, rows in _variants(subject, base).items():
        with new_world() as world:
            account = _account(world, subject, rows)
            of_some = _numbers(world, subject, account)
            _add(account, others)
            of_all = _numbers(world, subject, account)
        for name in _new_differences(of_all, {name: number + of_others[name] for name, number in of_some.items()}, reported):
            yield (
                f"the measure {name!r} is {of_some[name]} for some orders of an account and {of_others[name]} for the others, but "
                f"{of_all[name]} for all of them{variant}: it reads facts of other orders. {_FIX}"
            )


def _new_differences(numbers: Mapping[str, int], expected: Mapping[str, int], reported: set[str]) -> list[str]:
    """The measures that differ and were not reported before. Adds them to the reported ones."""
    new = [name for name, number in numbers.items() if number != expected[name] and name not in reported]
    reported.update(new)
    return new


def _variants(subject: MetricSubject, base: list[Row]) -> dict[str, list[Row]]:
    """Selections of the author's rows, by how a message names them.

    All rows, those of the first order alone, and those without each kind of fact or without all related kinds. What is left out
    exists only in the other account or order, so a condition that reads it there changes the numbers.
    """
    counted = {fact_of(measure) for measure in subject.metric.all_measures.values()}
    kinds = list(dict.fromkeys(row.fact for row in base))
    related = [fact for fact in kinds if fact not in counted]
    first_order = [row.values["order_id"] for row in base if row.fact is Order][:1]
    left_out = {*((fact,) for fact in kinds if len(kinds) > 1), *([tuple(related)] if related else [])}
    variants = {"": base}
    if first_order:
        variants[" (with its first order alone)"] = [row for row in base if row.values.get("order_id") in first_order]
    for facts in sorted(left_out, key=lambda facts: [fact.__name__ for fact in facts]):
        names = " or ".join(fact.__name__ for fact in facts)
        variants[f" (without any {names} of its own)"] = [row for row in base if row.fact not in facts]
    return variants


def _rows(subject: MetricSubject) -> list[Row]:
    """The rows that the author's `add_facts` adds."""
    with new_world() as world:
        return subject.account(world).unsaved


def _account(world: World, subject: MetricSubject, rows: Iterable[Row]) -> Account:
    """A new account with these rows."""
    account = world.account(when=subject.when)
    _add(account, rows)
    return account


def _add(account: Account, rows: Iterable[Row]) -> None:
    account.unsaved += [row._replace(values=dict(row.values)) for row in rows]  # storing a row changes it


def _numbers(world: World, subject: MetricSubject, account: Account) -> Mapping[str, int]:
    """The number of each measure over the lifetime of an account."""
    world.save()
    return subject.numbers(world, account, LIFETIME, as_of=NEXT_YEAR)


def _renamed(rows: Iterable[Row]) -> Iterator[Row]:
    """The same rows under other ids."""
    for row in rows:
        links = {name: f"other-{value}" for name, value in row.values.items() if name in LINK_COLUMNS and value is not None}
        yield row._replace(values=row.values | links)


def _foreign_facts(subject: MetricSubject, orders: Iterable[str] = ()) -> list[Row]:
    return facts_in_every_state(subject.metric, subject.when + DAY, orders)
