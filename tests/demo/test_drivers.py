"""Drivers on the demo name the carrier and the product that the simulation made slow."""

from sellerhealth.demo.simulation import SLOW_CARRIER, SLOW_PRODUCT


def test_the_slow_carrier_delivers_most_of_what_is_late_and_the_slow_product_is_most_of_what_is_confirmed_late(demo):
    """Seen through the API: drivers name them."""
    names = {"onTimeDeliveryRate": "carrier", "lateShipmentRate": "sku"}
    fields = " ".join(f'{name} {{ drivers(by: "{by}", limit: 1) {{ nodes {{ value }} }} }}' for name, by in names.items())
    metrics = demo.post("/graphql", json={"query": f'{{ account(key: "critical") {{ metrics {{ {fields} }} }} }}'}).json()["data"][
        "account"
    ]["metrics"]
    worst = {name: metrics[name]["drivers"]["nodes"][0]["value"] for name in names}
    assert worst == {"onTimeDeliveryRate": SLOW_CARRIER, "lateShipmentRate": SLOW_PRODUCT.sku}
