"""`coverage` says what to import next."""


def test_coverage_shows_what_is_known_and_what_to_import_next(invoke, shop, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_CLOCK", "2026-12-31T12:00:00Z")
    done = invoke("coverage", "--account", shop)
    assert done.exit_code == 0
    first, metrics, formats, *_ = done.out.splitlines()
    assert first == "ORDER: never imported"
    assert {"late_shipment_rate", "order_defect_rate"} <= set(metrics.removeprefix("  metrics: ").split(", "))
    assert {"ORDERS_API_2026_01_01", "ORDERS_API_V0"} <= set(formats.removeprefix("  formats: ").split(", "))
    assert "CLAIM: imported up to 20" in done.out
    _, _, steps = done.out.partition("Import next:\n")
    assert steps.splitlines()[0] == "1. ORDERS_API_2026_01_01: Orders, items, packages and cancellations of the Orders API 2026-01-01"
    assert (
        "   where: the API alone: `searchOrders`\n   covers: ORDER, PACKAGE\n   settles: cancellation_rate, late_shipment_rate, " in steps
    )
    assert "   or: feedback\n" in steps
    assert "`sellerhealth docs import` describes the formats." in done.err


def test_coverage_of_an_unknown_account_is_an_error(invoke, shop):
    done = invoke("coverage", "--account", "shp")
    assert (done.exit_code, "There is no account 'shp'." in done.err) == (1, True)
