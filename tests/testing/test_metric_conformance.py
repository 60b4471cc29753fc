"""Each check of MetricConformance finds a metric that does not hold it, and says how to mend it."""

import dataclasses
import math
import sys
from dataclasses import dataclass
from fractions import Fraction
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from sellerhealth import (
    AtLeast,
    Bands,
    Below,
    Count,
    Figure,
    Headroom,
    Mean,
    Metric,
    MetricStatus,
    MetricUnit,
    Nothing,
    Score,
    Window,
    count,
    total,
)
from sellerhealth.facts import Claim, Message, Order, Package, Refund, Violation
from sellerhealth.graphql.schema import built_in_schema
from sellerhealth.testing import DAY, MetricConformance, claims, loading, messages, orders, refunds, violations

placed = count(on=Order.placed_on, where=Order.accepted, description="Orders placed.")
late = placed.where(Order.late_by > 0, "Orders shipped late.")


def share(measures=None, **words):
    """A sound metric, but for what is given."""
    told = {"orders": placed, "late": late} if measures is None else measures
    usual = {"value": late / placed} if measures is None else {"value": Count(next(iter(told.values())))}
    return Metric(
        **{
            "key": "acme_late",
            "title": "T",
            "description": "D.",
            "section": "acme",
            "windows": (Window(30),),
            "measures": told,
            **usual,
            **words,
        }
    )


def conforming(metric, add_facts=lambda account: orders(account, on_time=7, late=3), **words):
    """An instance of its class of tests."""
    return type(
        "TestIt",
        (MetricConformance,),
        {"metric": metric, "add_facts": lambda self, account: add_facts(account), "__module__": __name__, **words},
    )()


def complaints(check):
    """What a check that must fail says."""
    with pytest.raises(pytest.fail.Exception) as failed:
        check()
    return str(failed.value)


CHECKS = [name for name in vars(MetricConformance) if name.startswith("test_")]


@pytest.mark.parametrize("check", [name for name in CHECKS if "importing" not in name])
def test_a_sound_metric_holds_every_check(check):
    getattr(conforming(share(target=Below("0.5", warn="0.4"))), check)()


def test_what_is_forgotten_is_said():
    class Bare(MetricConformance):
        pass

    class Silent(MetricConformance):
        metric = share()

    with pytest.raises(NotImplementedError, match=r"Bare names no metric\. Say which: `metric = early_dispatch`\."):
        Bare().test_the_numbers_are_those_expected()
    with pytest.raises(NotImplementedError, match=r"Silent tells no facts\. Give it a method"):
        Silent().test_the_numbers_are_those_expected()


def test_all_that_is_wrong_is_told_at_once_and_once():
    never = placed.where(sa.false(), "Never.")
    said = complaints(conforming(share({"orders": placed, "one": never, "other": never})).test_every_measure_counts_some_of_the_facts)
    assert said.splitlines()[0] == "The metric acme_late:"
    assert [line.split("'")[1] for line in said.splitlines()[1:]] == ["one", "other"]


# ---------------------------------------------------------------- loading


def test_a_metric_that_a_server_would_leave_out():
    for words, reason in [
        ({"key": "order"}, "which the core has"),
        ({"key": "late_shipment_rate"}, "belongs to the built-in plugin"),
        ({"api": 99}, "version 99 of the plugin API"),
        (
            {
                "measures": {"early": placed.where(~((Order.late_by > 0) & Order.accepted), "Early.")},
                "value": Count(placed),
                "hidden": {"orders": placed},
            },
            "may be null",
        ),
    ]:
        said = complaints(
            conforming(
                share(**{"measures": {"orders": placed, "late": late}, "value": late / placed, **words})
            ).test_it_loads_as_an_installed_plugin_would
        )
        assert f"a server would leave out {words.get('key', 'acme_late')} (your-distribution 0): " in said
        assert reason in said


def test_the_built_in_metrics_do_not_collide_with_themselves():
    conforming(share(key="late_shipment_rate"), distribution="sellerhealth").test_it_loads_as_an_installed_plugin_would()


class only_sqlite(FunctionElement):  # noqa: N801 - as functions of SQLAlchemy are written
    """Something that only SQLite has."""

    type = sa.Boolean()
    inherit_cache = True


@compiles(only_sqlite, "sqlite")
def _write(element, compiler, **options):
    return "1 = 1"


