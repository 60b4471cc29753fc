import base64
import hashlib
import re

from sellerhealth.http.graphiql import FILES

OURS = {"index.html", "start.js", "VENDORED.md"}
LISTED = re.findall(r"^\| `(\S+)` \| (\S+) \| (\S+) \| (\S+): `(\S+)` \| `(\S+)` \|$", FILES.joinpath("VENDORED.md").read_text(), re.M)
PAGE = FILES.joinpath("index.html").read_text()


def sha384(name):
    return base64.b64encode(hashlib.sha384(FILES.joinpath(name).read_bytes()).digest()).decode()


def test_every_vendored_file_is_listed_with_its_licence_and_hash():
    licences = {licence for _, _, _, _, licence, _ in LISTED}
    assert {name for name, *_ in LISTED} | licences | OURS == {path.name for path in FILES.iterdir()}
    assert {name: digest for name, *_, digest in LISTED} == {name: sha384(name) for name, *_ in LISTED}


def test_the_page_loads_files_of_ours_alone_and_names_their_hashes():
    loaded = re.findall(r'(?:src|href)="graphiql/([^"]+)"(?: integrity="sha384-([^"]+)")?', PAGE)
    assert {name for name, _ in loaded} == {name for name, *_ in LISTED} | {"start.js"}
    assert all(digest == sha384(name) for name, digest in loaded if name != "start.js")
    assert "http" not in PAGE


def test_the_page_has_a_policy_that_lets_nothing_in_from_elsewhere(client):
    response = client.get("/graphiql")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert not [sources for sources in policy.values() if "http" in sources or "*" in sources]


def test_every_file_that_the_page_loads_is_served(client):
    for name in re.findall(r'(?:src|href)="(graphiql/[^"]+)"', PAGE):
        response = client.get(f"/{name}")
        assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-cache")
        assert client.get(f"/{name}", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_the_page_tells_no_other_site_of_its_queries_and_is_never_an_old_one(client):
    headers = client.get("/graphiql").headers
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-cache")


def test_the_root_leads_to_the_page(client):
    response = client.get("/")
    assert (response.status_code, response.headers["Location"]) == (307, "graphiql")


def test_the_endpoint_serves_no_page(client):
    response = client.get("/graphql", headers={"Accept": "text/html"})
    assert response.status_code == 406
