"""Which plugins take part: disabled plugins, strict settings, and name collisions."""

import pytest

from sellerhealth.errors import BadSettings, PluginError
from sellerhealth.plugins.plugin import PluginState


@pytest.mark.parametrize("name", ["acme", "Acme-Dispatch"])
def test_a_plugin_is_disabled_by_its_name_or_its_distribution(install, load, load_one, metric_source, name):
    install("acme-dispatch", {"acme": "acme:metric"}, acme="raise RuntimeError('it must not even be imported')")
    plugin = load_one("acme", disabled_plugins=[name])
    assert plugin.state is PluginState.DISABLED
    assert "disabled_plugins" in plugin.reason


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"plugins": {"acmee": {}}}, "The setting plugins names acmee, but no such plugin is installed. Did you mean acme"),
        ({"disabled_plugins": ["acm"]}, "The setting disabled_plugins names acm, but no such plugin is installed. Did you mean acme"),
        ({"classifier": "acmes"}, "The setting classifier names acmes, but no such plugin is installed. Did you mean acme"),
    ],
)
def test_a_setting_for_a_plugin_that_is_not_installed_is_refused(install, load, metric_source, settings, expected):
    install("acme-dispatch", {"acme": "acme:metric"}, acme=metric_source("acme_rate"))
    with pytest.raises(BadSettings, match=expected) as refused:
        load(**settings)
    assert "Installed are acme, amazon_reports, " in str(refused.value)


def test_strict_refuses_to_start_and_names_every_plugin_at_fault(install, load):
    install("acme", {"acme": "acme:metric"}, acme="import acme_nowhere")
    install("beta", {"beta": "beta:metric"}, beta="metric = 3")
    with pytest.raises(PluginError) as refused:
        load(strict=True)
    assert "acme (acme 1.0): ModuleNotFoundError" in str(refused.value)
    assert "beta (beta 1.0): beta:metric, of the type int" in str(refused.value)


def test_strict_starts_when_all_is_well(install, load, metric_source):
    install("acme", {"acme": "acme:metric"}, acme=metric_source("acme_rate"))
    assert "acme_rate" in load(strict=True).registry


def test_third_parties_with_one_name_are_all_quarantined(install, load, load_one, metric_source):
    install("acme", {"acme": "acme:metric"}, acme=metric_source("dispatch_rate"))
    install("beta", {"beta": "beta:metric"}, "2.0", beta=metric_source("dispatchrate"))
    for name in ("acme", "beta"):
        reason = load_one(name).reason
        assert "acme (acme 1.0) with 'dispatch_rate' and beta (beta 2.0) with 'dispatchrate'" in reason
        assert "rename, uninstall or disable all but one" in reason
    registry = load().registry
    assert "dispatch_rate" not in registry
    assert "dispatchrate" not in registry
    assert "dispatchrate" in load(disabled_plugins=["acme"]).registry


@pytest.mark.parametrize("key", ["late_shipment_rate", "late_shipmentrate"])
@pytest.mark.parametrize("disabled", [[], ["late_shipment_rate"]])
def test_the_name_of_a_built_in_metric_cannot_be_taken_even_while_that_is_disabled(install, load_one, metric_source, key, disabled):
    install("acme", {"acme": "acme:metric"}, acme=metric_source(key))
    plugin = load_one("acme", disabled_plugins=disabled)
    assert plugin.state is PluginState.QUARANTINED
    assert "belongs to the built-in plugin late_shipment_rate (sellerhealth" in plugin.reason
    assert load_one("late_shipment_rate", disabled_plugins=disabled).state is (PluginState.DISABLED if disabled else PluginState.ACTIVE)


def test_the_type_of_the_bands_of_a_built_in_metric_cannot_be_taken(install, load_one, metric_source):
    install("acme", {"acme": "acme:metric"}, acme=metric_source("seller_rating_band"))
    assert "SellerRatingBand, which belongs to the built-in plugin seller_rating" in load_one("acme").reason


@pytest.mark.parametrize("key", ["order", "page_info", "fact_kind", "id"])
def test_the_name_of_a_type_of_the_core_cannot_be_taken(install, load_one, metric_source, key):
    install("acme", {"acme": "acme:metric"}, acme=metric_source(key))
    assert "which the core has. Give the metric another key." in load_one("acme").reason


def test_the_field_of_every_result_cannot_be_the_name_of_a_measure(install, load_one, metric_source):
    install("acme", {"acme": "acme:metric"}, acme=metric_source("acme_rate", measure="overall_status"))
    assert "'overall_status', but every result has a field overallStatus. Give it another name." in load_one("acme").reason


def test_measures_that_differ_only_in_underscores_are_refused(install, load_one, metric_source):
    install("acme", {"acme": "acme:metric"}, acme=metric_source("acme_rate", measure="or_ders"))
    assert "has 'orders' and 'or_ders', which differ only in underscores" in load_one("acme").reason


def test_two_plugins_of_one_name_are_both_listed_and_quarantined(install, load, metric_source):
    install("acme", {"dispatch": "acme:metric"}, acme=metric_source("acme_rate"))
    install("beta", {"dispatch": "beta:metric"}, beta=metric_source("beta_rate"))
    by_distribution = {plugin.distribution: plugin for plugin in load().plugins if plugin.name == "dispatch"}
    assert {plugin.state for plugin in by_distribution.values()} == {PluginState.QUARANTINED}
    assert "claimed by dispatch (acme 1.0)" in by_distribution["beta"].reason
    assert "beta_rate" in load(disabled_plugins=["acme"]).registry


def test_a_second_entry_point_of_one_name_in_a_distribution_does_not_vanish(install, load, metric_source):
    pairs = [("acme", "acme:metric"), ("acme", "beta:metric")]
    install("acme", pairs, acme=metric_source("acme_rate"), beta=metric_source("beta_rate"))
    assert [plugin.state for plugin in load().plugins if plugin.name == "acme"] == [PluginState.QUARANTINED] * 2


def test_two_formats_of_one_name_are_quarantined(install, load_one):
    source = """
from sellerhealth import hookimpl
from sellerhealth.sources import Importer

@hookimpl
def register_importers():
    return [Importer("csv", "A format", frozenset(), 1, lambda sample: False, lambda stream, context: iter(()))]
"""
    install("acme", {"acme": "acme"}, acme=source)
    install("beta", {"beta": "beta"}, beta=source)
    assert "the format 'csv'" in load_one("acme").reason
    assert load_one("beta").state is PluginState.QUARANTINED


def test_what_is_loaded_does_not_depend_on_the_order_of_installation(install, load, metric_source, monkeypatch):
    import sys

    install("zeta", {"zeta": "zeta:metric"}, zeta=metric_source("a_rate"))
    install("acme", {"acme": "acme:metric"}, acme=metric_source("z_rate"))
    once = load()
    monkeypatch.setattr(sys, "path", [*reversed(sys.path[:2]), *sys.path[2:]])
    again = load()
    assert [str(plugin) for plugin in once.plugins] == [str(plugin) for plugin in again.plugins]
    assert list(once.registry) == list(again.registry)