def test_sql_that_one_of_the_databases_does_not_have():
    for condition, complaint in [
        (sa.func.julianday(Order.placed_at) > 1, "calls the SQL function julianday"),
        (sa.func.now() > Order.placed_at, "calls the SQL function now"),
        (only_sqlite(), "cannot be written for PostgreSQL"),
        (sa.literal_column("nowhere.column", sa.Boolean), "fails on SQLite: OperationalError: no such column: nowhere.column"),
    ]:
        metric = share({"odd": placed.where(condition, "Odd.")})
        assert complaint in complaints(conforming(metric).test_its_sql_runs_on_sqlite_and_can_be_written_for_postgresql)


def test_a_metric_without_a_field(monkeypatch):
    check = conforming(share()).test_the_api_has_a_typed_field_for_it
    assert "would leave it out" in complaints(conforming(share(key="order")).test_the_api_has_a_typed_field_for_it)
    monkeypatch.setattr(loading, "make_schema", lambda loaded: SimpleNamespace(as_text=built_in_schema))
    said = complaints(check)
    assert "AccountMetrics has no field acmeLate of the type AcmeLate" in said
    assert "the type AcmeLate has no field orders for 'orders'" in said


# ---------------------------------------------------------------- importing


@pytest.fixture
def busy(tmp_path, monkeypatch):
    """What the check says of a module with some source."""
    monkeypatch.syspath_prepend(tmp_path)

    def busy(name, source):
        tmp_path.joinpath(f"{name}.py").write_text(f"import pathlib, socket, sqlite3, subprocess, time\n{source}\n")
        return conforming(share(), module=name).test_importing_it_does_no_input_or_output

    return busy


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("acme_reads", "pathlib.Path(__file__).with_name('rates.csv').open('w')", "opens the file"),
        ("acme_asks", "socket.socket()", "opens a network socket"),
        ("acme_keeps", "sqlite3.connect(':memory:').close()", "opens a database"),
        ("acme_runs", "subprocess.run(['true'])", "starts a process"),
        ("acme_raises", "raise RuntimeError('no licence')", "cannot be imported by itself: RuntimeError: no licence"),
    ],
)
def test_a_module_that_does_something_when_it_is_imported(busy, name, source, complaint):
    said = complaints(busy(name, source))
    assert complaint in said
    assert name in said
    assert f"{name}.py, line 2" in said or "cannot be imported" in complaint


def test_a_slow_import_is_a_warning(busy):
    with pytest.warns(UserWarning, match=r"Importing acme_sleeps takes \d\.\d s, .* Import what is slow inside the function"):
        busy("acme_sleeps", "time.sleep(1.1)")()


