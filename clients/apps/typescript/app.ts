import { graphql } from './generated/gql.js';
import type { MetricStatus, TypedDocumentString } from './generated/graphql.js';

type Server = { url: string; key: string };

async function execute<Result, Variables>(server: Server, query: TypedDocumentString<Result, Variables>, variables: Variables): Promise<Result> {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${server.key}`,
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json',
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Result; errors?: { message: string }[] };
  if (errors) throw new Error(errors.map((error) => error.message).join('\n'));
  return data;
}

const Dashboard = graphql(`
  query Dashboard($key: String!, $asOf: Date) {
    account(key: $key) {
      id
      name
      metrics(asOf: $asOf) {
        id
        lateShipmentRate { ...Card late orders }
        policyViolations { ...Card open }
      }
      atRisk(first: 3) { edges { dueAt reason node { id label } } }
    }
  }

  fragment Card on MetricResult {
    id
    display
    status
    value
    window { from to }
  }
`);

const COLOURS: Record<MetricStatus, string> = {
  GOOD: 'green',
  AT_RISK: 'amber',
  CRITICAL: 'red',
  NOT_AVAILABLE: 'grey',
  WITHOUT_TARGET: 'grey',
};

export async function show(server: Server, key: string, asOf: string): Promise<string[]> {
  const { account } = await execute(server, Dashboard, { key, asOf });
  const late = account?.metrics.lateShipmentRate;
  if (!late) return [];
  const due = account.atRisk?.edges.map(({ dueAt, node }) => `${node.label} until ${dueAt}`) ?? [];
  return [`${late.late} of ${late.orders} late, ${late.display}, ${COLOURS[late.status]}, up to ${late.window.to}`, ...due];
}
