// Starts GraphiQL on the endpoint beside this page. `?query=` and `?variables=` fill the editors.
"use strict";

const EXAMPLE = `# Every account with its health and the metrics behind it. Run it with Ctrl-Enter.
{
  accounts(first: 10) {
    nodes {
      key
      name
      healthStatus
      metricResults(section: "account_health") {
        definition { title }
        display
        status
        target { display }
      }
    }
  }
}
`;

const asked = new URLSearchParams(location.search);

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: new URL("graphql", location.href).href }),
    defaultQuery: EXAMPLE,
    query: asked.get("query") ?? undefined,
    variables: asked.get("variables") ?? undefined,
  }),
);