def test_the_module_is_found_by_the_metric_or_by_the_function_that_makes_it(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    tmp_path.joinpath("acme_found.py").write_text(
        "from sellerhealth import Metric\nopen(__file__[:-3] + '.log', 'w').close()\nmetric = None\ndef make() -> Metric: ...\n"
    )
    import acme_found

    metric = share()
    tests = conforming(metric)
    assert "it is not known which module to import" in complaints(tests.test_importing_it_does_no_input_or_output)
    monkeypatch.setattr(acme_found, "metric", metric)
    assert "importing acme_found opens the file" in complaints(tests.test_importing_it_does_no_input_or_output)
    monkeypatch.setattr(acme_found, "metric", None)
    monkeypatch.setattr(sys.modules[__name__], "make", acme_found.make, raising=False)
    assert "importing acme_found opens the file" in complaints(tests.test_importing_it_does_no_input_or_output)


# ---------------------------------------------------------------- counting


def test_a_measure_that_counts_nothing():
    never = share({"lost": placed.where(Order.status == "Lost", "Lost.")})
    assert "'lost' counts none of the facts that `add_facts` adds" in complaints(
        conforming(never).test_every_measure_counts_some_of_the_facts
    )
    too_old = conforming(share(), lambda account: orders(account, late=3, placed_at=account.when - 90 * DAY))
    assert "none on a day of a window (2026-03-02 to 2026-03-31)" in complaints(too_old.test_every_measure_counts_some_of_the_facts)


def test_numbers_other_than_expected():
    said = complaints(conforming(share(), expected={"orders": 10, "late": 4, "lates": 1}).test_the_numbers_are_those_expected)
    assert "the measure 'late' is 3 over Window(30) as of 2026-03-31, but `expected` says 4" in said
    assert "`expected` names 'lates', which is no measure of it. Did you mean late?" in said
    assert "'orders'" not in said


class Optimist(Metric):
    """Knows a value whatever is missing."""

    def result(self, numbers, **known):
        return super().result(numbers, **{**known, "unavailable": None})


def test_a_value_where_nothing_is_known():
    words = {field.name: getattr(share(value=Count(placed)), field.name) for field in dataclasses.fields(Metric)}
    said = complaints(conforming(Optimist(**words)).test_without_a_source_nothing_is_known)
    assert "its value is 0 for an account of which no source was ever imported" in said


@dataclass(frozen=True, eq=False)
class Own:
    """A value of an author's own."""

    work_out: object
    unit: MetricUnit = MetricUnit.FRACTION
    measures: tuple = (late, placed)
    shown: object = staticmethod(str)

    def __call__(self, numbers):
        return self.work_out(numbers)

    def display(self, value):
        return self.shown(value)


class Generous(Count):
    """One more than there are."""

    def __call__(self, numbers):
        return super().__call__(numbers) + 1


def test_a_value_made_of_nothing():
    optimist = Own(lambda numbers: Fraction(numbers[late], numbers[placed]) if numbers[placed] else Fraction(0))
    figures = {"ratio": Figure(optimist, "A share.")}
    said = complaints(conforming(share(value=Generous(placed), figures=figures)).test_without_facts_a_count_is_zero_and_a_share_is_unknown)
    assert "its value is 1 although nothing was counted" in said
    assert "the figure 'ratio' is 0 although there is nothing to work it out from. Return None" in said


def test_a_value_that_raises():
    careless = Own(lambda numbers: Fraction(numbers[late], numbers[placed]))
    said = complaints(conforming(share(value=careless)).test_without_facts_a_count_is_zero_and_a_share_is_unknown)
    assert "it cannot be computed over Window(30) as of 2026-03-31: ZeroDivisionError" in said


def test_facts_of_other_accounts():
    anybodys = sa.exists().where(Claim.order_id == Order.order_id, Claim.counts)
    careless = share({"claimed": placed.where(anybodys, "Claimed.")})
    add_facts = lambda account: claims(account, orders(account, on_time=4)[:2])  # noqa: E731 - it is told twice
    said = complaints(conforming(careless, add_facts).test_facts_of_other_accounts_do_not_count)
    assert "'claimed' is 2 for an account alone, but 3 beside another one" in said
    assert "Order.claims.any(...)" in said
    related = share({"claimed": placed.where(Order.claims.any(Claim.counts), "Claimed.")})
    conforming(related, add_facts).test_facts_of_other_accounts_do_not_count()


def goodwill(account):
    refunds(account, orders(account, on_time=4)[:2], reason="GOODWILL")


def shipped_and_refunded(*conditions):
    return share({"odd": placed.where(sa.and_(*conditions), "Shipped, with a refund out of goodwill.")})


CARTESIAN = "ignore:SELECT statement has a cartesian product"  # what SQLAlchemy finds is a warning that scrolls by, if it finds it


@pytest.mark.filterwarnings(CARTESIAN)
@pytest.mark.parametrize(
    "add_facts",
    [
        goodwill,
        lambda account: refunds(account, orders(account, on_time=1), reason="GOODWILL"),
        lambda account: refunds(account, orders(account, on_time=5), reason="GOODWILL"),
    ],
    ids=["some", "one", "all"],
)
def test_a_foreign_fact_inside_any(add_facts):
    foreign = conforming(shipped_and_refunded(Order.packages.any(Refund.reason == "GOODWILL")), add_facts)
    said = complaints(foreign.test_facts_of_other_accounts_do_not_count)
    assert "the measure 'odd' is 0 for an account alone" in said
    assert "it looks at facts of all accounts" in said
    assert "(with no Refund told of the former)" in said
    said = complaints(foreign.test_facts_of_other_orders_do_not_count)
    assert "it looks at facts of other orders" in said
    assert "Order.claims.any(...) & Order.refunds.any(...)" in said
    own = conforming(shipped_and_refunded(Order.packages.any(), Order.refunds.any(Refund.reason == "GOODWILL")), add_facts)
    own.test_facts_of_other_accounts_do_not_count()
    own.test_facts_of_other_orders_do_not_count()


@pytest.mark.filterwarnings(CARTESIAN)
def test_a_foreign_fact_that_is_counted_by_another_measure():
    refunded = count(on=Refund.refunded_on, where=Refund.reason == "GOODWILL", description="Refunds.")
    odd = placed.where(Order.packages.any(Refund.reason == "GOODWILL"), "Odd.")
    careless = conforming(
        share({"odd": odd, "refunds": refunded}), lambda account: refunds(account, orders(account, on_time=2), reason="GOODWILL")
    )
    assert "the measure 'odd' is 0" in complaints(careless.test_facts_of_other_accounts_do_not_count)
    assert "the measure 'odd' is 0" in complaints(careless.test_facts_of_other_orders_do_not_count)


@pytest.mark.filterwarnings(CARTESIAN)
def test_a_foreign_fact_that_nobody_tells_of():
    without = placed.without(Order.packages.any((Refund.reason == "GOODWILL") | (Claim.state == "OPEN")), "Without.")
    careless = conforming(share({"orders": placed, "odd": without}))
    said = complaints(careless.test_facts_of_other_accounts_do_not_count)
    assert "the measure 'odd' is 10 for an account alone, but 0 beside another one" in said
    assert "'odd' is 10 for some orders" in complaints(careless.test_facts_of_other_orders_do_not_count)


def test_facts_of_other_orders():
    anywhere = sa.exists().where(Claim.account_id == Order.account_id, Claim.counts)
    add_facts = lambda account: claims(account, orders(account, on_time=4))  # noqa: E731 - it is told twice
    careless = conforming(share({"claimed": placed.where(anywhere, "Claimed.")}), add_facts)
    careless.test_facts_of_other_accounts_do_not_count()
    said = complaints(careless.test_facts_of_other_orders_do_not_count)
    assert "'claimed' is 0 for some orders and" in said
    another = sa.orm.aliased(Order)
    twice = sa.exists().where(
        another.account_id == Order.account_id, another.order_id != Order.order_id, another.placed_at == Order.placed_at
    )
    said = complaints(conforming(share({"twins": placed.where(twice, "Placed with another one.")})).test_facts_of_other_orders_do_not_count)
    assert "(with the first order alone)" in said


def test_two_children_of_an_order_can_be_compared():
    asked_before = Order.refunds.any(Order.messages.any(Message.received_at < Refund.refunded_at))
    metric = share({"asked": placed.where(asked_before, "Refunded after a message.")})

    def add_facts(account):
        told = orders(account, on_time=4)
        refunds(account, told[:3])
        messages(account, order_id=told[0])
        messages(account, order_id=told[1], received_at=account.when + 2 * DAY)

    tests = conforming(metric, add_facts, expected={"asked": 1})
    for check in CHECKS:
        if "importing" not in check:
            getattr(tests, check)()


# ---------------------------------------------------------------- days

distinct = dataclasses.replace(placed.total(Order.late_by), summed=sa.distinct(Order.late_by), description="Delays, each once.")


def test_numbers_that_do_not_add_up():
    said = complaints(conforming(share({"delays": distinct})).test_the_numbers_of_days_add_up)
    assert "what cannot be added up, such as distinct values, is no measure" in said


class Longer(Window):
    """A day longer than it says."""

    def span(self, as_of):
        first, last = super().span(as_of)
        return first - DAY, last


class Later(Window):
    """Its last day is not in it."""

    def span(self, as_of):
        first, last = super().span(as_of)
        return first, last - DAY


@pytest.mark.parametrize(("window", "complaint"), [(Longer(30), "is the day before it"), (Later(7, lag=2), "is its last day")])
def test_a_window_that_leaks(window, complaint):
    said = complaints(conforming(share(windows=(window,))).test_windows_begin_and_end_where_they_say)
    assert complaint in said
    assert "compare with no day in a condition" in said


@pytest.mark.parametrize("window", [Window(1), Window(7, lag=3), Window(0), Window(60, lag=15)])
def test_a_window_that_is_as_it_says(window):
    conforming(share(windows=(window,))).test_windows_begin_and_end_where_they_say()


# ---------------------------------------------------------------- values and verdicts


def test_a_share_that_is_none():
    claimed = count(on=Claim.opened_on, where=Claim.counts, description="Claims.")
    metric = share({"orders": placed, "claims": claimed}, value=claimed / placed)

    def add_facts(account):
        (order_id,) = orders(account, 1)
        for hours in range(3):
            claims(account, [order_id], opened_at=account.when + hours * DAY / 24)

    said = complaints(conforming(metric, add_facts).test_values_are_exact_and_in_the_range_of_their_unit)
    assert "its value is 300.00 % for orders = 1, claims = 3, but in FRACTION it lies between 0 and 1. Make its numerator a part" in said


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (Own(lambda numbers: numbers[late] / max(numbers[placed], 1)), "of the type float. Work it out exactly"),
        (Own(lambda numbers: math.nan), "is nan, of the type float"),
        (Own(lambda numbers: Fraction(9), MetricUnit.STARS), "but in STARS it lies between 1 and 5"),
        (Own(lambda numbers: Fraction(1), shown=float), "is shown as 1.0. Let `display` return a text"),
    ],
)
def test_a_value_that_is_no_exact_number_or_out_of_range(value, complaint):
    assert complaint in complaints(conforming(share(value=value)).test_values_are_exact_and_in_the_range_of_their_unit)


