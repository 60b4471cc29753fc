"""Every mistake of an author is found when the plugin is loaded, and reported with what is wrong, where, and the fix."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from sellerhealth.checks.metric_checks import checker
from sellerhealth.facts import Order
from sellerhealth.plugins.load import load_plugins
from sellerhealth.plugins.plugin import Plugin, PluginState
from sellerhealth.settings import Settings
from tests.plugins.conftest import installing
from tests.plugins.mistakes import MISTAKES
from tests.plugins.mistakes.builders import IMPORTS, Mistake, metric
from tests.support.stores import Stores

PAGE = Path(__file__).parent.parent.parent / "docs" / "plugins" / "errors.md"
TESTED_ELSEWHERE = {  # rows of the page that need more than one module: see the tests of states, classifiers, files and warnings
    "only one plugin can classify feedback, but … have a classifier.",
    "which belongs to the built-in plugin … Choose another name.",
    "which is claimed by … None of them may use it: rename, uninstall or disable all but one.",
    "A plugin file is complete in itself: put everything into it",
    "It took … seconds of CPU time to load, and every start and every command waits for it.",
    "It provides nothing",
}
LoadMistake = Callable[[Mistake], Plugin]


@pytest.fixture(scope="module")
def load_mistake(tmp_path_factory: pytest.TempPathFactory, stores: Stores) -> Iterator[LoadMistake]:
    """Loads the distribution acme-dispatch 0.3 with the source of a mistake. Each is loaded once."""
    plugins: dict[str, Plugin] = {}

    def load_mistake(mistake: Mistake) -> Plugin:
        if repr(mistake) not in plugins:
            with installing(tmp_path_factory.mktemp("mistake")) as install:
                install("acme-dispatch", {"acme": mistake.value}, "0.3", acme=mistake.source)
                settings = Settings(strict=False, plugins={"acme": mistake.settings} if mistake.settings else {})
                (plugins[repr(mistake)],) = load_plugins(settings, [distribution("acme-dispatch")], checker(database)).plugins
        return plugins[repr(mistake)]

    with stores.open() as database:
        yield load_mistake


def rows() -> list[str]:
    """The first cells of the tables of the page."""
    cells = [re.split(r"(?<!\\)\|", line)[1].strip() for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return [cell.replace("\\|", "|") for cell in cells if cell not in ("---", "reason", "warning")]


def describes(row: str, reason: str) -> bool:
    return re.search(re.escape(row.replace("`", "")).replace("…", ".*"), reason.replace("`", "")) is not None


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_reported_with_its_line_and_the_fix(load_mistake: LoadMistake, name: str) -> None:
    mistake = MISTAKES[name]
    plugin = load_mistake(mistake)
    assert plugin.state is (PluginState.ACTIVE if mistake.only_warns else PluginState.QUARANTINED)
    assert str(plugin) == "acme (acme-dispatch 0.3)"
    reason = plugin.warning if mistake.only_warns else plugin.reason
    assert reason is not None
    for part in mistake.expected:
        assert part in reason, reason
    if mistake.line is not None:
        line = next(number for number, text in enumerate(mistake.source.splitlines(), 1) if mistake.line in text)
        assert f"acme.py, line {line}" in reason, (line, reason)
    assert any(location in reason for location in ("acme.py", "entry point", "sellerhealth.toml")), reason
    assert " at 0x" not in reason, reason
    assert len(reason.splitlines()) == 1, reason
    assert len(reason) < 800, reason
    assert any(describes(row, reason) for row in rows()), reason


def test_every_reason_on_the_page_occurs(load_mistake: LoadMistake) -> None:
    plugins = [load_mistake(mistake) for mistake in MISTAKES.values()]
    reasons = [plugin.reason or plugin.warning or "" for plugin in plugins]
    assert {row for row in rows() if not any(describes(row, reason) for reason in reasons)} == TESTED_ELSEWHERE


def test_the_metric_without_a_mistake_is_active(load_mistake: LoadMistake) -> None:
    plugin = load_mistake(Mistake(metric(), ()))
    assert (plugin.state, plugin.reason, plugin.warning) == (PluginState.ACTIVE, None, None)


CORRECT_CONDITIONS = {
    "a comparison with nothing": "Order.late_by == None",
    "a policy that began on a day": "Order.placed_on >= dt.date(2020, 1, 31)",
    "an instant with its zone": "Order.placed_at > dt.datetime(2020, 1, 1, tzinfo=dt.UTC)",
    "a value of an enum": "Order.channel.in_([Channel.SELLER, 'AMAZON', 'UNKNOWN'])",
    "other than what is always there": "(Order.channel != 'SELLER') & ~Order.amazon_fulfilled",
    "other than what may be null, on purpose": "Order.status.is_not(None) & (Order.status != 'CANCELLED')",
    "other than what may be null, counting it": "Order.status.is_distinct_from('CANCELLED')",
    "~ where null is tested": "~(Order.late_by > 0) & Order.late_by.is_not(None)",
    "the negation of a lookup": "~Order.claims.any(Claim.counts) | Order.refunds.any()",
    "a number worked out": "(Order.late_by / 3600 > 24) & (func.abs(Order.late_by) > 60)",
    "capitals or not": "Order.cancelled_by.icontains('sell')",
    "the weekday of a day": "sa.extract('dow', Order.placed_on) == 0",
    "a case": "sa.case((Order.late_by > 0, 1), else_=0) == 1",
    "instants compared": "Order.delivered_at <= Order.deliver_by",
    "the present": "passed(Order.ship_by, hours=24)",
    "no condition on purpose": "sa.true()",
    "a fact compared with another": "Order.refunds.any(Order.messages.any(Message.received_at < Refund.refunded_at))",
    "a fact compared with the order": "Order.claims.any(Claim.opened_at > Order.deliver_by)",
    "a fact compared with another of its kind": "Order.claims.any(Claim.counts & Order.claims.any(Claim.undecided))",
    "a relationship of an alias of the other fact": "Order.claims.of_type(sa.orm.aliased(Claim)).any()",
    "an exists tied to the order": "sa.exists().where((Claim.account_id == Order.account_id) & (Claim.order_id == Order.order_id))",
    "an exists tied through another fact": "Order.refunds.any(sa.exists().where((Message.account_id == Refund.account_id) "
    "& (Message.order_id == Refund.order_id) & (Message.received_at < Refund.refunded_at)))",
    "an exists over a join": "sa.select(Claim).join(Refund, (Refund.account_id == Claim.account_id) & (Refund.order_id == Claim.order_id))"
    ".where((Claim.account_id == Order.account_id) & (Claim.order_id == Order.order_id)).exists()",
    "an earlier order of the same number": "sa.exists().where((o := sa.orm.aliased(Order)).account_id == Order.account_id, "
    "o.order_id == Order.order_id)",
    "a name of a column in Python": "Order.accepted if Order.status.key in ('status',) else sa.true()",
}


@pytest.mark.parametrize("name", CORRECT_CONDITIONS)
def test_correct_conditions_are_not_refused(load_mistake: LoadMistake, name: str) -> None:
    plugin = load_mistake(Mistake(metric(CORRECT_CONDITIONS[name]), ()))
    assert plugin.state is PluginState.ACTIVE, plugin.reason


CORRECT_DECLARATIONS = {  # similar to some that are refused
    "windows that differ in their lag": {"windows": "(Window(30), Window(30, lag=1), Window(7), Window(0))"},
    "a window of many years": {"windows": "(Window(3650),)"},
    "the part that every result has": {"parts": "{'channel': Order.channel, 'marketplace': Order.marketplace}"},
    "a part by another name": {"parts": "{'sold_by': Order.channel}"},
    "a case in a total": {
        "measures": "{'orders': orders, 'late': late, 'a': orders.total(sa.case((Order.claims.any(Claim.counts), 2), else_=1), 'A.')}"
    },
    "a split": {"measures": "{'orders': orders, 'late': late, **orders.split({'bad': (Order.late_by > 0, 'B.')}, rest=('good', 'G.'))}"},
    "a total of another fact": {
        "measures": "{'orders': orders, 'late': late, 'u': total(Package.unit_count, on=Package.confirmed_on, where=Package.tracked, description='U.')}"
    },
    "a value of one's own": {"before": "class V(Count):\n    unit = MetricUnit.DAYS", "value": "V(late)"},
    "a target of one's own": {
        "before": "class T:\n    condition, limit, warn, enforced, measures = TargetCondition.AT_MOST, 3, '2', False, ()\n"
        "    def display(self, value): return 'at most 3'\n    def judge(self, value, numbers): return MetricStatus.GOOD\n"
        "    def headroom(self, value, numbers): return None",
        "target": "T()",
    },
}


@pytest.mark.parametrize("name", CORRECT_DECLARATIONS)
def test_correct_declarations_are_not_refused(load_mistake: LoadMistake, name: str) -> None:
    plugin = load_mistake(Mistake(metric(**CORRECT_DECLARATIONS[name]), ()))
    assert plugin.state is PluginState.ACTIVE, plugin.reason


@pytest.mark.parametrize("target", ["Below('0.5')", "Below(1, warn='0.8')", "AtLeast('99.5')"])
def test_a_limit_of_a_fraction_of_a_percent_is_not_refused(load_mistake: LoadMistake, target: str) -> None:
    plugin = load_mistake(Mistake(metric(value="Percent(late, orders)", target=target), ()))
    assert plugin.state is PluginState.ACTIVE, plugin.reason


def test_several_mistakes_are_all_reported(load_mistake: LoadMistake) -> None:
    measures = "{'orders': orders, 'late': late, 'other': orders.where(Order.channel == 'AMAZOM', 'Others.')}"
    reason = load_mistake(Mistake(metric("Order.late_by > '0'", measures=measures), ())).reason
    assert reason is not None
    assert ["the measure 'late'" in line or "the measure 'other'" in line for line in reason.splitlines()] == [True, True]


def test_a_mistake_that_many_measures_share_is_reported_once(load_mistake: LoadMistake) -> None:
    source = metric().replace("where=Order.accepted", "where=Order.channel == 'SELER'")
    reason = load_mistake(Mistake(source, ())).reason
    assert reason is not None
    assert reason.count("'SELER'") == 1


def test_each_of_several_mistakes_has_its_own_line(load_mistake: LoadMistake) -> None:
    source = metric("Order.late_by > '0'").replace("where=Order.accepted", "where=Order.channel == 'SELER'")
    reason = load_mistake(Mistake(source, ())).reason
    assert reason is not None
    assert [line.rpartition("acme.py, ")[2] for line in reason.splitlines()] == ["line 9.", "line 10."]


def test_wrong_settings_are_reported_with_their_location_and_not_that_of_the_code(load_mistake: LoadMistake) -> None:
    reason = load_mistake(MISTAKES["a wrong setting"]).reason
    assert reason is not None
    assert "[plugins.acme] of sellerhealth.toml" in reason
    assert "SELLERHEALTH_PLUGINS__ACME__" in reason
    assert "acme.py" not in reason


def test_a_comment_marks_a_line_as_intended(load_mistake: LoadMistake) -> None:
    source = metric("~(Order.late_by > 0)")
    assert load_mistake(Mistake(source.replace("'Late ones.')", "'Late ones.')  # sound"), ())).state is PluginState.ACTIVE
    assert load_mistake(Mistake(source, ())).state is PluginState.QUARANTINED


SETTING = """class Settings(BaseModel):
    since: dt.date = dt.date.today() - dt.timedelta(3)
