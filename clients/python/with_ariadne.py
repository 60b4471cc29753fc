import datetime as dt

from generated import Client


def late_shipment(address: str, key: str, day: dt.date) -> str:
    with Client(address) as client:
        account = client.dashboard(key=key, as_of=day).account
    if account is None or (result := account.metrics.late_shipment_rate) is None:
        return "nothing to see"
    return f"{account.name}: {result.late} of {result.orders} late up to {result.window.to:%d %B}"
