from gql import Client, GraphQLRequest
from gql.transport.httpx import HTTPXTransport

LATE_SHIPMENT = """
  query LateShipment($key: String!) {
    account(key: $key) { name metrics { lateShipmentRate { display late orders } } }
  }
"""


def connect(address: str, key: str) -> Client:
    transport = HTTPXTransport(url=address, headers={"Authorization": f"Bearer {key}"})
    return Client(transport=transport, fetch_schema_from_transport=True)


def late_shipment(client: Client, key: str) -> str:
    account = client.execute(GraphQLRequest(LATE_SHIPMENT, variable_values={"key": key}))["account"]
    result = account["metrics"]["lateShipmentRate"]
    return f"{account['name']}: {result['late']} of {result['orders']} late, {result['display']}"
