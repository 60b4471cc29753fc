"""`plugins` lists the plugins with their state, what they provide, and what is wrong with them."""

import json

from tests.support.running import install


def test_the_plugins_are_listed_with_where_they_come_from(invoke):
    listed = {row[0]: row for row in invoke("plugins").rows()}
    assert listed["late_shipment_rate"][1] == "sellerhealth"
    assert listed["late_shipment_rate"][3] == "ACTIVE"
    listed_as_json = {each["name"]: each for each in json.loads(invoke("plugins", "--json").out)}
    assert set(listed_as_json) == set(listed)
    assert listed_as_json["late_shipment_rate"]["metrics"] == ["late_shipment_rate"]
    assert listed_as_json["late_shipment_rate"]["reason"] is None


def test_a_quarantined_plugin_is_listed_with_the_reason_even_when_settings_are_strict(invoke, tmp_path, monkeypatch):
    site = tmp_path / "site"
    install(site, "acme_broken", "raise RuntimeError('out of order')", {"acme": "acme_broken:metric"})
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("SELLERHEALTH_STRICT", "true")
    (broken,) = [each for each in json.loads(invoke("plugins", "--json").out) if each["distribution"] == "acme_broken"]
    assert broken["state"] == "QUARANTINED"
    assert "out of order" in broken["reason"]
    assert "PLUGIN_ERROR: " in invoke("schema").err
