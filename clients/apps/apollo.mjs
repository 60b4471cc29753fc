import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { relayStylePagination } from '@apollo/client/utilities';

async function sha256(text) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function connect(uri, key, possibleTypes, fetch = globalThis.fetch) {
  const headers = { Authorization: `Bearer ${key}` };
  return new ApolloClient({
    // A query is sent as its hash; its text follows only if the server has not seen it yet.
    link: new PersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(new HttpLink({ uri, headers, fetch })),
    cache: new InMemoryCache({
      possibleTypes, // so that fragments on MetricResult match
      typePolicies: {
        Query: { fields: { accounts: relayStylePagination(['asOf', 'filter', 'orderBy']) } },
        Account: {
          fields: {
            atRisk: relayStylePagination(['withinHours']),
            feedback: relayStylePagination(['filter']),
            orders: relayStylePagination(['filter']),
            reportedHistory: relayStylePagination(['channel', 'key', 'marketplace']),
          },
        },
        MetricResult: { fields: { evidence: relayStylePagination(['measure']) } },
      },
    }),
  });
}