def test_a_score_beyond_its_limits():
    class Wild(Score):
        def __call__(self, numbers):
            return Fraction(120)

    metric = share(value=Wild({late: 0, placed: 100}, perfect=placed))
    assert "in POINTS it lies between 0 and 100" in complaints(conforming(metric).test_values_are_exact_and_in_the_range_of_their_unit)


class Strict(Below):
    """Judges the limit as met."""

    def judge(self, value, numbers):
        return MetricStatus.GOOD


class Lenient(AtLeast):
    """Judges what is good as a miss."""

    def judge(self, value, numbers):
        return MetricStatus.CRITICAL


class Deaf(Below):
    """Never warns."""

    def judge(self, value, numbers):
        status = super().judge(value, numbers)
        return MetricStatus.GOOD if status is MetricStatus.AT_RISK else status


class Nervous(Below):
    """Warns too early."""

    def judge(self, value, numbers):
        status = super().judge(value, numbers)
        return MetricStatus.AT_RISK if status is MetricStatus.GOOD else status


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        (Strict("0.04"), "judges 0.04, which misses that, as GOOD"),
        (Lenient("0.9"), "judges 0.9, which meets that, as CRITICAL"),
        (Deaf("0.04", warn="0.03"), "warns from 3/100 on, but it judges 0.03 as GOOD"),
        (Nervous("0.04", warn="0.03"), "judges 0.029999999 as AT_RISK already"),
    ],
)
def test_a_target_that_judges_otherwise(target, complaint):
    assert complaint in complaints(conforming(share(target=target)).test_the_target_judges_as_it_says)
    figures = {"again": Figure(late / placed, "The same.", target=target)}
    assert complaint in complaints(conforming(share(figures=figures)).test_the_target_judges_as_it_says)


