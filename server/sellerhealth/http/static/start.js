// Starts GraphiQL on the endpoint beside this page. `?query=` and `?variables=` fill the editors.
// `#key=` is the API key of its requests: no server sees a fragment. It is kept for this tab alone and removed from the address bar.
"use strict";

const EXAMPLE = `# Every account with its health, the worst first, and the metrics behind it. Run it with Ctrl-Enter.
{
  accounts(first: 10, orderBy: {field: HEALTH}) {
    edges {
      node {
        key
        name
        health { status worstResult { definition { title } explanation } }
        metricResults(section: "account_health") {
          definition { title }
          display
          overallStatus
          target { display }
        }
      }
    }
  }
}
`;

const KEY = "sellerhealth-key";

function takeKey() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key === null) return false;
  sessionStorage.setItem(KEY, key);
  history.replaceState(null, "", location.pathname + location.search);
  return true;
}

takeKey();
addEventListener("hashchange", () => takeKey() && location.reload()); // another link was opened in this tab

const key = sessionStorage.getItem(KEY);
const asked = new URLSearchParams(location.search);

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({
      url: new URL("graphql", location.href).href,
      headers: key ? { Authorization: `Bearer ${key}` } : {},
    }),
    defaultQuery: EXAMPLE,
    query: asked.get("query") ?? undefined,
    variables: asked.get("variables") ?? undefined,
  }),
);
