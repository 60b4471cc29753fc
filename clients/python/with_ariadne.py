import datetime as dt

from generated import Client


def connect(address: str, key: str) -> Client:
    return Client(address, headers={"Authorization": f"Bearer {key}"})


def late_shipment(client: Client, account_key: str, day: dt.date) -> str:
    account = client.dashboard(key=account_key, as_of=day).account
    if account is None or (result := account.metrics.late_shipment_rate) is None:
        return "nothing to see"
    return f"{account.name}: {result.late} of {result.orders} late up to {result.window.to:%d %B}"
