import asyncio
import http.client
import json
import signal
import time

import httpx2
import pytest


@pytest.fixture(scope="module")
def server(start):
    return start()


def test_every_metric_has_a_result_over_http(server):
    response = server.query("""
    { account(key: "seller-1") { key healthStatus metricResults { definition { key } display status } } }
    """)
    results = {each["definition"]["key"]: each for each in response["account"]["metricResults"]}
    assert len(results) == 10
    assert results["cancellation_rate"]["display"] == "N/A"
    assert results["seller_rating"]["display"] == "100.00"


def test_a_metric_of_an_installed_plugin_is_a_field_of_its_own_type(server):
    response = server.query("""
    {
      account(key: "seller-1") { metrics { acmeReplacementRate { __typename value display status orders replaced } } }
      plugins { name distribution version state }
    }
    """)
    assert response["account"]["metrics"]["acmeReplacementRate"] == {
        "__typename": "AcmeReplacementRate",
        "value": 0.1,
        "display": "10.00 %",
        "status": "GOOD",
        "orders": 10,
        "replaced": 1,
    }
    assert {"name": "acme", "distribution": "acme_metrics", "version": "1.0", "state": "ACTIVE"} in response["plugins"]
    assert "acmeReplacementRate(" in httpx2.get(f"{server.address}/schema.graphql").text


def test_many_requests_at_once(server):
    async def send_all():
        async with httpx2.AsyncClient(timeout=30) as client:
            body = {"query": '{ account(key: "seller-1") { metrics { lateShipmentRate { orders } } } }'}
            return await asyncio.gather(*(client.post(f"{server.address}/graphql", json=body) for _ in range(20)))

    responses = asyncio.run(send_all())
    assert [response.json()["data"] for response in responses] == [{"account": {"metrics": {"lateShipmentRate": {"orders": 10}}}}] * 20
    assert {"Server", "server"}.isdisjoint(responses[0].headers)


def test_the_page_and_the_probes_respond(server):
    with httpx2.Client(follow_redirects=True) as client:
        assert "graphiql.min.js" in client.get(server.address).text
        assert client.get(f"{server.address}/healthz").json() == {"status": "ok"}
        assert client.get(f"{server.address}/readyz").json() == {"status": "ok"}


def test_a_terminated_server_finishes_running_requests(start):
    server = start()
    body = json.dumps({"query": '{ account(key: "seller-1") { metricResults { windows { display } } } }'}).encode()
    connection = http.client.HTTPConnection(httpx2.URL(server.address).netloc.decode(), timeout=20)
    connection.putrequest("POST", "/graphql")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:10])
    time.sleep(0.3)  # until the server has read the beginning
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    connection.send(body[10:])
    response = json.load(connection.getresponse())
    connection.close()
    assert len(response["data"]["account"]["metricResults"]) == 10
    assert server.process.wait(timeout=20) == 0
