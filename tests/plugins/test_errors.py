"""Every mistake that an author can make is found when the plugin is loaded, and answered by what, where and the remedy."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from sellerhealth.checks.metric_checks import checker
from sellerhealth.plugins.load import Plugin, PluginState, load_plugins
from sellerhealth.settings import Settings
from sellerhealth.testing.empty_store import open_empty_store
from tests.plugins.conftest import installing
from tests.plugins.mistakes import IMPORTS, Mistake, metric, mistakes

PAGE = Path(__file__).parent.parent.parent / "docs" / "plugins" / "errors.md"
MISTAKES = dict(mistakes())
ELSEWHERE = {  # rows of the page that need more than one module: the tests of states, classifiers, files and warnings have them
    "feedback has one classifier, but … want to be it.",
    "which belongs to the built-in plugin … Choose another name.",
    "which is claimed by … None of them gets it: rename, uninstall or disable all but one.",
    "A plugin file stands alone: put all into it",
    "It took … seconds to load, and every start and every command waits for it.",
    "It brings nothing",
}
Examine = Callable[[Mistake], Plugin]


@pytest.fixture(scope="module")
def examine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examine]:
    """What becomes of the distribution acme-dispatch 0.3 with the source of a mistake; each is tried once."""
    database = open_empty_store(tmp_path_factory.mktemp("store") / "store.db")
    known: dict[str, Plugin] = {}

    def examine(mistake: Mistake) -> Plugin:
        if repr(mistake) not in known:
            with installing(tmp_path_factory.mktemp("mistake")) as install:
                install("acme-dispatch", {"acme": mistake.value}, "0.3", acme=mistake.source)
                settings = Settings(strict=False, plugins={"acme": mistake.settings} if mistake.settings else {})
                (known[repr(mistake)],) = load_plugins(settings, [distribution("acme-dispatch")], checker(database)).plugins
        return known[repr(mistake)]

    yield examine
    database.close()


def rows() -> list[str]:
    """The first cells of the tables of the page."""
    cells = [re.split(r"(?<!\\)\|", line)[1].strip() for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return [cell.replace("\\|", "|") for cell in cells if cell not in ("---", "reason", "warning")]


def tells_of(row: str, reason: str) -> bool:
    return re.search(re.escape(row.replace("`", "")).replace("…", ".*"), reason.replace("`", "")) is not None


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_answered_by_what_where_and_the_remedy(examine: Examine, name: str) -> None:
    mistake = MISTAKES[name]
    plugin = examine(mistake)
    assert plugin.state is PluginState.QUARANTINED
    assert str(plugin) == "acme (acme-dispatch 0.3)"
    assert plugin.reason is not None
    for words in mistake.said:
        assert words in plugin.reason, plugin.reason
    if mistake.at is not None:
        line = next(number for number, text in enumerate(mistake.source.splitlines(), 1) if mistake.at in text)
        assert f"acme.py, line {line}" in plugin.reason, (line, plugin.reason)
    assert any(place in plugin.reason for place in ("acme.py", "entry point", "sellerhealth.toml")), plugin.reason
    assert " at 0x" not in plugin.reason, plugin.reason
    assert len(plugin.reason.splitlines()) == 1, plugin.reason
    assert len(plugin.reason) < 800, plugin.reason
    assert any(tells_of(row, plugin.reason) for row in rows()), plugin.reason


def test_the_page_lists_no_reason_that_nobody_gets(examine: Examine) -> None:
    reasons = [examine(mistake).reason or "" for mistake in MISTAKES.values()]
    assert {row for row in rows() if not any(tells_of(row, reason) for reason in reasons)} == ELSEWHERE


def test_the_metric_that_the_mistakes_are_made_in_is_sound(examine: Examine) -> None:
    plugin = examine(Mistake(metric(), ()))
    assert (plugin.state, plugin.reason, plugin.warning) == (PluginState.ACTIVE, None, None)


SOUND = {
    "a comparison with nothing": "Order.late_by == None",
    "a policy that began on a day": "Order.placed_on >= dt.date(2020, 1, 31)",
    "an instant with its zone": "Order.placed_at > dt.datetime(2020, 1, 1, tzinfo=dt.UTC)",
    "a word of an enum": "Order.channel.in_([Channel.SELLER, 'AMAZON', 'UNKNOWN'])",
    "other than what is always there": "(Order.channel != 'SELLER') & ~Order.amazon_fulfilled",
    "other than what may be null, on purpose": "Order.status.is_not(None) & (Order.status != 'CANCELLED')",
    "other than what may be null, counting it": "Order.status.is_distinct_from('CANCELLED')",
    "~ where null was asked about": "~(Order.late_by > 0) & Order.late_by.is_not(None)",
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


@pytest.mark.parametrize("name", SOUND)
def test_what_is_right_is_not_refused(examine: Examine, name: str) -> None:
    plugin = examine(Mistake(metric(SOUND[name]), ()))
    assert plugin.state is PluginState.ACTIVE, plugin.reason


NEIGHBOURS = {  # words that are right, next to some that are refused
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


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_words_that_are_right_are_not_refused(examine: Examine, name: str) -> None:
    plugin = examine(Mistake(metric(**NEIGHBOURS[name]), ()))
    assert plugin.state is PluginState.ACTIVE, plugin.reason


@pytest.mark.parametrize("target", ["Below('0.5')", "Below(1, warn='0.8')", "AtLeast('99.5')"])
def test_a_limit_of_a_fraction_of_a_percent_is_not_refused(examine: Examine, target: str) -> None:
    plugin = examine(Mistake(metric(value="Percent(late, orders)", target=target), ()))
    assert plugin.state is PluginState.ACTIVE, plugin.reason


def test_several_mistakes_are_all_told(examine: Examine) -> None:
    measures = "{'orders': orders, 'late': late, 'other': orders.where(Order.channel == 'AMAZOM', 'Others.')}"
    reason = examine(Mistake(metric("Order.late_by > '0'", measures=measures), ())).reason
    assert reason is not None
    assert ["the measure 'late'" in line or "the measure 'other'" in line for line in reason.splitlines()] == [True, True]


def test_a_mistake_that_many_measures_share_is_told_once(examine: Examine) -> None:
    source = metric().replace("where=Order.accepted", "where=Order.channel == 'SELER'")
    reason = examine(Mistake(source, ())).reason
    assert reason is not None
    assert reason.count("'SELER'") == 1


def test_each_of_several_mistakes_has_its_own_line(examine: Examine) -> None:
    source = metric("Order.late_by > '0'").replace("where=Order.accepted", "where=Order.channel == 'SELER'")
    reason = examine(Mistake(source, ())).reason
    assert reason is not None
    assert [line.rpartition("acme.py, ")[2] for line in reason.splitlines()] == ["line 9.", "line 10."]


def test_wrong_settings_are_told_where_settings_stand_and_not_where_the_code_does(examine: Examine) -> None:
    reason = examine(MISTAKES["a wrong setting"]).reason
    assert reason is not None
    assert "[plugins.acme] in sellerhealth.toml" in reason
    assert "SELLERHEALTH_PLUGINS__ACME__" in reason
    assert "acme.py" not in reason


def test_a_line_that_is_meant_says_so(examine: Examine) -> None:
    source = metric("~(Order.late_by > 0)")
    assert examine(Mistake(source.replace("'Late ones.')", "'Late ones.')  # sound"), ())).state is PluginState.ACTIVE
    assert examine(Mistake(source, ())).state is PluginState.QUARANTINED


SETTING = """class Settings(BaseModel):
    since: dt.date = dt.date.today() - dt.timedelta(3)
def acme(settings: Settings):
    orders = count(on=Order.placed_on, where=Order.placed_on >= settings.since, description="Orders.")
    return Metric(
        key="acme_rate", title="A", description="D.", section="a", windows=(Window(3),), measures={"orders": orders}, value=Count(orders)
    )
def stamp():
    return dt.datetime.now(dt.UTC)
"""


def test_a_day_of_a_setting_is_no_frozen_clock_and_a_default_from_the_clock_is_one(examine: Examine) -> None:
    given = SETTING.replace("dt.date = dt.date.today() - dt.timedelta(3)", "dt.date")
    settings = {"since": dt.datetime.now(dt.UTC).date().isoformat()}
    assert examine(Mistake(IMPORTS + given, (), settings=settings)).state is PluginState.ACTIVE
    called = given.replace("orders = count", "stamp()\n    orders = count")
    for frozen, given_settings in ((SETTING, {}), (called, settings)):
        plugin = examine(Mistake(IMPORTS + frozen, (), settings=given_settings))
        assert "taken from the clock at the start" in (plugin.reason or ""), plugin.reason