@pytest.mark.parametrize("target", [Below("0.04", warn="0.03"), AtLeast("0.9", warn="0.92"), Below(1), AtLeast(1)])
def test_the_built_in_targets_are_right(target):
    tests = conforming(share(target=target))
    tests.test_the_target_judges_as_it_says()
    tests.test_the_headroom_is_just_enough()


def test_a_target_of_nothing_is_right():
    severe = count(on=Violation.detected_on, where=Violation.severe, description="Severe ones.")
    tests = conforming(share({"severe": severe}, value=Count(severe), target=Nothing(grave=severe)), lambda account: violations(account, 3))
    tests.test_the_target_judges_as_it_says()
    tests.test_the_headroom_is_just_enough()


def astray(kind, **wrong):
    """A target whose headroom is wrong."""

    class Astray(kind):
        def headroom(self, value, numbers):
            right = super().headroom(value, numbers)
            return (
                None
                if right is None
                else dataclasses.replace(right, **{name: change(getattr(right, name)) for name, change in wrong.items()})
            )

    return Astray


@pytest.mark.parametrize(
    ("kind", "limit", "wrong", "complaint"),
    [
        (Below, "0.5", {"allowed": lambda rows: rows + 1 if rows else 0}, "more misses it is"),
        (Below, "0.5", {"allowed": lambda rows: max(0, rows - 1)}, "Raise `allowed`"),
        (AtLeast, "0.1", {"allowed": lambda rows: rows + 1 if rows else 0}, "Lower `allowed`"),
        (AtLeast, "0.1", {"allowed": lambda rows: max(0, rows - 1)}, "Raise `allowed`"),
        (Below, "0.04", {"needed": lambda rows: rows + 1 if rows else 0}, "Lower `needed`"),
        (Below, "0.04", {"needed": lambda rows: max(1, rows - 1) if rows else 0}, "Raise `needed`"),
        (AtLeast, "0.9", {"needed": lambda rows: rows + 1 if rows else 0}, "Lower `needed`"),
        (AtLeast, "0.9", {"needed": lambda rows: max(1, rows - 1) if rows else 0}, "Raise `needed`"),
        (Below, "0.5", {"needed": lambda rows: rows + 1}, "`needed` is 0 when the target is met, and only then"),
        (Below, "0.04", {"allowed": lambda rows: rows + 5}, "Nothing is allowed while the target is missed"),
        (Below, "0.04", {"used": lambda used: used / 100}, "`used` is a share of the allowance"),
        (Below, "0.04", {"needed": lambda rows: rows / 2}, "Both numbers are rows"),
    ],
)
def test_a_headroom_that_is_wrong(kind, limit, wrong, complaint):
    assert complaint in complaints(conforming(share(target=astray(kind, **wrong)(limit))).test_the_headroom_is_just_enough)