def acme(settings: Settings):
    orders = count(on=Order.placed_on, where=Order.placed_on >= settings.since, description="Orders.")
    return Metric(
        key="acme_rate", title="A", description="D.", section="a", windows=(Window(3),), measures={"orders": orders}, value=Count(orders)
    )
"""


def test_a_day_of_a_setting_is_not_taken_for_the_clock_and_a_default_from_the_clock_is(load_mistake: LoadMistake) -> None:
    today = dt.datetime.now(dt.UTC).date()
    for source, warns in ((SETTING, True), (SETTING.replace(" = dt.date.today() - dt.timedelta(3)", ""), False)):
        plugin = load_mistake(Mistake(IMPORTS + source, (), settings={} if warns else {"since": today.isoformat()}))
        assert plugin.state is PluginState.ACTIVE, plugin.reason
        assert ("taken from the clock" in (plugin.warning or "")) is warns


def test_a_metric_that_only_warns_takes_part(load_mistake: LoadMistake) -> None:
    plugin = load_mistake(MISTAKES["is not inside an expression"])
    assert (plugin.metrics, plugin.reason) == (("acme_rate",), None)


def test_operators_are_as_before_once_plugins_are_loaded(load_mistake: LoadMistake) -> None:
    load_mistake(MISTAKES["and of equalities"])
    assert bool(Order.accepted)
    assert (Order.channel == "SELLER") is not None
    with pytest.raises(TypeError, match="Boolean value of this clause is not defined"):
        bool(Order.late_by > 0)
    with pytest.raises(TypeError, match="unsupported operand"):
        0 & Order.accepted
