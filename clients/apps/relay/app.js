import { Environment, Network, RecordSource, Store, graphql } from 'relay-runtime';

export function connect(url, key) {
  const headers = {
    Authorization: `Bearer ${key}`,
    'Content-Type': 'application/json',
    Accept: 'application/graphql-response+json, application/json',
  };
  async function execute({ text }, variables) {
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query: text, variables }) });
    return response.json();
  }
  return new Environment({ network: Network.create(execute), store: new Store(new RecordSource()) });
}

export const portfolio = graphql`
  query appPortfolioQuery($first: Int!, $after: String) {
    accounts(first: $first, after: $after, orderBy: { field: HEALTH }) @connection(key: "app_accounts") {
      edges { node { id key name healthStatus } }
    }
  }
`;

export const account = graphql`
  query appAccountQuery($key: String!) {
    account(key: $key) {
      ...app_shipping
      metrics { lateShipmentRate { ...app_evidence } }
      metricResults { ...app_card }
    }
  }
`;

export const shipping = graphql`
  fragment app_shipping on Account @refetchable(queryName: "appShippingAgainQuery") {
    name
    metrics { lateShipmentRate { late orders ...app_card } }
  }
`;

export const card = graphql`
  fragment app_card on MetricResult @refetchable(queryName: "appCardAgainQuery") {
    id
    display
    definition { key title }
  }
`;

export const evidence = graphql`
  fragment app_evidence on LateShipmentRate
  @argumentDefinitions(first: { type: "Int", defaultValue: 5 }, after: { type: "String" })
  @refetchable(queryName: "appEvidencePageQuery") {
    late
    evidence(measure: "late", first: $first, after: $after) @connection(key: "app_evidence") {
      edges { reason leavesWindowOn node { id label ... on Order { shipBy confirmedAt } } }
    }
  }
`;