def test_a_way_to_the_next_band_that_is_wrong():
    class Optimistic(Bands):
        def headroom(self, score, numbers):
            right = super().headroom(score, numbers)
            return right and Headroom(0, max(0, right.needed - 1), None)

    classes = placed.split({"late": (Order.late_by > 0, "Late.")}, rest=("perfect", "Perfect."))
    value = Score({classes["late"]: 0, classes["perfect"]: 100}, perfect=classes["perfect"])
    conforming(share(classes, value=value, bands=Bands(POOR=0, GOOD="84.5"))).test_the_headroom_is_just_enough()
    wrong = conforming(share(classes, value=value, bands=Optimistic(POOR=0, GOOD="84.5")))
    assert "perfect rows lead from the band POOR to the next" in complaints(wrong.test_the_headroom_is_just_enough)


# ---------------------------------------------------------------- proof


def test_evidence_that_is_not_what_was_counted():
    classes = placed.split({"late": (Order.late_by > 0, "Late.")}, rest=("fine", "Fine."))
    stale = dataclasses.replace(classes["late"], condition=placed.condition, description="Changed by hand.")
    said = complaints(conforming(share({"stale": stale})).test_the_evidence_is_what_was_counted)
    assert "the measure 'stale' is 3 over Window(30) as of 2026-03-31, but 10 rows are its proof" in said


def test_a_total_that_is_not_the_sum_over_its_rows():
    said = complaints(conforming(share({"delays": distinct})).test_the_evidence_is_what_was_counted)
    assert "is the sum over the 10 rows" in said
    units = total(Package.unit_count, on=Package.confirmed_on, where=Package.tracked, description="Units.")
    conforming(share({"units": units})).test_the_evidence_is_what_was_counted()


def test_parts_that_do_not_add_up():
    def add_facts(account):
        orders(account, late=2, channel="AMAZON")
        orders(account, late=2)

    said = complaints(conforming(share({"delays": distinct}), add_facts).test_the_parts_add_up_to_the_whole)
    assert "its parts by 'channel' add up to 86400: AMAZON 43200, SELLER 43200" in said


def test_a_mean_in_hours_may_be_anything():
    late_by = placed.total(Order.late_by)
    known = placed.where(Order.late_by.is_not(None), "Known.")
    metric = share({"known": known}, hidden={"late_by": late_by}, value=Mean(late_by, known, unit=MetricUnit.HOURS, per=3600))
    conforming(metric).test_values_are_exact_and_in_the_range_of_their_unit()


def test_refunds_of_orders_are_known_by_their_orders():
    returned = placed.where(Order.refunds.any(), "Orders with a refund.")
    tests = conforming(
        share({"orders": placed, "returned": returned}, value=returned / placed), lambda account: refunds(account, orders(account, 5)[:2])
    )
    tests.test_without_a_source_nothing_is_known()
    tests.test_every_measure_counts_some_of_the_facts()
