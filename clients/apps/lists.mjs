// Every list that has pages: where it is, a query for a page of it, and a name by which its items differ.

const ACCOUNT = (page) => `query Page($first: Int!, $after: String) { account(key: "slipping") { id ${page} } }`;
const PAGE = 'pageInfo { hasNextPage endCursor }';

export const LISTS = {
  accounts: {
    query: `query Page($first: Int!, $after: String) {
      accounts(first: $first, after: $after, orderBy: { field: HEALTH }) { totalCount edges { cursor node { id key } } ${PAGE} }
    }`,
    read: (data) => data.accounts,
    first: 2,
  },
  orders: {
    query: ACCOUNT(`orders(first: $first, after: $after, filter: { statuses: [PARTIALLY_SHIPPED, CANCELLED] }) { totalCount edges { cursor node { id key } } ${PAGE} }`),
    read: (data) => data.account.orders,
    first: 20,
  },
  feedback: {
    query: ACCOUNT(`feedback(first: $first, after: $after) { totalCount edges { cursor node { id rating } } ${PAGE} }`),
    read: (data) => data.account.feedback,
    first: 100,
  },
  atRisk: {
    query: ACCOUNT(`atRisk(first: $first, after: $after, withinHours: 720) { totalCount edges { cursor node { id label } } ${PAGE} }`),
    read: (data) => data.account.atRisk,
    first: 10,
  },
  reportedHistory: {
    query: ACCOUNT(`reportedHistory(first: $first, after: $after) { totalCount edges { cursor node { key takenAt } } ${PAGE} }`),
    read: (data) => data.account.reportedHistory,
    first: 50,
  },
  evidence: {
    query: ACCOUNT(`metrics { id lateShipmentRate { id evidence(measure: "late", first: $first, after: $after) {
      totalCount edges { cursor node { id label } } ${PAGE}
    } } }`),
    read: (data) => data.account.metrics.lateShipmentRate.evidence,
    first: 5,
  },
};

export const pagedFields = (introspection) =>
  introspection.__schema.types
    .flatMap(({ kind, fields }) => (['OBJECT', 'INTERFACE'].includes(kind) ? fields : []))
    .filter(({ type }) => (type.ofType ?? type).name?.endsWith('Connection'))
    .map(({ name }) => name);
