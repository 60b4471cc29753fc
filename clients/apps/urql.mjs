import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';

export function connect(url, key, introspection, options = {}) {
  const { types, queryType } = introspection.__schema;
  const objects = types.filter(({ kind, name }) => kind === 'OBJECT' && name !== queryType.name);
  // A type without an id is no record of its own but a part of the one that has it.
  const parts = objects.filter(({ fields }) => !fields.some(({ name }) => name === 'id'));
  const keys = Object.fromEntries(parts.map(({ name }) => [name, () => null]));
  const results = objects.filter(({ interfaces }) => interfaces.some(({ name }) => name === 'MetricResult'));
  const resolvers = {
    Query: { accounts: relayPagination() },
    Account: Object.fromEntries(['atRisk', 'feedback', 'orders', 'reportedHistory'].map((name) => [name, relayPagination()])),
    ...Object.fromEntries(results.map(({ name }) => [name, { evidence: relayPagination() }])),
  };
  return new Client({
    url,
    exchanges: [cacheExchange({ schema: introspection, keys, resolvers }), fetchExchange],
    fetchOptions: { headers: { Authorization: `Bearer ${key}` } },
    preferGetMethod: 'within-url-limit', // a query goes by GET as long as its address is not too long
    ...options,
  });
}
