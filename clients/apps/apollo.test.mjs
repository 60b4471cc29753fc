import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CombinedGraphQLErrors, gql } from '@apollo/client';
import { filter, firstValueFrom } from 'rxjs';
import { connect } from './apollo.mjs';
import { LISTS, pagedFields } from './lists.mjs';
import { recording, withoutComplaints } from './watching.mjs';
import { introspection, possibleTypes } from './schema.mjs';

const { SERVER, WITH_PLUGIN, KEY } = process.env;
const variables = { key: 'slipping' };

const CARD = gql`
  fragment Card on MetricResult { id display status definition { id key } }
`;
const SHIPPING = gql`
  query Shipping($key: String!) { account(key: $key) { id name metrics { id lateShipmentRate { ...Card late } } } }
  ${CARD}
`;
const ALL = gql`
  query All($key: String!) { account(key: $key) { id healthStatus metricResults { ...Card } } }
  ${CARD}
`;
const ORDERS = gql`
  query Orders($key: String!) { account(key: $key) { id metrics { id lateShipmentRate { id orders } orderDefectRate { id orders } } } }
`;

describe('Apollo Client', () => {
  withoutComplaints();

  test('a query with variables is answered', async () => {
    const { data } = await connect(`${SERVER}/graphql`, KEY, possibleTypes).query({ query: SHIPPING, variables });
    assert.equal(data.account.name, 'Oak & Kettle');
    assert.equal(data.account.metrics.lateShipmentRate.definition.key, 'late_shipment_rate');
    assert.equal(data.account.metrics.lateShipmentRate.__typename, 'LateShipmentRate');
  });

  test('queries of several components complete each other in the cache and evict nothing', async () => {
    const client = connect(`${SERVER}/graphql`, KEY, possibleTypes);
    const results = [];
    for (const query of [SHIPPING, ALL, ORDERS]) results.push((await client.query({ query, variables })).data);
    for (const [index, query] of [SHIPPING, ALL, ORDERS].entries()) {
      assert.deepEqual(client.readQuery({ query, variables }), results[index], 'a later query evicted fields of an earlier one');
    }
    const [{ account }] = results;
    const record = client.cache.extract()[`LateShipmentRate:${account.metrics.lateShipmentRate.id}`];
    assert.ok('late' in record && 'orders' in record, 'two queries of one result are not one record');
  });

  test('a text in another language is kept beside the first', async () => {
    const client = connect(`${SERVER}/graphql`, KEY, possibleTypes);
    const query = gql`
      query InALanguage($key: String!, $locale: Locale) {
        account(key: $key) { id metrics { id lateShipmentRate { id display(locale: $locale) } } }
      }
    `;
    const texts = [];
    for (const locale of ['de', 'en', null]) await client.query({ query, variables: { ...variables, locale } });
    for (const locale of ['de', 'en', null]) {
      const { account } = client.readQuery({ query, variables: { ...variables, locale } });
      texts.push(account.metrics.lateShipmentRate.display);
    }
    assert.match(texts[0], /^\d+,\d\d\u00a0%$/);
    assert.deepEqual(texts.slice(1), [texts[0].replace(',', '.').replace('\u00a0', ''), texts[0].replace(',', '.').replace('\u00a0', ' ')]);
  });

  test('another day, window or scope is another record', async () => {
    const client = connect(`${SERVER}/graphql`, KEY, possibleTypes);
    const query = gql`
      query Three($key: String!) {
        account(key: $key) {
          id
          metrics { id lateShipmentRate { id display } shorter: lateShipmentRate(days: 10) { id display } }
          then: metrics(asOf: "2026-01-31") { id lateShipmentRate { id display } }
        }
      }
    `;
    await client.query({ query, variables });
    const records = Object.keys(client.cache.extract()).filter((key) => key.startsWith('LateShipmentRate:'));
    assert.equal(records.length, 3);
  });

  test('fragments on the interface match, also for a metric that the schema of the client lacks', async () => {
    const client = connect(`${WITH_PLUGIN}/graphql`, KEY, possibleTypes);
    const { data } = await client.query({ query: ALL, variables });
    const thirdParty = data.account.metricResults.find((result) => result.definition.key === 'acme_dispatch');
    assert.match(thirdParty?.display, /%$/);
    const again = gql`query Again($id: ID!) { node(id: $id) { id ...Card } } ${CARD}`;
    const { data: node } = await client.query({ query: again, variables: { id: thirdParty.id } });
    assert.deepEqual(node.node, thirdParty);
  });

  test('a query is sent as its hash: its text goes over the wire once', async () => {
    const { requests, fetch } = recording();
    const query = gql`query Nobody${Date.now()}AskedThisBefore($key: String!) { account(key: $key) { id name updatedAt } }`;
    for (const key of ['slipping', 'critical']) {
      const { data } = await connect(`${SERVER}/graphql`, KEY, possibleTypes, fetch).query({ query, variables: { key } });
      assert.ok(data.account.name);
    }
    assert.deepEqual(requests, [
      { method: 'GET', text: false },
      { method: 'POST', text: true },
      { method: 'GET', text: false },
    ]);
  });

  test('fetchMore appends the pages of the evidence, which together are what was counted', async () => {
    const client = connect(`${SERVER}/graphql`, KEY, possibleTypes);
    const query = gql`
      query Evidence($key: String!, $after: String) {
        account(key: $key) {
          id
          metrics {
            id
            lateShipmentRate {
              id
              late
              evidence(measure: "late", first: 4, after: $after) {
                edges { cursor reason node { id label ... on Order { shipBy } } }
                pageInfo { hasNextPage endCursor }
              }
            }
          }
        }
      }
    `;
    const watched = client.watchQuery({ query, variables });
    const subscription = watched.subscribe(() => {});
    await firstValueFrom(watched.pipe(filter((result) => result.dataState === 'complete')));
    const read = () => client.readQuery({ query, variables }).account.metrics.lateShipmentRate;
    while (read().evidence.pageInfo.hasNextPage) {
      const before = read().evidence.edges.length;
      await watched.fetchMore({ variables: { after: read().evidence.pageInfo.endCursor } });
      assert.ok(read().evidence.edges.length > before, 'a further page brought nothing');
    }
    const { late, evidence } = read();
    assert.equal(new Set(evidence.edges.map(({ node }) => node.id)).size, late);
    assert.ok(evidence.edges.every(({ node, reason }) => node.shipBy && reason));
    subscription.unsubscribe();
  });

  test('each list that has pages is one of the lists below', () => {
    assert.deepEqual(new Set(pagedFields(introspection)), new Set(Object.keys(LISTS)));
  });

  for (const [name, { query: text, read, first }] of Object.entries(LISTS)) {
    test(`fetchMore appends the pages of ${name} until it is whole`, async () => {
      const client = connect(`${SERVER}/graphql`, KEY, possibleTypes);
      const query = gql(text);
      const watched = client.watchQuery({ query, variables: { first } });
      const subscription = watched.subscribe(() => {});
      await firstValueFrom(watched.pipe(filter((result) => result.dataState === 'complete')));
      const list = () => read(client.readQuery({ query, variables: { first } }));
      assert.equal(list().edges.length, first);
      assert.ok(list().pageInfo.hasNextPage, 'it has one page');
      while (list().pageInfo.hasNextPage) {
        const before = list().edges.length;
        await watched.fetchMore({ variables: { after: list().pageInfo.endCursor } });
        assert.ok(list().edges.length > before, 'a further page brought nothing');
      }
      assert.equal(list().edges.length, list().totalCount);
      assert.equal(new Set(list().edges.map(({ cursor }) => cursor)).size, list().totalCount);
      subscription.unsubscribe();
    });
  }

  test('a list in another order is another list', async () => {
    const client = connect(`${SERVER}/graphql`, KEY, possibleTypes);
    const query = gql`
      query Portfolio($orderBy: AccountSort) {
        accounts(first: 2, orderBy: $orderBy) { edges { cursor node { id key } } pageInfo { hasNextPage endCursor } }
      }
    `;
    const keys = async (direction) => {
      const { data } = await client.query({ query, variables: { orderBy: { field: 'HEALTH', direction } } });
      return data.accounts.edges.map((edge) => edge.node.key);
    };
    const [worst] = await keys('DESC');
    const [best] = await keys('ASC');
    assert.equal(worst, 'critical');
    assert.notEqual(best, 'critical');
  });

  test('an error of one field leaves its siblings, and has its code', async () => {
    const query = gql`query Mistaken($key: String!) { account(key: $key) { id name metricResults(keys: ["late"]) { id } } }`;
    const { data, error } = await connect(`${SERVER}/graphql`, KEY, possibleTypes).query({ query, variables, errorPolicy: 'all' });
    assert.equal(data.account.name, 'Oak & Kettle');
    assert.equal(data.account.metricResults, null);
    assert.equal(error.errors[0].extensions.code, 'BAD_USER_INPUT');
  });

  test('a key that is not valid gives a GraphQL error, not a network failure', async () => {
    const query = gql`query Nobody { viewer { name } }`;
    await assert.rejects(connect(`${SERVER}/graphql`, `${KEY}x`, possibleTypes).query({ query }), (error) => {
      assert.ok(CombinedGraphQLErrors.is(error), `${error.name}: ${error.message}`);
      assert.equal(error.errors[0].extensions.code, 'UNAUTHENTICATED');
      return true;
    });
  });

  test('a request that cannot be executed gives GraphQL errors, not a network failure', async () => {
    const query = gql`query Wrong { account(key: "slipping") { nmae } }`;
    await assert.rejects(connect(`${SERVER}/graphql`, KEY, possibleTypes).query({ query }), (error) => {
      assert.ok(CombinedGraphQLErrors.is(error), `${error.name}: ${error.message}`);
      assert.equal(error.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
      return true;
    });
  });
});
